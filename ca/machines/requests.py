"""A machine's request is taken up or refused: the one way that every protocol ends in.

What comes of it are the rows of any enrolment, and a MachineRequest that says under which allowance and by what proof.
Nothing is certified by this: the signing room looks at everything again (`ca.issuance.machines`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.events.machines import MachineRefused, MachineRequested
from ca.machines.allowances import accepted, granted
from ca.machines.floods import entered
from ca.machines.forms import fits_form
from ca.machines.identity import Identity, identity_of
from ca.machines.keys import Key, key_of
from ca.machines.rules import CredentialKind, Protocol, Shown, allowed_backing, may_ask, may_run
from ca.machines.worn import worn
from ca.registration.applicants import NO_NAMES, unnamed
from ca.registration.application import AgreementMeans
from ca.registration.case import Asked, Case
from ca.registration.digests import enrolment_digest, evidence_digest, spelt_names, subject_of
from ca.registration.naming import may_be_named
from ca.registration.succession import paper_of
from ca.registration.surroundings import Surroundings
from ca.tables.machines import Allowance, AllowanceAcceptance, AllowanceSecret, AllowanceSecretEnd, MachineRequest
from ca.tables.registration import Agreement, CarriedEvidence, Enrolment, EnrolmentEnd, EnrolmentScope
from ledger.base import Fact
from ledger.bell import ear_of
from ledger.canonical import canonical
from ledger.certificates import Certificate, Intent, KeyUse, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.people import Organisation
from pki.request import SigningRequest

Further = Callable[[str], Sequence[Fact]]
"""By the new enrolment's id, what a protocol writes of its own in the same entry."""


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

    allowance: Allowance
    case: Case
    key: Key
    identity: Identity
    acceptance: AllowanceAcceptance
    backing: dict[str, tuple[str, str]]


def take_up(
    ledger: Ledger,
    asking: Asking,
    actor: Actor,
    *,
    practice: bool = False,
    further: Further = lambda _: (),
) -> str | Refuse:
    """The new enrolment's id, or why it is refused; one entry either way. In practice hosts may be this machine."""
    now = ledger.clock.now()
    with ledger.read() as session:
        scene = _judged(session, asking, now, practice=practice)
    if isinstance(scene, Refuse):
        return refuse(ledger, asking, scene, actor)
    enrolment_id = ledger.new_id()
    facts = _facts(ledger, enrolment_id, asking, scene)
    [enrolment] = [fact for fact in facts if isinstance(fact, Enrolment)]
    event = MachineRequested(
        enrolment_id, asking.allowance_id, asking.protocol.value, enrolment.profile, enrolment.digest
    )
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(*facts, *further(enrolment_id))
    except Taken as clash:
        # Somebody else used the key or the one-time secret since we looked.
        secret = clash.table == AllowanceSecretEnd.__tablename__
        used = clash.table == KeyUse.__tablename__
        if not secret and not used:
            raise
        return refuse(ledger, asking, Refuse("machine.secret-used" if secret else "enrolment.key-used"), actor)
    return enrolment_id


def refuse(ledger: Ledger, asking: Asking, refusal: Refuse, actor: Actor) -> Refuse:
    """The refusal, recorded: only of a request that was let in under an allowance; strangers' leave no entry.

    Of one credential so many within an hour (`ca.machines.floods`), by whichever protocol.
    """
    if entered(ledger, asking.credential):
        digest = sha256(asking.request.der).hexdigest()
        ledger.record(MachineRefused(refusal.code, asking.allowance_id, asking.protocol.value, digest), actor)
    return refusal


@dataclass(frozen=True)
class Issued:
    """The certificate is there."""

    certificate: Certificate


@dataclass(frozen=True)
class Refused:
    """It will never be there."""

    code: str


@dataclass(frozen=True)
class Waiting:
    """The signing room has not come to it yet."""


Fate = Issued | Refused | Waiting


def outcome(session: Session, enrolment_id: str) -> Fate:
    """What became of the request."""
    statement = select(Certificate).join(Intent, Intent.id == Certificate.id)
    certificate = session.scalars(statement.where(Intent.enrolment_id == enrolment_id)).first()
    if certificate is not None:
        return Issued(certificate)
    end = session.get(EnrolmentEnd, enrolment_id)
    return Waiting() if end is None else Refused(end.code)


