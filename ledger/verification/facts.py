"""Facts against the entries that name them.

A row is looked at under the entry that it hangs on. An entry names its rows, so a table is asked only for the
entries that name one of its rows; a table that holds a *stray*, a row that its own entry does not name, is asked
for all entries. So every row is looked at, and an honest ledger costs no question that has no answer.

In memory are one chunk of entries, and the rows of one table under them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, TextClause, bindparam, cast, select, text
from sqlalchemy.orm import Session

from ledger.base import Fact
from ledger.entry import Entry
from ledger.verification.report import Fault, Report, Wrong
from ledger.verification.rows import Told, fact_classes
from ledger.verification.strays import tables_with_strays
from ledger.verification.written import Unreadable, row_hash


class Facts:
    """The facts in one snapshot. `purged` holds `table/key=version:hash` of the rows that may be missing."""

    def __init__(self, session: Session, purged: Collection[str], report: Report) -> None:
        self._database, self._purged, self._report = session.connection(), purged, report
        self._classes = fact_classes()
        self._asking = {name: _asking(made) for name, made in self._classes.items()}
        self._with_strays = tables_with_strays(self._database, self._classes.values())

    def of_entries(self, told: Mapping[str, Told]) -> Mapping[str, list[Fault]]:
        """What is wrong with the facts of these entries, by the entry's id."""
        named = {entry_id: {} if isinstance(facts, Unreadable) else dict(facts) for entry_id, facts in told.items()}
        faults: dict[str, list[Fault]] = defaultdict(list)
        for table, entries in self._asked(told):
            for row in self._database.execute(self._asking[table], {"entries": entries}).all():
                fault = self._compare(table, row, named[row.entry_id])
                if fault:
                    faults[row.entry_id].append(fault)
        for entry_id, left in named.items():
            for name, hashed in left.items():
                faults[entry_id] += self._missing(name, hashed)
        return faults

    def without_entry(self) -> Iterator[Fault]:
        """The facts whose entry does not exist."""
        for table in sorted(self._with_strays):
            key, entry_id = _key(self._classes[table]), self._classes[table].entry_id
            there = select(Entry.id).where(Entry.id == entry_id).exists()
            for (found,) in self._database.execute(select(key).where(~there).order_by(key).limit(100)):
                yield Fault(Wrong.INSERTED, table, str(found), "no entry is behind this row")

    def _asked(self, told: Mapping[str, Told]) -> Iterator[tuple[str, Sequence[str]]]:
        """Each table that has to be asked, and for which entries. One that cannot be read may name any table."""
        asked: dict[str, list[str]] = defaultdict(list)
        for entry_id, facts in told.items():
            named = self._classes if isinstance(facts, Unreadable) else {name.partition("/")[0] for name in facts}
            for table in self._with_strays.union(named):
                asked[table].append(entry_id)
        return ((table, asked[table]) for table in self._classes if table in asked)

    def _compare(self, table: str, row: Any, named: dict[str, str]) -> Fault | None:
        """Takes the row's name out of `named`."""
        self._report.facts += 1
        key = str(row[0])
        told = named.pop(f"{table}/{key}", None)
        if told is None:
            return self._unnamed(table, key, row.entry_id)
        try:
            same = row_hash(self._classes[table])(row) == told
        except Unreadable as fault:
            return Fault(Wrong.EDITED, table, key, str(fault))
        return None if same else Fault(Wrong.EDITED, table, key, f"entry {row.entry_id} has another hash of this row")

    def _unnamed(self, table: str, key: str, entry_id: str) -> Fault:
        names = cast(Entry.facts, Text).contains(f'"{table}/{key}"', autoescape=True)
        other = self._database.scalar(select(Entry.id).where(names).limit(1))
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
        elif self._database.execute(select(1).where(_key(fact_class) == key)).first():
            yield Fault(Wrong.EDITED, table, key, "it is under another entry than the one that names it")
        else:
            yield Fault(Wrong.DELETED, table, key, "an entry names this row, and it is not there")


def _asking(fact_class: type[Fact]) -> TextClause:
    """Selects the rows of the table under `entries`, as the driver gives them."""
    columns = ", ".join(f'"{column.name}"' for column in fact_class.__table__.columns)
    asking = text(f'SELECT {columns} FROM "{fact_class.__tablename__}" WHERE entry_id IN :entries')  # noqa: S608
    return asking.bindparams(bindparam("entries", expanding=True))


def _key(fact_class: type[Fact]) -> Any:
    return next(iter(fact_class.__table__.columns))
