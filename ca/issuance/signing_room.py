"""The signing room: a loop beside the keys that listens to nothing and believes only what it can verify.

It takes up approved enrolments in batches, signs CRLs, and renews responder and time-stamping certificates. One
room at a time: a second one clashes on the dense serial numbers and stops.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import State as IssuerState
from ca.ceremonies.generations import ended, generations
from ca.closing.authority import may_issue_now
from ca.closing.last_crl import parted, publish_last
from ca.endings.settlement import settle
from ca.events.registration import DecisionDishonoured, EnrolmentEnded
from ca.issuance.composition import IssuingKey, Scope, Wanted, wanted_for
from ca.issuance.examination import Examination, Honoured
from ca.issuance.honour import examine
from ca.issuance.line import AwaitSeal, Begun, LastLook, Line, recover
from ca.issuance.queue import Queue, Watch
from ca.machines.doors import Doors
from ca.machines.endings import settle_machines
from ca.profiles import PROFILES, issuer_for
from ca.publication.publisher import Publisher
from ca.registration.digests import names_of
from ca.registration.rules import RULES, Extra
from ca.reissue.settlement import Settling
from ca.reissue.switches import issuance_halted
from ca.statement.agreement import Agreement
from ca.tables.publication import Crl
from ca.tables.registration import Decision, DishonouredDecision, EnrolmentEnd
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.errors import PkiError
from pki.keys import algorithm_of
from web.home import Home, Mode

BATCH = 500
"""Certificates in one round of intend, seal, sign, certify."""
STOP_FILE = "stop-issuing"
"""While a file of this name is in the home nothing is issued; CRLs and renewals go on."""


@dataclass
class Turn:
    """What one turn of the loop did."""

    issued: list[Certificate] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Enrolment and code."""
    dishonoured: int = 0
    crls: list[Crl] = field(default_factory=list)
    stopped: bool = False
    waiting: bool = False
    """Whether a change must wait for the next second to be on a CRL: turn again soon."""
    disagreements: list[str] = field(default_factory=list)
    """What is in force and the practice statement says otherwise: nothing is issued before a new version of it."""
    held: str | None = None
    """The code why nothing is issued now, though nobody pressed the stop button."""
    unissued: list[tuple[str, str]] = field(default_factory=list)
    """Enrolments that no issuer of this room may sign now, and the code; they are looked at again."""