def wait(ledger: Ledger, enrolment_id: str, until: datetime) -> Fate:
    """What became of the request, at the latest at `until`: it follows the bell and costs nothing meanwhile."""
    ear = ear_of(ledger.url)
    try:
        while True:
            with ledger.read() as session:
                fate = outcome(session, enrolment_id)
            left = (until - ledger.clock.now()).total_seconds()
            if not isinstance(fate, Waiting) or left <= 0:
                return fate
            ear.wait(min(left, _LOOK_EVERY.total_seconds()))
    finally:
        ear.close()


_LOOK_EVERY = timedelta(milliseconds=200)
"""Without a bell."""


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


def _judged(session: Session, asking: Asking, now: datetime, *, practice: bool) -> _Scene | Refuse:
    allowance = session.get(Allowance, asking.allowance_id)
    standing = unnamed(session, allowance.person_id, now) if allowance else None
    if allowance is None or standing is None:
        return Refuse("machine.allowance-unknown")
    configuration = current(session)
    found = granted(session, allowance, now)
    running = may_run(found, standing.applicant, standing.posts, now)
    if isinstance(running, Refuse):
        return running
    identity = identity_of(session, allowance.person_id, now)
    acceptance = accepted(session, allowance, now)
    if identity is None or acceptance is None or found.desk is None:
        return Refuse("machine.identity-lapsed")
    key = key_of(session, asking.request.key_sha256, allowance, configuration, now)
    if isinstance(key, Refuse):
        return key
    code = session.scalars(select(Organisation.code).where(Organisation.id == allowance.organisation_id)).one()
    around = Surroundings(
        session, now, configuration=configuration, people=[standing], desks={found.desk.code: found.desk}, duties={},
        organisations=[code], practice=practice,
    )  # fmt: skip
    asked = Asked(allowance.profile, code, asking.names, asking.common_name)
    papers = {paper.id: paper_of(paper) for paper in identity.request.papers}
    case = around.case(asked, now, standing, papers, {("", found.desk.code)}, carried=True)
    own = worn(session, asking.credential) if asking.credential_kind is CredentialKind.CERTIFICATE else None
    shown = Shown(asking.protocol.value, asking.credential_kind, key.certified, own)
    called = asking.common_name or next(iter(asking.names), None)
    allowed: Decision = (
        may_ask(found, shown, case, configuration.machine_requests_open, now, configuration.officer_age)
        and fits_form(asking.request, allowance.profile, asking.names)
        and may_be_named(allowance.profile, standing, case.organisation, called)
    )
    backing = allowed_backing(found, case) if allowed else allowed
    if isinstance(backing, Refuse):
        return backing
    if not isinstance(backing, dict):
        raise TypeError("what is allowed is backed")
    return _Scene(allowance, case, key, identity, acceptance, backing)


def _facts(ledger: Ledger, enrolment_id: str, asking: Asking, scene: _Scene) -> list[Fact]:
    papers, allowance = scene.identity.request.papers, scene.allowance
    enrolment = Enrolment(
        id=enrolment_id,
        person_id=allowance.person_id,
        profile=allowance.profile,
        request=asking.request.der,
        key_sha256=asking.request.key_sha256,
        evidence_digest=evidence_digest(papers),
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
        terms_version=scene.acceptance.terms_version,
        terms_digest=scene.acceptance.terms_digest,
        means=AgreementMeans.SIGNED.value,
        at=scene.acceptance.act_at,
        publication=False,
    )
    # A machine's certificate names its organisation, so no name of a person goes into what is signed.
    spelt = spelt_names(allowance.profile, NO_NAMES, scene.case.organisation)
    enrolment.digest = enrolment_digest(enrolment, scope, agreement, spelt)
    facts: list[Fact] = []
    if not scene.key.used:
        facts.append(KeyUse(key_sha256=enrolment.key_sha256, subject=subject_of(enrolment, scope)))
    facts += [enrolment, scope, agreement]
    facts += [CarriedEvidence(id=ledger.new_id(), enrolment_id=enrolment_id, evidence_id=one.id) for one in papers]
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
    return facts
