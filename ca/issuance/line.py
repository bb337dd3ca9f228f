"""The signing line: what is wanted becomes an intent, the intent is sealed, and only then signed, once.

Whatever happens between two steps, nothing that a key of ours signed is unaccounted for: before the key there
is a sealed Intent, and an Intent without a Certificate is ended as a Revocation by `recover` at the next start.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import select

from ca.events.ceremonies import IssuerMade
from ca.governance.provenance import Issuers
from ca.issuance.abandonment import end_intents
from ca.issuance.accounts import accounts_of_certificates, accounts_of_intents
from ca.issuance.composition import IssuerUnfit, IssuingKey, Wanted, compose
from ca.issuance.outset import Outset, outset_of
from ca.issuance.second_judge import Bench, Hearing, Objection, Sitting, here
from ca.machines.poison import NOT_MADE, apart
from ca.policy import may_certify
from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.event import Actor
from ledger.facts import unwatched
from ledger.ledger import Deed, Ledger, Taken
from pki import der
from pki.certificate import assemble
from pki.errors import PkiError
from pki.keys import key_sha256, verify
from pki.lint import LintedTbs, LintFailed
from pki.signing import require_at_hand
from signers import KeyUnusable

_log = logging.getLogger(__name__)

AwaitSeal = Callable[[Sequence[str]], None]
"""Returns once the log holds these entries under a published checkpoint. Raises NotSealed."""
LastLook = Callable[[Sequence[Intent]], Mapping[str, str]]
"""In a new snapshot: the intents that must not be signed after all, with the code why."""


LOOK_AGAIN = timedelta(seconds=0.5)
"""A last look is so old at most when the key signs: the stop button halts issuing within a second."""


AHEAD = 8
"""So many signatures the key makes at most before the first of them is verified."""


class NotSealed(Exception):
    """The log was not sealed in time; nothing was signed. Start the sealer, then try again."""


class OtherRoom(Exception):
    """Another signing room numbers certificates too: this one stops, and nothing was signed twice."""


class BrokenThroughout(Exception):
    """The room breaks on whatever it makes: it is the room that is to be mended, and no request is over by it."""


class SigningWrong(Exception):
    """The key's answer is not a signature over the intended bytes: look at the token before anything else."""


@dataclass(frozen=True)
class _Planned:
    wanted: Wanted
    intent: Intent
    linted: LintedTbs
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class Begun:
    """Intents that are committed and not yet signed; only `Line.begin` makes it, and `Line.finish` takes it once."""

    planned: Sequence[_Planned | Refuse]
    ready: Sequence[_Planned]
    entries: Sequence[str]
    """Ids of the entries that must be sealed first."""
    hearing: Hearing
    """What the second judge says of the bytes, which he looks at while they are intended and sealed."""


