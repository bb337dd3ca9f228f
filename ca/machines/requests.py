"""A machine's request is taken up or refused: the one way that every protocol ends in.

What comes of it are the rows of any enrolment, and a MachineRequest that says under which allowance and by what proof.
Nothing is certified by this: the signing room looks at everything again (`ca.issuance.machines`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.machines import MachineRefused, MachineRequested
from ca.machines.fates import Issued, Waiting, outcome
from ca.machines.floods import entered
from ca.machines.forms import fits_form
from ca.machines.grounds import Ground, Grounds
from ca.machines.keys import Key, Keys
from ca.machines.rules import CredentialKind, Protocol, Shown, allowed_backing, may_ask
from ca.machines.worn import worn
from ca.registration.applicants import NO_NAMES
from ca.registration.application import AgreementMeans
from ca.registration.case import Case
from ca.registration.digests import enrolment_digest, spelt_names, subject_of
from ca.registration.naming import may_be_named
from ca.tables.machines import AllowanceSecret, AllowanceSecretEnd, MachineRequest
from ca.tables.registration import Agreement, CarriedEvidence, Enrolment, EnrolmentScope
from ledger.base import Fact
from ledger.canonical import canonical
from ledger.certificates import KeyUse, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import ClockWentBackwards, Deed, Ledger, LedgerUnavailable, Taken
from ledger.rounds import OneIsToBlame, halted
from ledger.turns import Turns
from pki.request import SigningRequest

Further = Callable[[str], Sequence[Fact]]
"""By the new enrolment's id, what a protocol writes of its own in the same entry."""
Repeats = Callable[[Session], str | Refuse | None]
"""The enrolment that the very same message led to, if it was here before; refused is what passes itself off as it."""


@dataclass(frozen=True)
class Asking:
    """What a machine asks for, and by what it was let in. `request` was parsed, so possession of the key is shown."""

    allowance_id: str
    protocol: Protocol
    request: SigningRequest
    credential_kind: CredentialKind
    credential: str
    """The id of the secret or account, or the SHA-256 (hex) of the certificate."""
    proof: bytes
    names: tuple[str, ...] = ()
    """Hosts, each as a certificate has it."""
    common_name: str | None = None
    """Of a service or device."""
    uses_up: bool = False
    """Whether the credential is a one-time secret."""


@dataclass(frozen=True)
class _Scene:
    """Everything that the request is judged by, in one snapshot."""

    ground: Ground
    case: Case
    key: Key
    backing: dict[str, tuple[str, str]]


@dataclass
class Wish:
    """A request that waits to be taken up, and what came of it."""

    asking: Asking
    actor: Actor
    practice: bool = False
    further: Further = lambda _: ()
    repeats: Repeats = lambda _: None
    outcome: str | Refuse | None = None
    fault: Exception | None = None


def take_up(
    ledger: Ledger,
    asking: Asking,
    actor: Actor,
    *,
    practice: bool = False,
    further: Further = lambda _: (),
    repeats: Repeats = lambda _: None,
    new: bool = False,
) -> str | Refuse:
    """The new enrolment's id, or why it is refused; one entry either way. In practice hosts may be this machine.

    Requests that come to this process while others are taken up wait, and are then taken up together; so are those of
    one round (`ledger.rounds`). Of one that was taken up before, or a moment ago, sent twice at once, `repeats` says
    the id: nothing is refused then; who has just looked and found it `new` need be asked again only if it is not taken
    up, where `further` has a key by which it is one. Raises Taken when that exists already and `repeats` knows nothing.
    """
    wish = Wish(asking, actor, practice, further, (lambda _: None) if new else repeats)
    together = _Together(ledger)
    if not halted(together, wish):
        _turns_of(ledger).take(together, wish)
    outcome = wish.outcome
    if not isinstance(outcome, str):
        with ledger.read() as session:
            again = repeats(session)
        outcome = outcome if again is None else again
    if isinstance(outcome, str):
        return outcome
    if outcome is None:
        raise wish.fault or TypeError("a wish is told what came of it")
    return refuse(ledger, asking, outcome, actor)


@dataclass(frozen=True)
class _Together:
    """Takes up for this ledger; all that do are one and the same to a round."""

    ledger: Ledger

    def __call__(self, wishes: Sequence[Wish]) -> None:
        """See `take_up_together`."""
        take_up_together(self.ledger, wishes)


_TURNS: WeakKeyDictionary[Ledger, Turns] = WeakKeyDictionary()
_TURNS_LOCK = Lock()


