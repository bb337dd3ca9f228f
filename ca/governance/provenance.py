"""Where duties, desks and the configuration come from: believed is what a ceremony made or two persons provably agreed.

Read by the signing room, which believes no process: the acts of planner and approver are verified again, their own
duties were there before they acted, and the fact is what the change said, to the last column. The ceremony's first
facts are the root of all this (docs/decisions/0017).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from ca.configuration import DEFAULT, Configuration, parse_configuration
from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.events.governance import ChangeApplied
from ca.governance.held import ENDS
from ca.governance.plan import APPROVE, PLAN, Plan, act_for, parse_plan
from ca.governance.policy import LIFE, may_plan
from ca.machines.poison import apart
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change, ChangeApproval, ChangeEnd
from ca.tables.machines import Allowance
from ca.tables.registration import Desk, DeskTerm
from ledger.acts import AUTHENTICATION_PROFILES, ActInvalid, ActProof, ActVerifier, SignedAct
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.entry import Entry, fact_name
from ledger.facts import Facts
from ledger.people import Duty, DutyEnd, DutyKind
from ledger.roles import DutySpan, may_act, span_of

Issuers = Mapping[str, bytes] | None
_NEW = "new"
"""Stands for each fresh id when the facts of a change are made once more."""


def verified(session: Session, issuers: Issuers = None) -> Configuration:
    """The newest Configuration that two persons provably agreed on; `ca.configuration.current` without belief."""
    return Provenance(session, issuers).configuration


_VERSIONS = select(ConfigurationVersion).order_by(ConfigurationVersion.number.desc())
NEWEST_VERSION = Facts(_VERSIONS.limit(1))
_ENTRY = Facts(select(Entry).where(Entry.id == bindparam("entry")))


def _of_persons(*ended: ColumnElement[bool]) -> Select[Duty, datetime, Entry]:
    """Their duties, with those ends of which this is so as well."""
    return (
        select(Duty, ENDS.c.at, Entry)
        .join(ENDS, and_(ENDS.c.duty_id == Duty.id, *ended), isouter=True)
        .join(Entry, Entry.id == Duty.entry_id)
        .where(Duty.person_id.in_(bindparam("people", expanding=True)))
        .order_by(Duty.id)
    )


_BEFORE: BindParameter[int] = bindparam("before")
DUTIES = Facts(_of_persons())
_EARLIER_DUTIES = Facts(_of_persons(ENDS.c.position < _BEFORE).where(Entry.position < _BEFORE))
_APPLIED = Facts(
    select(Change)
    .join(ChangeEnd, ChangeEnd.change_id == Change.id)
    .where(ChangeEnd.entry_id == bindparam("entry"), ChangeEnd.applied)
)
"""The change that an entry applied."""
_APPROVALS = Facts(select(ChangeApproval).where(ChangeApproval.change_id == bindparam("change")))
_HOLDERS = Facts(select(Duty.person_id).where(Duty.id.in_(bindparam("duties", expanding=True))))
_OPENED = Facts(
    select(DeskTerm.desk_id)
    .join(Desk, Desk.id == DeskTerm.desk_id)
    .where(DeskTerm.entry_id == bindparam("entry"), Desk.entry_id == DeskTerm.entry_id, DeskTerm.number == 1)
)
_DECIDED = (
    select(Certificate.id)
    .join(Intent, Intent.id == Certificate.id)
    .join(Entry, Entry.id == Certificate.entry_id)
    .where(Intent.enrolment_id.is_not(None), Certificate.profile.in_(AUTHENTICATION_PROFILES))
    .where(Entry.position < bindparam("position"))
)
"""What was certified upon decisions before an entry."""
_ADMITTED = Facts(
    select(KeyUse.key_sha256)
    .where(KeyUse.entry_id == bindparam("entry"), KeyUse.subject == bindparam("person"))
    .where(~_DECIDED.exists())
)
"""The key that an entry gave a person, if nobody had been certified upon decisions before it."""


class Provenance:
    """What of duties, desks and configuration counts in this snapshot for who believes nobody: a `Belief`.

    With `issuers` (as for ActVerifier) only acts under certificates that those provably signed count.
    """

    def __init__(self, session: Session, issuers: Issuers = None) -> None:
        self.session, self.issuers = session, issuers
        self._believed: dict[str, bool] = {}
        self._entries: dict[str, Entry] = {}
        self._opened: dict[str, set[str]] = {}
        """By entry the desks that it opened, each with its first term."""

    @cached_property
    def version(self) -> ConfigurationVersion | None:
        """The newest version that is believed, which is found once of a snapshot, whoever asks under these issuers."""
        found: dict[object, ConfigurationVersion | None] = self.session.info.setdefault(Provenance, {})
        under = None if self.issuers is None else frozenset(self.issuers.items())
        if under not in found:
            found[under] = self._newest_believed()
        return found[under]

    def _newest_believed(self) -> ConfigurationVersion | None:
        newest: ConfigurationVersion | None = NEWEST_VERSION.value(self.session)
        if newest is None or self.believes(newest):
            return newest
        return next(filter(self.believes, self.session.scalars(_VERSIONS)), None)

    @cached_property
    def configuration(self) -> Configuration:
        """By the newest version that is believed; the defaults when there is none."""
        return DEFAULT if self.version is None else parse_configuration(self.version.body)

    def duties(
        self, person_ids: Collection[str], before: int | None = None, beside: Sequence[Fact] = ()
    ) -> Mapping[str, tuple[DutySpan, ...]]:
        """The believed duties of these persons; with `before`, those whose entry has a lower position, as of then.

        What will be asked about desks and terms `beside` them is foreseen.

        An end needs no belief: it only takes away, from its entry on. One that lies ahead of its entry takes nothing
        away yet, stands in an agreed one's place, and does not count.
        """
        if before is None:
            rows = DUTIES.rows(self.session, {"people": sorted(person_ids)})
            self._foresee([(duty, entry) for duty, _, entry in rows], {one.entry_id for one in beside})
        else:
            rows = _EARLIER_DUTIES.rows(self.session, {"people": sorted(person_ids), "before": before})
        spans: dict[str, tuple[DutySpan, ...]] = {}
        for duty, ended, entry in rows:
            self._entries[entry.id] = entry
            if self.believes(duty):
                spans[duty.person_id] = (*spans.get(duty.person_id, ()), span_of(duty, ended))
        return spans

    def _foresee(self, duties: Sequence[tuple[Duty, Entry]], of_desks: Collection[str]) -> None:
        """What accounts for these, and for desks that were made in these entries, is asked at one go."""
        first = [(duty, entry) for duty, entry in duties if entry.kind == FirstOfficerAdmitted.kind]
        applied = {entry.id for _, entry in duties if entry.kind == ChangeApplied.kind}
        asked: list[tuple[Facts, Mapping[str, Any]]] = [(_ADMITTED, _admission(duty, entry)) for duty, entry in first]
        asked += [(_APPLIED, {"entry": one}) for one in sorted(applied)]
        asked += [(facts, {"entry": one}) for one in sorted(of_desks) for facts in (_ENTRY, _OPENED)]
        Facts.foresee(self.session, asked)

    def believes(self, fact: Fact) -> bool:
        """Whether a ceremony or an agreed change accounts for this Duty, Desk or whatever else changes bring."""
        name = fact_name(fact)
        if name not in self._believed:
            self._believed[name] = apart(name, partial(self._accounted, fact)) is True
        return self._believed[name]

    def agreed(self, change: Change, judged: datetime) -> bool:
        """Whether its planner and another person signed it, who might, by keys that nothing had stopped by `judged`.

        A change whose body is no plan was agreed on by nobody.
        """
        return apart(f"change {change.id}", partial(self._agreed, change, judged)) is True

    def _agreed(self, change: Change, judged: datetime) -> bool:
        plan = parse_plan(change.body)
        if plan.digest != change.digest or plan.what != change.kind:
            return False
        approvals = _APPROVALS.values(self.session, {"change": change.id})
        acts: list[ActProof] = [change, *approvals]
        verifier = ActVerifier(self.session, {one.act_certificate for one in acts}, self.issuers)
        concerned = self._concerned(plan)
        if not self._planned(verifier, change, plan, judged) or change.planner_id in concerned:
            return False
        mute = concerned | {change.planner_id}
        return any(
            one.person_id not in mute and self._approved(verifier, change, plan, one, judged) for one in approvals
        )

    def _concerned(self, plan: Plan) -> set[str]:
        """Whom the change is about, by what it makes: the plan's own word for it is its planner's."""
        made = plan.kind.facts(plan.values, plan.planned_at, lambda: _NEW)
        ended = [one.duty_id for one in made if isinstance(one, DutyEnd)]
        holders = _HOLDERS.values(self.session, {"duties": ended}) if ended else ()
        return {one.person_id for one in made if isinstance(one, Duty | Allowance)} | set(holders)

    def _accounted(self, fact: Fact) -> bool:
        entry = self._entry(fact)
        if entry.kind == FirstOfficerAdmitted.kind:
            return isinstance(fact, Duty) and self._first_officer(fact, entry)
        if entry.kind == FirstDeskOpened.kind:
            return self._first_desk(fact, entry)
        return entry.kind == ChangeApplied.kind and self._agreed_on(fact, entry)

    def _first_officer(self, duty: Duty, entry: Entry) -> bool:
        """Whether a ceremony admitted him with his key, at a time when nobody could have decided on it."""
        if duty.kind != DutyKind.REGISTRATION_OFFICER.value:
            return False
        return bool(_ADMITTED.rows(self.session, _admission(duty, entry)))

    def _first_desk(self, fact: Fact, entry: Entry) -> bool:
        """Whether the fact is a new desk or its first term, both of this entry."""
        if entry.id not in self._opened:
            self._opened[entry.id] = set(_OPENED.values(self.session, {"entry": entry.id}))
        opened = self._opened[entry.id]
        if isinstance(fact, DeskTerm):
            return fact.number == 1 and fact.desk_id in opened
        return isinstance(fact, Desk) and fact.id in opened

    def _agreed_on(self, fact: Fact, entry: Entry) -> bool:
        """Whether the change that the entry applied was agreed on, in its time, and says just this fact."""
        change: Change | None = _APPLIED.value(self.session, {"entry": entry.id})
        if change is None:
            return False
        plan = parse_plan(change.body)
        if not plan.planned_at <= entry.at <= plan.planned_at + LIFE or not self.agreed(change, entry.at):
            return False
        return any(_alike(fact, made, entry) for made in plan.kind.facts(plan.values, entry.at, lambda: _NEW))

    def _planned(self, verifier: ActVerifier, change: Change, plan: Plan, judged: datetime) -> bool:
        taken_up = self._entry(change)
        if _signer(verifier, PLAN, change, change.digest, taken_up.at, judged) != change.planner_id:
            return False
        duties = self._duties_before(change.planner_id, taken_up)
        times = (change.act_at, taken_up.at)
        return all(may_plan(plan.kind, change.planner_id, plan.person_id, duties, at, plan.desk) for at in times)

    def _approved(
        self, verifier: ActVerifier, change: Change, plan: Plan, approval: ChangeApproval, judged: datetime
    ) -> bool:
        taken_up = self._entry(approval)
        if _signer(verifier, APPROVE, approval, change.digest, taken_up.at, judged) != approval.person_id:
            return False
        duties = self._duties_before(approval.person_id, taken_up)
        return all(may_act(plan.kind.approving, duties, at, plan.desk) for at in (approval.act_at, taken_up.at))

    def _entry(self, fact: Fact) -> Entry:
        if fact.entry_id not in self._entries:
            self._entries[fact.entry_id] = _ENTRY.values(self.session, {"entry": fact.entry_id})[0]
        return self._entries[fact.entry_id]

    def _duties_before(self, person_id: str, entry: Entry) -> tuple[DutySpan, ...]:
        """Duties whose entries came before that one: so one change is never judged by what it brought itself."""
        return self.duties([person_id], entry.position).get(person_id, ())


def _admission(duty: Duty, entry: Entry) -> Mapping[str, Any]:
    return {"entry": entry.id, "person": duty.person_id, "position": entry.position}


def _signer(
    verifier: ActVerifier, kind: str, proof: ActProof, digest: str, taken_up: datetime, judged: datetime
) -> str | None:
    """Who signed it, freshly when it was taken up: an act that is set back in time proves nothing."""
    signed = SignedAct(act_for(kind, digest, proof.act_at), proof.act_certificate, bytes(proof.act_signature))
    try:
        return verifier.verify(signed, taken_up, judged)
    except ActInvalid:
        return None


def _alike(fact: Fact, made: Fact, entry: Entry) -> bool:
    """Whether the two say the same. Where the change makes an id, the fact names itself or a fact of its own entry."""
    if fact.__table__ is not made.__table__:
        return False
    for column in fact.__table__.columns:
        said, meant = getattr(fact, column.key), getattr(made, column.key)
        if column.key == "entry_id":
            continue
        if meant == _NEW:
            if not any(name.endswith(f"/{said}") for name in entry.facts):
                return False
        elif said != meant:
            return False
    return True
