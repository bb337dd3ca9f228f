"""Facts against the entries that name them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from ledger.base import Fact
from ledger.entry import Entry
from ledger.verification.report import Fault, Report, Wrong
from ledger.verification.rows import Unreadable, fact_classes, facts_of, hash_of, raw_columns


class Facts:
    """The facts in one snapshot. `purged` holds `table/key=version:hash` of the rows that may be missing."""

    def __init__(self, session: Session, purged: Collection[str], report: Report) -> None:
        self._session, self._purged, self._report = session, purged, report
        self._classes = fact_classes()
        self._filled = {name: made for name, made in self._classes.items() if self._any(made)}

    def of_entries(self, entries: Sequence[Any]) -> Mapping[str, list[Fault]]:
        """What is wrong with the facts of these raw entries, by the entry's id."""
        named = {entry.id: _named(entry) for entry in entries}
        faults: dict[str, list[Fault]] = defaultdict(list)
        for table, fact_class in self._filled.items():
            for row in self._session.execute(self._select(fact_class).where(fact_class.entry_id.in_(named))):
                fault = self._compare(table, fact_class, row, named[row.entry_id])
                if fault:
                    faults[row.entry_id].append(fault)
        for entry_id, left in named.items():
            faults[entry_id] += [fault for name, told in left.items() for fault in self._missing(name, told)]
        return faults

    def without_entry(self) -> Iterator[Fault]:
        """The facts whose entry does not exist."""
        for table, fact_class in self._filled.items():
            key = next(iter(fact_class.__table__.columns))
            there = select(Entry.id).where(Entry.id == fact_class.entry_id).exists()
            for (found,) in self._session.execute(select(key).where(~there).order_by(key).limit(100)):
                yield Fault(Wrong.INSERTED, table, str(found), "no entry is behind this row")

    def _compare(self, table: str, fact_class: type[Fact], row: Any, named: dict[str, str]) -> Fault | None:
        """Takes the row's name out of `named`."""
        self._report.facts += 1
        key = str(row[0])
        told = named.pop(f"{table}/{key}", None)
        if told is None:
            return self._unnamed(table, key, row.entry_id)
        try:
            same = hash_of(fact_class, row._asdict()) == told
        except Unreadable as fault:
            return Fault(Wrong.EDITED, table, key, str(fault))
        return None if same else Fault(Wrong.EDITED, table, key, f"entry {row.entry_id} has another hash of this row")

    def _unnamed(self, table: str, key: str, entry_id: str) -> Fault:
        names = cast(Entry.facts, Text).contains(f'"{table}/{key}"', autoescape=True)
        other = self._session.scalar(select(Entry.id).where(names).limit(1))
        if other is not None:
            return Fault(Wrong.REORDERED, table, key, f"it is under entry {entry_id}, and entry {other} names it")
        return Fault(Wrong.INSERTED, table, key, f"entry {entry_id} does not name this row")

    def _missing(self, name: str, told: str) -> Iterator[Fault]:
        if f"{name}={told}" in self._purged:
            self._report.purged += 1
            return
        table, _, key = name.partition("/")
        fact_class = self._classes.get(table)
        if fact_class is None:
            yield Fault(Wrong.DELETED, table, key, "an entry names this row, and there is no such table")
        elif self._session.execute(select(1).where(next(iter(fact_class.__table__.columns)) == key)).first():
            yield Fault(Wrong.EDITED, table, key, "it is under another entry than the one that names it")
        else:
            yield Fault(Wrong.DELETED, table, key, "an entry names this row, and it is not there")

    def _any(self, fact_class: type[Fact]) -> bool:
        return self._session.execute(select(1).select_from(fact_class).limit(1)).first() is not None

    def _select(self, fact_class: type[Fact]) -> Any:
        return select(*raw_columns(fact_class))


def _named(entry: Any) -> dict[str, str]:
    try:
        return dict(facts_of(entry))
    except Unreadable:
        return {}