@dataclass(frozen=True)
class Line:
    """One issuer's signing line."""

    ledger: Ledger
    issuing: IssuingKey
    await_seal: AwaitSeal
    last_look: LastLook
    actor: Actor
    issuers: Issuers = None
    """Under whose certificates acts about the configuration count; None: under all of the ledger's."""
    bench: Bench = here
    """Where the second judge sits."""

    def issue(self, wanted: Sequence[Wanted]) -> list[Certificate | Refuse]:
        """A Certificate in the ledger for each thing wanted, or why there is none; in order.

        A ceremony that must keep this order; `begin` is steps 1 and 2, `finish` the others:
        1. serial numbers and bytes are made, and linted, and the second judge begins to look at them;
        2. entry 1 with the Intent is committed; 3. and sealed in the log, and the second judge is heard;
        4. one more look, in a snapshot taken after that commit;
        5. the key signs; the certificate holds the intended bytes, and its signature verifies;
        6. entry 2 with the Certificate is committed.
        A crash after 2 leaves intents, which `recover` ends; those of a key that goes away in 5 end at once. Raises
        NotSealed, OtherRoom, SigningWrong, and what ledger and signer raise.
        """
        return self.finish(self.begin(wanted))

    def begin(self, wanted: Sequence[Wanted], outset: Outset | None = None) -> Begun:
        """The intents are committed; while they are being sealed, other work can be done.

        Nothing is intended while the key's token is away: each intent would cost a serial number and a revocation.
        `outset` is this issuer's, of a snapshot that is no older than its newest intent; it is read if there is none.
        """
        require_at_hand(self.issuing.signer)
        if outset is None:
            with self.ledger.read() as session:
                outset = outset_of(session, self.issuing, self.issuers)
        planned = self._plan(wanted, outset)
        ready = [plan for plan in planned if isinstance(plan, _Planned)]
        sitting = Sitting(outset.configuration, self.ledger.randomness)
        hearing = sitting.call([plan.linted for plan in ready], self.bench)
        return Begun(planned, ready, self._intend(ready) if ready else [], hearing)

    def finish(self, begun: Begun) -> list[Certificate | Refuse]:
        """What was begun is signed and committed, or ended."""
        ready = begun.ready
        stopped = _objected(ready, begun.hearing)
        if ready:
            self.await_seal(begun.entries)
        stopped |= self.last_look([plan.intent for plan in ready if plan.intent.id not in stopped])
        try:
            signed = self._signed(ready, stopped)
        except KeyUnusable:  # Nothing of it is certified, and the room goes on: it need not be looked for.
            intents = [plan.intent for plan in ready]
            end_intents(self.ledger, intents, "issuance.crashed", "cessationOfOperation", self.actor)
            raise
        abandoned = [plan.intent for plan in ready if plan.intent.id in stopped]
        for intent in abandoned:
            end_intents(self.ledger, [intent], stopped[intent.id], "cessationOfOperation", self.actor)
        self._certify([(plan.wanted, signed[plan.intent.id]) for plan in ready if plan.intent.id in signed])
        return [_outcome(plan, signed, stopped) for plan in begun.planned]

    def _plan(self, wanted: Sequence[Wanted], outset: Outset) -> list[_Planned | Refuse]:
        now, number = self.ledger.clock.now(), outset.newest
        planned: list[_Planned | Refuse] = []
        for one in wanted:
            if not may_certify(one.profile.name, outset.ended, endless=one.endless):
                planned.append(Refuse("issuance.issuer-ended"))
                continue
            compose_it = partial(self._planned, outset, one, number + 1, now)
            planned.append(apart(_named(one), compose_it, NOT_MADE, but=IssuerUnfit))
            number += isinstance(planned[-1], _Planned)
        _refuse_if_all_broke(planned)
        return planned

    def _planned(self, outset: Outset, wanted: Wanted, number: int, now: datetime) -> _Planned | Refuse:
        longest = outset.configuration.longest(wanted.profile.name)
        shortened = wanted if wanted.validity <= longest else replace(wanted, validity=longest)
        try:
            composed = compose(outset.issuing, shortened, number, self.ledger.randomness, now)
        except PkiError as fault:
            _tell(wanted, fault)
            return Refuse("enrolment.lint")
        intent = unwatched(
            Intent,
            id=self.ledger.new_id(),
            issuer_id=self.issuing.id,
            serial_number=f"{composed.serial_number:x}",
            dense_number=number,
            profile=wanted.profile.name,
            tbs=composed.linted.tbs,
            enrolment_id=wanted.enrolment_id,
            person_id=wanted.person_id,
        )
        return _Planned(shortened, intent, composed.linted, composed.not_before, composed.not_after)

    def _intend(self, ready: Sequence[_Planned]) -> list[str]:
        deeds = accounts_of_intents([plan.intent for plan in ready], self.actor)
        try:
            return self.ledger.entries(deeds)
        except Taken as clash:
            raise OtherRoom(str(clash)) from clash

    def _signed(self, ready: Sequence[_Planned], stopped: dict[str, str]) -> dict[str, Certificate]:
        """By intent what the key signed; with a slow key the last look is taken again, and adds to `stopped`."""
        signed: dict[str, Certificate] = {}
        looked = self.ledger.clock.now()
        with self._checks() as check:
            for place, plan in enumerate(ready):
                if not timedelta() <= self.ledger.clock.now() - looked < LOOK_AGAIN:  # a clock may be set back
                    rest = [one.intent for one in ready[place:] if one.intent.id not in stopped]
                    stopped |= self.last_look(rest)
                    looked = self.ledger.clock.now()
                if plan.intent.id not in stopped:
                    signature = self.issuing.signer.sign(bytes(plan.intent.tbs))
                    check(plan.intent, signature)
                    signed[plan.intent.id] = self._certificate(plan, signature)
        return signed

    @contextmanager
    def _checks(self) -> Iterator[Callable[[Intent, bytes], None]]:
        """Takes signatures to be verified in a thread beside; each has been when the block ends. Raises SigningWrong.

        The library lets other threads run while it computes, so the key signs the next meanwhile. For a few no thread
        begins.
        """
        waiting: deque[Future[None]] = deque()
        taken: list[tuple[Intent, bytes]] = []
        with ThreadPoolExecutor(1) as beside:

            def take(intent: Intent, signature: bytes) -> None:
                taken.append((intent, signature))
                if len(taken) == AHEAD // 2:
                    hand_over()
                if len(waiting) == 2:
                    waiting.popleft().result()

            def hand_over() -> None:
                waiting.append(beside.submit(self._verify, tuple(taken)))
                taken.clear()

            yield take
            if not waiting:
                self._verify(taken)
                return
            hand_over()
            while waiting:
                waiting.popleft().result()

    def _verify(self, signed: Sequence[tuple[Intent, bytes]]) -> None:
        for intent, signature in signed:
            try:
                verify(self.issuing.spki, self.issuing.signer.algorithm, bytes(intent.tbs), signature)
            except PkiError as fault:
                raise SigningWrong(f"intent {intent.id}: {fault}") from fault

    def _certificate(self, plan: _Planned, signature: bytes) -> Certificate:
        tbs = bytes(plan.intent.tbs)
        encoded = assemble(tbs, self.issuing.signer.algorithm, signature)
        if not encoded.startswith(tbs, der.content_begins(encoded)):
            raise SigningWrong(f"intent {plan.intent.id}: the certificate does not hold the intended bytes")
        return unwatched(
            Certificate,
            id=plan.intent.id,
            issuer_id=self.issuing.id,
            serial_number=plan.intent.serial_number,
            sha256=sha256(encoded).hexdigest(),
            key_sha256=key_sha256(plan.wanted.spki),
            der=encoded,
            profile=plan.intent.profile,
            person_id=plan.intent.person_id,
            not_before=plan.not_before,
            not_after=plan.not_after,
        )

    def _certify(self, signed: Sequence[tuple[Wanted, Certificate]]) -> None:
        plain = [certificate for wanted, certificate in signed if wanted.makes_issuer is None]
        deeds = accounts_of_certificates(plain, self.actor)
        for wanted, certificate in signed:
            if (issuer := wanted.makes_issuer) is not None:
                issuer.certificate = certificate.der
                deeds.append(Deed(_issuer_made(issuer, certificate), self.actor, [certificate, issuer]))
        if deeds:
            self.ledger.entries(deeds)