def _turns_of(ledger: Ledger) -> Turns:
    with _TURNS_LOCK:
        return _TURNS.setdefault(ledger, Turns())


def take_up_together(ledger: Ledger, wishes: Sequence[Wish]) -> None:
    """Each wish knows what came of it; what was taken up is committed, an entry each, refusals are not recorded yet.

    They are judged over one snapshot, one after the other: who comes after another meets it as one that waits, so that
    no two get the last place of an allowance. That holds in this process; among several the signing room, which sees
    all of them in one order, has the last word. Raises OneIsToBlame if two of several want the same, one of them what
    is gone, or a look at one breaks: then nothing was written, and each is to be taken up by itself.
    """
    for last in (False, True):
        try:
            _taken_up(ledger, wishes)
        except Taken as clash:
            if len(wishes) > 1:
                raise
            if clash.table != KeyUse.__tablename__ or last:
                _tell(wishes[0], clash)
                return
            # Somebody used the key since we looked; a new look shows whether it was under this allowance.
        else:
            return


def _taken_up(ledger: Ledger, wishes: Sequence[Wish]) -> None:
    now, deeds, taken = ledger.clock.now(), list[Deed](), Counter[str]()
    with ledger.read() as session:
        keys = Keys(session, [wish.asking.request.key_sha256 for wish in wishes])
        grounds = {practice: Grounds(session, now, practice) for practice in (False, True)}
        for wish in wishes:
            allowance_id = wish.asking.allowance_id
            try:
                judged: _Scene | str | Refuse | None = wish.repeats(session)
                if judged is None:
                    judged = _judged(session, wish.asking, grounds[wish.practice], keys, taken[allowance_id])
            except (LedgerUnavailable, ClockWentBackwards):
                raise
            except Exception as fault:
                if len(wishes) > 1:
                    raise OneIsToBlame from fault
                wish.fault = fault
                return
            if not isinstance(judged, _Scene):
                wish.outcome = judged
                continue
            wish.outcome = enrolment_id = ledger.new_id()
            deeds.append(_deed(ledger, enrolment_id, wish, judged))
            taken[allowance_id] += 1
    if deeds:
        ledger.entries(deeds)


def _tell(wish: Wish, clash: Taken) -> None:
    """The key or the one-time secret is used; or what the protocol writes of its own is there."""
    codes = {AllowanceSecretEnd.__tablename__: "machine.secret-used", KeyUse.__tablename__: "enrolment.key-used"}
    wish.outcome = Refuse(codes[clash.table]) if clash.table in codes else None
    wish.fault = clash


def refuse(ledger: Ledger, asking: Asking, refusal: Refuse, actor: Actor) -> Refuse:
    """The refusal, recorded: only of a request that was let in under an allowance; strangers' leave no entry.

    Of one credential so many within an hour (`ca.machines.floods`), by whichever protocol.
    """
    if entered(ledger, asking.credential):
        digest = sha256(asking.request.der).hexdigest()
        ledger.record(MachineRefused(refusal.code, asking.allowance_id, asking.protocol.value, digest), actor)
    return refusal


_TOLD_AGAIN = timedelta(minutes=10)
"""So long who asks again hears what became of his request. Later it is a new one."""


def asked_before(session: Session, asking: Asking, now: datetime) -> str | None:
    """The request that this one repeats: the same octets by the same credential.

    Many keys sign the same octets alike, so a renewal may have those of the first request. It shows another
    certificate, or comes when the first is done with; only a code, which opens once, is for one request for ever.
    """
    statement = (
        select(Enrolment.id, Entry.at)
        .join(MachineRequest, MachineRequest.enrolment_id == Enrolment.id)
        .join(Entry, Entry.id == Enrolment.entry_id)
        .where(
            MachineRequest.allowance_id == asking.allowance_id,
            MachineRequest.credential_kind == asking.credential_kind.value,
            MachineRequest.credential == asking.credential,
            Enrolment.request == asking.request.der,
        )
    )
    newest = session.execute(statement.order_by(Enrolment.id.desc())).first()
    if newest is None or asking.uses_up:
        return newest[0] if newest else None
    fate = outcome(session, newest[0])
    over = isinstance(fate, Issued) and session.get(Revocation, fate.certificate.id) is not None
    lately = now - newest[1] <= _TOLD_AGAIN and not over
    return newest[0] if isinstance(fate, Waiting) or lately else None


