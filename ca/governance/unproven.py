"""Duties, desks, numbers, allowances, campaigns, foreign CAs and preapprovals in the tables that count for nothing.

And the ends of such things that no agreed change brought: those count all the same, since they only take away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.events.governance import ChangeApplied
from ca.governance.held import ENDS
from ca.governance.kinds.duty_end import AHEAD
from ca.governance.provenance import Provenance
from ca.tables.configuration import ConfigurationVersion
from ca.tables.machines import Allowance, AllowanceEnd
from ca.tables.registration import Desk, DeskTerm
from ca.tables.reissue import Reissue
from ledger.base import Fact
from ledger.entry import Entry, fact_name
from ledger.people import Duty, DutyEnd
from ledger.preapproval import Preapproval, PreapprovalEnd
from ledger.recognition import ForeignCa, ForeignCaTerm

OBEYED = "unproven.obeyed"
_ENDS: tuple[type[Fact], ...] = (DutyEnd, AllowanceEnd, PreapprovalEnd)
"""What changes alone end."""
_BY_CEREMONY = {FirstOfficerAdmitted.kind, FirstDeskOpened.kind}


@dataclass(frozen=True)
class Unproven:
    """A fact that nothing accounts for, and who wrote it. `code` says why, with words in both languages."""

    kind: str
    id: str
    entry_id: str
    at: datetime
    event: str
    actor: str
    writer: str | None
    """The database's role, where it has roles."""
    code: str


def unproven(fact: Fact, entry: Entry, code: str) -> Unproven:
    """The fact of that entry, for this reason."""
    kind, key = fact_name(fact).split("/", 1)
    return Unproven(kind, key, entry.id, entry.at, entry.kind, entry.actor, entry.writer, code)


def unbelieved(provenance: Provenance) -> Iterator[Unproven]:
    """What is not believed and that no agreed change has ended or buried since, kind by kind, and then the ends."""
    for fact in _facts(provenance):
        if not provenance.believes(fact):
            entry = provenance.session.scalars(select(Entry).where(Entry.id == fact.entry_id)).one()
            yield unproven(fact, entry, _why(entry))
    ahead = select(DutyEnd, Entry).join(Entry, Entry.id == DutyEnd.entry_id).where(DutyEnd.at > Entry.at)
    for end, entry in provenance.session.execute(ahead.order_by(DutyEnd.duty_id)):
        yield unproven(end, entry, AHEAD)
    for kind in _ENDS:
        ends = select(kind, Entry).join(Entry, Entry.id == kind.entry_id).order_by(Entry.position)
        obeyed = ends.where(DutyEnd.at <= Entry.at) if kind is DutyEnd else ends
        for ended, entry in provenance.session.execute(obeyed):
            if not provenance.believes(ended):
                yield unproven(ended, entry, OBEYED)


def _facts(provenance: Provenance) -> Iterator[Fact]:
    session = provenance.session
    running: list[Select[Fact]] = [
        select(Duty).where(Duty.id.not_in(select(ENDS.c.duty_id))).order_by(Duty.id),
        select(Desk).order_by(Desk.code),
    ]
    for kind in running:
        yield from session.scalars(kind)
    for desk_id in session.scalars(select(Desk.id).order_by(Desk.code)):
        yield from _newest(provenance, select(DeskTerm).where(DeskTerm.desk_id == desk_id), DeskTerm)
    yield from _newest(provenance, select(ConfigurationVersion), ConfigurationVersion)
    yield from session.scalars(select(Allowance).order_by(Allowance.id))
    for accepted in session.scalars(select(ForeignCa).order_by(ForeignCa.id)):
        yield accepted
        terms = select(ForeignCaTerm).where(ForeignCaTerm.foreign_ca_id == accepted.id)
        yield from _newest(provenance, terms, ForeignCaTerm)
    yield from session.scalars(select(Reissue).order_by(Reissue.id))
    yield from session.scalars(select(Preapproval).order_by(Preapproval.id))


def _newest(
    provenance: Provenance,
    versions: Select[Fact],
    kind: type[DeskTerm] | type[ConfigurationVersion] | type[ForeignCaTerm],
) -> Iterator[Fact]:
    """The versions down to the first one that is believed: it has buried those below it."""
    for version in provenance.session.scalars(versions.order_by(kind.number.desc())):
        if provenance.believes(version):
            return
        yield version


def _why(entry: Entry) -> str:
    if entry.kind in _BY_CEREMONY:
        return "unproven.ceremony"
    return "unproven.not-agreed" if entry.kind == ChangeApplied.kind else "unproven.no-change"