def recover(ledger: Ledger, issuer_ids: Sequence[str], actor: Actor) -> int:
    """Ends every intent of these issuers that a crash left without a certificate. Returns how many.

    Their serial numbers are revoked; the enrolments get new ones. Only the signing room itself may call this.
    """
    signed = select(Certificate.id).where(Certificate.id == Intent.id)
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    left = select(Intent).where(Intent.issuer_id.in_(issuer_ids), ~signed.exists(), ~ended.exists())
    with ledger.read() as session:
        intents = session.scalars(left.order_by(Intent.id)).all()
    end_intents(ledger, intents, "issuance.crashed", "cessationOfOperation", actor)
    return len(intents)


def no_last_look(intents: Sequence[Intent]) -> Mapping[str, str]:
    """For certificates of our own services, which no enrolment asked for: nothing can have come between."""
    return {intent.id: "issuance.stopped" for intent in intents[:0]}


def _outcome(
    plan: _Planned | Refuse, signed: Mapping[str, Certificate], stopped: Mapping[str, str]
) -> Certificate | Refuse:
    if isinstance(plan, Refuse):
        return plan
    return signed[plan.intent.id] if plan.intent.id in signed else Refuse(stopped[plan.intent.id])


def _objected(ready: Sequence[_Planned], hearing: Hearing) -> dict[str, str]:
    """The intents to whose bytes the second judge objects, or on which it breaks, with the code."""
    said = hearing.outcomes()
    outcomes = {plan.intent.id: _heard(plan.wanted, said.get(plan.linted.tbs)) for plan in ready}
    _refuse_if_all_broke(list(outcomes.values()))
    return {intent_id: outcome.code for intent_id, outcome in outcomes.items() if isinstance(outcome, Refuse)}


def _heard(wanted: Wanted, said: Objection | Refuse | None) -> Outcome:
    if isinstance(said, Refuse):
        _log.error("%s was on the bench when it broke", _named(wanted))
        return said
    if said is not None:
        _tell(wanted, said)
        return Refuse("enrolment.lint")
    return Allow()


def _refuse_if_all_broke(outcomes: Sequence[object]) -> None:
    """Raises BrokenThroughout when it broke on each of several: that is the fault of none of them, and all wait."""
    if len(outcomes) > 1 and all(isinstance(one, Refuse) and one.code == NOT_MADE for one in outcomes):
        raise BrokenThroughout(f"on each of {len(outcomes)} certificates; the log says why")


def _named(wanted: Wanted) -> str:
    """As whom the log knows it."""
    return f"{wanted.profile.name} of enrolment {wanted.enrolment_id}"


def _tell(wanted: Wanted, fault: PkiError) -> None:
    """What was broken, without the names that stand in sentences: a log is for operators."""
    rules = fault.code
    if isinstance(fault, LintFailed):
        rules = ", ".join(finding.rule for finding in fault.findings)
    elif isinstance(fault, Objection):
        rules = ", ".join(finding.code for finding in fault.findings)
    _log.error("%s breaks: %s", _named(wanted), rules)


def _issuer_made(issuer: Issuer, certificate: Certificate) -> IssuerMade:
    return IssuerMade(issuer.id, issuer.name, issuer.generation, certificate.sha256)