def code_opens(session: Session, asking: Asking, now: datetime) -> Decision:
    """Whether a one-time code opens still; for who asks again with the same request it does."""
    if not asking.uses_up:
        return Allow()
    secret = session.get_one(AllowanceSecret, asking.credential)
    end = session.get(AllowanceSecretEnd, secret.id)
    if end is not None:
        again = asked_before(session, asking, now) == end.enrolment_id
        return Allow() if again else Refuse("machine.secret-used")
    return Allow() if now < secret.not_after else Refuse("machine.secret-over")


def _judged(session: Session, asking: Asking, grounds: Grounds, keys: Keys, taken: int) -> _Scene | Refuse:
    """What stands for the request when so many others were taken up under its allowance since the snapshot."""
    ground, now = grounds.of(asking.allowance_id), grounds.now
    if isinstance(ground, Refuse):
        return ground
    allowance, configuration, found = ground.allowance, ground.configuration, ground.beside(taken)
    key = keys.of(asking.request.key_sha256, allowance, configuration, now)
    if isinstance(key, Refuse):
        return key
    case = ground.case(asking.names, asking.common_name, now)
    own = worn(session, asking.credential) if asking.credential_kind is CredentialKind.CERTIFICATE else None
    shown = Shown(asking.protocol.value, asking.credential_kind, key.certified, own)
    called = asking.common_name or next(iter(asking.names), None)
    allowed: Decision = (
        may_ask(found, shown, case, configuration.machine_requests_open, now, configuration.officer_age)
        and fits_form(asking.request, allowance.profile, asking.names)
        and may_be_named(allowance.profile, ground.standing, case.organisation, called)
    )
    backing = allowed_backing(found, case) if allowed else allowed
    if isinstance(backing, Refuse):
        return backing
    if not isinstance(backing, dict):
        raise TypeError("what is allowed is backed")
    return _Scene(ground, case, key, backing)


def _deed(ledger: Ledger, enrolment_id: str, wish: Wish, scene: _Scene) -> Deed:
    enrolment, facts = _facts(ledger, enrolment_id, wish.asking, scene)
    protocol = wish.asking.protocol.value
    event = MachineRequested(enrolment_id, wish.asking.allowance_id, protocol, enrolment.profile, enrolment.digest)
    return Deed(event, wish.actor, [*facts, *wish.further(enrolment_id)])


def _facts(ledger: Ledger, enrolment_id: str, asking: Asking, scene: _Scene) -> tuple[Enrolment, list[Fact]]:
    ground, allowance = scene.ground, scene.ground.allowance
    enrolment = Enrolment(
        id=enrolment_id,
        person_id=allowance.person_id,
        profile=allowance.profile,
        request=asking.request.der,
        key_sha256=asking.request.key_sha256,
        evidence_digest=ground.evidence_digest,
    )
    scope = EnrolmentScope(
        enrolment_id=enrolment_id,
        desk_id=allowance.desk_id,
        organisation_id=allowance.organisation_id,
        names=canonical(list(asking.names)).decode(),
        common_name=asking.common_name,
        value_limit_lak=None,
        backing=canonical({name: list(source) for name, source in scene.backing.items()}).decode(),
    )
    agreement = Agreement(
        enrolment_id=enrolment_id,
        terms_version=ground.acceptance.terms_version,
        terms_digest=ground.acceptance.terms_digest,
        means=AgreementMeans.SIGNED.value,
        at=ground.acceptance.act_at,
        publication=False,
    )
    # A machine's certificate names its organisation, so no name of a person goes into what is signed.
    spelt = spelt_names(allowance.profile, NO_NAMES, scene.case.organisation)
    enrolment.digest = enrolment_digest(enrolment, scope, agreement, spelt)
    facts: list[Fact] = []
    if not scene.key.used:
        facts.append(KeyUse(key_sha256=enrolment.key_sha256, subject=subject_of(enrolment, scope)))
    facts += [enrolment, scope, agreement]
    facts += [
        CarriedEvidence(id=ledger.new_id(), enrolment_id=enrolment_id, evidence_id=one.id) for one in ground.papers
    ]
    facts.append(
        MachineRequest(
            enrolment_id=enrolment_id,
            allowance_id=allowance.id,
            protocol=asking.protocol.value,
            credential_kind=asking.credential_kind.value,
            credential=asking.credential,
            proof=asking.proof,
        )
    )
    if asking.uses_up:
        facts.append(AllowanceSecretEnd(secret_id=asking.credential, enrolment_id=enrolment_id))
    return enrolment, facts
