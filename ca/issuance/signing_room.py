"""The signing room: a loop beside the keys that listens to nothing and believes only what it can verify.

It takes up approved enrolments in batches, signs CRLs, and renews responder and time-stamping certificates. One
room at a time: a second one clashes on the dense serial numbers and stops.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import ended
from ca.closing.entered import Leaves
from ca.closing.last_crl import parted, publish_last
from ca.endings.each import nobody_waits
from ca.events.registration import DecisionDishonoured, EnrolmentEnded
from ca.issuance import foresight
from ca.issuance.aside import Aside, Company, Findings, bench_of, by_machines, findings_of
from ca.issuance.batching import by_issuer, in_batches
from ca.issuance.composition import IssuerUnfit, IssuingKey, Wanted
from ca.issuance.endings import Endings
from ca.issuance.examination import Examination
from ca.issuance.honour import examine
from ca.issuance.kinship import FACTOR_SHARED, Kinship, tell
from ca.issuance.line import AwaitSeal, Begun, LastLook, Line, NotSealed, OtherRoom, SigningWrong, recover
from ca.issuance.outset import Outset, outsets_of
from ca.issuance.queue import Queue, Watch
from ca.issuance.second_judge import Bench, here
from ca.issuance.turn import Turn
from ca.machines.doors import Doors
from ca.machines.poison import NOT_MADE
from ca.publication.publisher import Publisher
from ca.reissue.switches import issuance_halted
from ca.statement.agreement import Agreement
from ca.tables.registration import DishonouredDecision, EnrolmentEnd
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import ClockWentBackwards, Deed, Ledger, LedgerUnavailable, Taken
from pki.keys import key_sha256
from signers import KeyUnusable
from web.home import Home, Mode

BATCH = 500
"""Certificates in one round of intend, seal, sign, certify."""
MOST_BATCHES = 20
"""So many and one more are issued in one turn: then CRLs are due again, and memory need not hold it all."""
STOP_FILE = "stop-issuing"
"""While a file of this name is in the home nothing is issued; CRLs and renewals go on."""


_STOPS = (NotSealed, OtherRoom, SigningWrong, LedgerUnavailable, ClockWentBackwards, IssuerUnfit)
"""What a turn ends at: nothing may be signed then."""
_log = logging.getLogger(__name__)


class BatchBroken(Exception):
    """Nothing of the batch was certified; CRLs were published. What was intended of it `recover` ends."""


@dataclass(frozen=True)
class _UnderWay:
    line: Line
    wanted: Sequence[Wanted]
    begun: Begun


@dataclass(frozen=True)
class _Asked:
    """Requests whose examination is to come here, and others that the process beside examines."""

    ids: Sequence[str]
    now: datetime
    watch: Watch
    snapshot: AbstractContextManager[object]
    """In which all that is needed before the first intent is read."""
    beside: Aside | None = None
    others: Sequence[str] = ()


@dataclass(frozen=True)
class _Met:
    """What came of it, and by issuer name what its certificates begin with, or the code why it makes none here."""

    found: Findings
    outsets: Mapping[str, Outset | str]


@dataclass(frozen=True)
class SigningRoom:
    """The room with its keys, by the name of the issuer and its generation (`officers`, `officers-2`).

    `home` is looked at for the stop file, the mode and the addresses.
    """

    ledger: Ledger
    issuing: Mapping[str, IssuingKey]
    await_seal: AwaitSeal
    home: Path
    actor: Actor = field(default=Actor.system("issue"))
    batch: int = BATCH
    leave_needed: bool = False
    """Whether nothing is issued while no leave of the ministry was ever entered."""
    doors: Doors | None = None
    """By which the secrets of machines are verified again; without it nothing is issued upon one."""

    def recover(self) -> int:
        """Ends what an earlier room left between intent and certificate. Call once, before the first turn."""
        return recover(self.ledger, [issuing.id for issuing in self.issuing.values()], self.actor)

    def turn(self) -> Turn:
        """Everything that is due now is done. Raises NotSealed, OtherRoom, SigningWrong, LedgerUnavailable.

        A batch on which the room itself breaks stops no ending and no CRL: BatchBroken is raised behind them. So is
        KeyUnusable: what an issuer lacks whose token is away, the others have; and EndingsBroken.
        """
        done = self.turned()
        if done.failed is not None:
            raise done.failed
        return done

    def turned(self, meanwhile: Callable[[], None] = nobody_waits) -> Turn:
        """The same, with KeyUnusable and EndingsBroken in what came of it: nothing is left for `recover` by them.

        `meanwhile` is called between any two of its duties, and may be `hurried`.
        """
        done, broken = self._issuing()
        done.broken = self._endings.settle(meanwhile)
        meanwhile()
        regular, closed = parted(self.ledger, tuple(self.issuing.values()))
        publisher = self._publisher(regular)
        try:
            done.crls += publisher.publish_due()
        except KeyUnusable as away:
            done.away = done.away or away
        self._publish_last(closed, done)
        self._kinship.learn()
        done.waiting = publisher.waiting
        if broken is not None:
            raise BatchBroken(f"{type(broken).__name__}: {broken}") from broken
        return done

    def hurried(self) -> Turn:
        """What waits is issued, and nothing else of a turn is done: whoever calls this turns whole very soon."""
        done, broken = self._issuing()
        if broken is not None:
            raise BatchBroken(f"{type(broken).__name__}: {broken}") from broken
        return done

    def _issuing(self) -> tuple[Turn, Exception | None]:
        """The turn so far, and what broke a batch."""
        with ExitStack() as snapshot:
            snapshot.enter_context(self.ledger.one_snapshot())
            with self.ledger.read() as session:
                foresight.of_a_look(session, self._queue.asks(), first=True)
                done = Turn(disagreements=self._agreement.faults(session))
                done.stopped = bool(done.disagreements) or self._stopped(session)
                done.held = self._held(session)
            if done.stopped or done.held or not (ids := self._queue.look()):
                return done, None
            first, *rest = in_batches(ids, self.batch)
            asked = _Asked(first, self.ledger.clock.now(), self._queue.watch(), snapshot)
            return done, self._issued(asked, rest, done)

    def _publish_last(self, closed: Sequence[IssuingKey], done: Turn) -> None:
        for key in closed:
            try:
                done.crls += publish_last(self.ledger, key, self.actor)
            except KeyUnusable as away:
                done.away = done.away or away

    def _issued(self, first: _Asked, rest: Sequence[Sequence[str]], done: Turn) -> Exception | None:
        """What broke a batch, if nothing says that the room must stop."""
        try:
            self._batches(first, rest, done)
        except _STOPS:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, endings and CRLs go on, and it is raised again
            _log.exception("a batch broke")
            return fault
        return None

    @cached_property
    def _endings(self) -> Endings:
        return Endings(self.ledger, self.actor, self._issuers, self.doors)

    @cached_property
    def _queue(self) -> Queue:
        return Queue(self.ledger, self._issuers)

    @cached_property
    def _publishers(self) -> dict[tuple[str, ...], Publisher]:
        """One, for the issuers that publish regularly now."""
        return {}

    def _publisher(self, keys: Sequence[IssuingKey]) -> Publisher:
        ids = tuple(key.id for key in keys)
        if ids not in self._publishers:
            self._publishers.clear()
            self._publishers[ids] = Publisher(self.ledger, keys, self.actor)
        return self._publishers[ids]

    def _batches(self, first: _Asked, rest: Sequence[Sequence[str]], done: Turn) -> None:
        """Each batch is planned while the one before is being sealed, and, where there are many, the next examined."""
        try:
            self._one_by_one(first, [*rest, []], self._company.beside(1 + len(rest)), done)
        finally:
            self._company.part(more=done.more)

    @contextmanager
    def in_company(self) -> Iterator[None]:
        """The process beside is there all the time, not only when many requests have waited for its start."""
        self._company.keep()
        try:
            yield
        finally:
            self._company.close()

    @cached_property
    def _company(self) -> Company:
        return Company(lambda: Aside(self.ledger, self._issuers, practice=self._practice))

    def _one_by_one(self, asked: _Asked, rest: Sequence[Sequence[str]], beside: Aside | None, done: Turn) -> None:
        """What is under way is finished behind each batch, the last of which is empty."""
        under_way: list[_UnderWay] = []
        taken = 0
        for ids in rest:
            last = not ids or taken >= MOST_BATCHES * self.batch
            following = asked if last else self._asked(ids, beside)
            begun = self._begin(self._met(asked), asked.watch, done, bench_of(beside))
            taken += sum(len(one.wanted) for one in begun)
            self._finish(under_way, done)
            under_way, asked = begun, following
            if last:
                done.more = bool(ids)
                break
        self._finish(under_way, done)

    def _asked(self, ids: Sequence[str], beside: Aside | None) -> _Asked:
        """The examination is under way in the process beside, or is yet to come here.

        The watch begins before it: whatever is undone from here on is seen by the last look.
        """
        now, watch, snapshot = self.ledger.clock.now(), Watch(self.ledger), self.ledger.one_snapshot()
        if not ids or beside is None:
            return _Asked(ids, now, watch, snapshot)
        own = by_machines(self.ledger, ids)
        others = [one for one in ids if one not in own]
        if others and beside.ask(others, now):
            return _Asked(sorted(own), now, watch, snapshot, beside, others)
        return _Asked(ids, now, watch, snapshot)

    def _met(self, asked: _Asked) -> _Met:
        """All that is read before the first intent, in one snapshot; the other process is waited for before it."""
        answered = asked.beside.answer() if asked.beside else None
        ids = list(asked.ids) if answered else [*asked.ids, *asked.others]
        with asked.snapshot, self.ledger.read() as session:
            found = findings_of(self._examined(session, ids, asked.now))
            found = found + answered if answered else found
            now = self.ledger.clock.now()
            outsets = outsets_of(session, by_issuer(found.wanted), self.issuing, self._issuers, now)
            self.ledger.learn_newest()
        return _Met(found, outsets)

    def _begin(self, met: _Met, watch: Watch, done: Turn, bench: Bench = here) -> list[_UnderWay]:
        self._record(met.found, done)
        under_way = []
        for name, wanted in by_issuer(self._unrelated(met.found.wanted, done)).items():
            outset = met.outsets[name]
            if isinstance(outset, str):
                self._unissued(wanted, outset, done)
                continue
            look = self._look(watch)
            line = Line(self.ledger, outset.issuing, self.await_seal, look, self.actor, self._issuers, bench)
            try:
                under_way.append(_UnderWay(line, wanted, line.begin(wanted, outset)))
            except KeyUnusable as away:
                done.away = done.away or away
                self._unissued(wanted, "issuance.key-not-here", done)
        return under_way

    def _unrelated(self, every: Sequence[Wanted], done: Turn) -> list[Wanted]:
        """Those whose keys have no factor in common with another; the others are over, and the pairs told."""
        kin = self._kinship.meet([one.spki for one in every])
        for one in every:
            if others := kin.get(key_sha256(one.spki)):
                tell(self.ledger, key_sha256(one.spki), others, self.actor)
                self._end(str(one.enrolment_id), FACTOR_SHARED, done)
        return [one for one in every if key_sha256(one.spki) not in kin]

    @cached_property
    def _kinship(self) -> Kinship:
        return Kinship(self.ledger)

    def _examined(self, session: Session, ids: Sequence[str], now: datetime) -> Examination:
        return examine(session, ids, now, self._issuers, practice=self._practice, doors=self.doors)

    def _unissued(self, every: Sequence[Wanted], code: str, done: Turn) -> None:
        """Requests to an issuer that ended or never was are over; those to one whose key may come wait for it."""
        for one in every:
            if code in ("issuance.issuer-ended", "enrolment.no-issuer"):
                self._end(str(one.enrolment_id), code, done)
            else:
                done.unissued.append((str(one.enrolment_id), code))

    def _finish(self, under_way: Sequence[_UnderWay], done: Turn) -> None:
        """What a key leaves unsigned that goes away in the middle has ended; it is asked for anew."""
        for one in under_way:
            try:
                outcomes = one.line.finish(one.begun)
            except KeyUnusable as away:
                done.away = done.away or away
                continue
            for wanted, outcome in zip(one.wanted, outcomes, strict=True):
                if isinstance(outcome, Certificate):
                    done.issued.append(outcome)
                elif outcome.code in ("enrolment.lint", NOT_MADE, "issuance.issuer-ended"):
                    self._end(str(wanted.enrolment_id), outcome.code, done)

    def _look(self, watch: Watch) -> LastLook:
        return lambda intents: self._last_look(intents, watch)

    def _last_look(self, intents: Sequence[Intent], watch: Watch) -> Mapping[str, str]:
        """Stop button, leave, ended intents, and, if anything was undone since the first look, everything again."""
        with self.ledger.one_snapshot(), self.ledger.read() as session:
            foresight.of_a_look(session, watch.asks(), first=False)
            halted = self._stopped(session) or self._held(session) or self._agreement.faults(session)
            undone = watch.undone()
        if halted:
            return {intent.id: "issuance.stopped" for intent in intents}
        if not undone:
            return {}
        with self.ledger.read() as session:
            ids = [intent.id for intent in intents]
            revoked = set(session.scalars(select(Revocation.certificate_id).where(Revocation.certificate_id.in_(ids))))
            enrolments = {str(intent.enrolment_id) for intent in intents}
            seen = self._examined(session, sorted(enrolments), self.ledger.clock.now())
            ends = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id.in_(enrolments))
            over = set(session.scalars(ends))
            closed = ended(session, {intent.issuer_id for intent in intents})
        over |= {str(intent.enrolment_id) for intent in intents if intent.issuer_id in closed}
        good = {honoured.enrolment.id for honoured in seen.honoured} - over
        stopped = [one for one in intents if one.id in revoked or one.enrolment_id not in good]
        return {intent.id: "issuance.undone" for intent in stopped}

    @cached_property
    def _issuers(self) -> Mapping[str, bytes]:
        """The keys under which certificates are believed, by the issuer's id: those that this room holds."""
        return {key.id: key.spki for key in self.issuing.values()}

    @property
    def _practice(self) -> bool:
        return Home(self.home).mode() is Mode.PRACTICE

    def _held(self, session: Session) -> str | None:
        """The code why no leave of the ministry lets it issue now."""
        leave = self._leaves.may_issue_now(session, self.ledger.clock.now(), needed=self.leave_needed)
        return leave.code if isinstance(leave, Refuse) else None

    @cached_property
    def _leaves(self) -> Leaves:
        return Leaves(self._issuers)

    def _stopped(self, session: Session) -> bool:
        """By the file on this machine, or by the stop button that is in the ledger."""
        pressed = (self.home / STOP_FILE).exists()
        return pressed or issuance_halted(session, self.ledger.clock.now(), self._issuers)

    @cached_property
    def _agreement(self) -> Agreement:
        return Agreement(Home(self.home))

    def _record(self, found: Findings, done: Turn) -> None:
        """Each decision that is not honoured and each enrolment that policy ends is an entry, once."""
        for decision_id, enrolment_id, code in found.dishonoured:
            event = DecisionDishonoured(decision_id, enrolment_id, code)
            fact = DishonouredDecision(decision_id=decision_id, code=code)
            done.dishonoured += self._once(Deed(event, self.actor, [fact]))
        for enrolment_id, code in found.refused:
            self._end(enrolment_id, code, done)

    def _end(self, enrolment_id: str, code: str, done: Turn) -> None:
        done.refused.append((enrolment_id, code))
        fact = EnrolmentEnd(enrolment_id=enrolment_id, code=code)
        self._once(Deed(EnrolmentEnded(enrolment_id, code), self.actor, [fact]))

    def _once(self, deed: Deed) -> int:
        try:
            self.ledger.entries([deed])
        except Taken:
            return 0  # It ended in the meantime, which is what we wanted.
        return 1