@dataclass(frozen=True)
class _UnderWay:
    line: Line
    wanted: Sequence[Wanted]
    begun: Begun


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
        """Everything that is due now is done. Raises NotSealed, OtherRoom, SigningWrong, LedgerUnavailable."""
        done = Turn(disagreements=self._disagreements())
        done.stopped = bool(done.disagreements) or self._stopped()
        with self.ledger.read() as session:
            leave = may_issue_now(session, self.ledger.clock.now(), needed=self.leave_needed)
            done.held = leave.code if isinstance(leave, Refuse) else None
        ids = [] if done.stopped or done.held else self._queue.look()
        if ids:
            self._batches([ids[start : start + self.batch] for start in range(0, len(ids), self.batch)], done)
        settle(self.ledger, self.actor, self._issuers)
        settle_machines(self.ledger, self.actor)
        self._campaigns.settle()
        regular, closed = parted(self.ledger, tuple(self.issuing.values()))
        publisher = self._publisher(regular)
        done.crls += publisher.publish_due()
        done.crls += [crl for key in closed for crl in publish_last(self.ledger, key, self.actor)]
        done.waiting = publisher.waiting
        return done

    @cached_property
    def _queue(self) -> Queue:
        return Queue(self.ledger, self._issuers)

    @cached_property
    def _campaigns(self) -> Settling:
        return Settling(self.ledger, self.actor, self._issuers)

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

    def _batches(self, batches: Sequence[Sequence[str]], done: Turn) -> None:
        """Each batch is planned while the one before it is being sealed."""
        under_way: list[_UnderWay] = []
        for ids in batches:
            begun = self._begin(ids, done)
            self._finish(under_way, done)
            under_way = begun
        self._finish(under_way, done)

    def _begin(self, ids: Sequence[str], done: Turn) -> list[_UnderWay]:
        now, watch = self.ledger.clock.now(), Watch(self.ledger)
        with self.ledger.read() as session:
            seen = self._examined(session, ids, now)
            keys = self._signing(session, now)
        self._record(seen, done)
        under_way = []
        for name, honoured in _by_issuer(seen.honoured).items():
            key = keys.get(name)
            if not isinstance(key, IssuingKey):
                self._unissued(honoured, key or "enrolment.no-issuer", done)
                continue
            wanted, unnamed = _wanted(honoured)
            for enrolment_id in unnamed:
                self._end(enrolment_id, "enrolment.lint", done)
            line = Line(self.ledger, key, self.await_seal, self._look(watch), self.actor, self._issuers)
            under_way.append(_UnderWay(line, wanted, line.begin(wanted)))
        return under_way

    def _examined(self, session: Session, ids: Sequence[str], now: datetime) -> Examination:
        return examine(session, ids, now, self._issuers, practice=self._practice, doors=self.doors)

    def _signing(self, session: Session, now: datetime) -> Mapping[str, IssuingKey | str]:
        """By issuer name the key that signs now, or the code why there is none here."""
        here = {key.id: key for key in self.issuing.values()}
        found = generations(session, now)
        chosen: dict[str, IssuingKey | str] = {}
        for one in reversed(found):
            over = one.state in (IssuerState.TERMINATED, IssuerState.COMPROMISED)
            chosen[one.issuer.name] = "issuance.issuer-ended" if over else "issuance.no-issuer"
        for one in found:
            if one.state is IssuerState.SIGNS:
                chosen[one.issuer.name] = here.get(one.issuer.id) or "issuance.key-not-here"
        return chosen

    def _unissued(self, honoured: Sequence[Honoured], code: str, done: Turn) -> None:
        """Requests to an issuer that ended or never was are over; those to one whose key may come wait for it."""
        for one in honoured:
            if code in ("issuance.issuer-ended", "enrolment.no-issuer"):
                self._end(one.enrolment.id, code, done)
            else:
                done.unissued.append((one.enrolment.id, code))

    def _finish(self, under_way: Sequence[_UnderWay], done: Turn) -> None:
        for one in under_way:
            for wanted, outcome in zip(one.wanted, one.line.finish(one.begun), strict=True):
                if isinstance(outcome, Certificate):
                    done.issued.append(outcome)
                elif outcome.code in ("enrolment.lint", "issuance.issuer-ended"):
                    self._end(str(wanted.enrolment_id), outcome.code, done)

    def _look(self, watch: Watch) -> LastLook:
        return lambda intents: self._last_look(intents, watch)

    def _last_look(self, intents: Sequence[Intent], watch: Watch) -> Mapping[str, str]:
        """Stop button, ended intents, and, if anything was undone since the first look, everything again."""
        if self._stopped() or self._disagreements():
            return {intent.id: "issuance.stopped" for intent in intents}
        if not watch.undone():
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

    def _stopped(self) -> bool:
        """By the file on this machine, or by the stop button that is in the ledger."""
        if (self.home / STOP_FILE).exists():
            return True
        with self.ledger.read() as session:
            return issuance_halted(session, self.ledger.clock.now(), self._issuers)

    def _disagreements(self) -> list[str]:
        with self.ledger.read() as session:
            return self._agreement.faults(session)

    @cached_property
    def _agreement(self) -> Agreement:
        return Agreement(Home(self.home))

    def _record(self, seen: Examination, done: Turn) -> None:
        """Each decision that is not honoured and each enrolment that policy ends is an entry, once."""
        for decision, code in seen.dishonoured:
            done.dishonoured += self._dishonour(decision, code)
        for enrolment, code in seen.refused:
            self._end(enrolment.id, code, done)

    def _dishonour(self, decision: Decision, code: str) -> int:
        event = DecisionDishonoured(decision.id, decision.enrolment_id, code)
        return self._once(Deed(event, self.actor, [DishonouredDecision(decision_id=decision.id, code=code)]))

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


def _by_issuer(honoured: Sequence[Honoured]) -> Mapping[str, list[Honoured]]:
    groups: dict[str, list[Honoured]] = {}
    for one in honoured:
        groups.setdefault(issuer_for(one.enrolment.profile, algorithm_of(one.request.spki)), []).append(one)
    return groups


def _scope(one: Honoured) -> Scope:
    """What the certificate says besides the person; the organisation's names are those of the register now.

    A server is called by the first of its hosts.
    """
    body, names = one.organisation, names_of(one.scope)
    host = names[0] if RULES[one.enrolment.profile].extra is Extra.HOSTS else None
    return Scope(
        organisation_code=body.code if body else "",
        organisation_en=body.name_en if body else "",
        organisation_lo=body.name_lo if body else "",
        names=names,
        common_name=one.scope.common_name or host,
        value_limit_lak=one.scope.value_limit_lak,
    )


def _wanted(honoured: Sequence[Honoured]) -> tuple[list[Wanted], list[str]]:
    """What to make, and the enrolments of persons whose names no certificate can hold."""
    wanted: list[Wanted] = []
    unnamed: list[str] = []
    for one in honoured:
        profile = PROFILES[one.enrolment.profile]
        try:
            made = wanted_for(profile, one.standing, one.request.spki, one.enrolment.id, _scope(one))
            wanted.append(made if one.longest is None else replace(made, validity=min(made.validity, one.longest)))
        except PkiError:
            unnamed.append(one.enrolment.id)
    return wanted, unnamed
