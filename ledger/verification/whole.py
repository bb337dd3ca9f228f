"""The walk over the whole ledger, in the order of the log."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.orm import Session

from ledger.engine import reading_engine
from ledger.entry import Entry
from ledger.incarnation import IncarnationBegun
from ledger.log import Leaf, SignedHead, TreeHead, TreeNode
from ledger.outside import Outside
from ledger.purged import Purged
from ledger.verification.facts import Facts
from ledger.verification.report import Fault, Report, Wrong
from ledger.verification.rows import Told, chunks, fact_classes, facts_of, octets, raw_columns
from ledger.verification.tree import Tree
from ledger.verification.written import Unreadable, row_digest
from pki.errors import PkiError

_BEFORE_ALL = -(2**62)
Progress = Callable[[int], None]


def verify_ledger(reading: Engine, outside: Path, progress: Progress = lambda _: None) -> Report:
    """Every entry, fact, leaf, head and checkpoint that `reading` sees, against each other and against `outside`.

    `progress` is told the number of entries done since the last time. Every table module must be loaded
    (`migrations.tables`). Raises only what the database raises when it is away.
    """
    report = Report()
    place = Outside(outside)
    try:
        newest, sizes = place.newest(), place.sizes()
    except PkiError as fault:
        report.add([Fault(Wrong.FORGED, "outside", "newest", f"{outside}: {fault}")])
        return report
    report.outside_size = newest.size if newest else None
    with Session(reading) as session:
        gone = _missing_tables(session)
        if gone:
            report.add(gone)
            return report
        walk = _Walk(session, report, Tree(session, place))
        for part in (walk.sealed(), walk.unsealed()):
            for done in part:
                progress(done)
        walk.rest()
        report.add(_missing_checkpoints(session, sizes))
    return report


def _missing_tables(session: Session) -> list[Fault]:
    """A table that was dropped leaves nothing to walk over: it is named, and the rest is not looked at."""
    there = set(inspect(session.connection()).get_table_names())
    wanted = [*(log.__tablename__ for log in (Entry, Leaf, TreeHead, TreeNode, SignedHead)), *fact_classes()]
    sentence = "the table is not there: restore the newest backup, or, if the schema is only old, run migrate"
    return [Fault(Wrong.DELETED, name, "all", sentence) for name in wanted if name not in there]


def read_only(database: Path) -> Engine:
    """An engine over an embedded database that it cannot change, as the operating system sees to it."""
    return reading_engine(f"sqlite:///file:{database.resolve()}?mode=ro&uri=true")


class _Walk:
    """One verification; keeps what the next chunk needs from those before."""

    def __init__(self, session: Session, report: Report, tree: Tree) -> None:
        self._session, self._report, self._tree = session, report, tree
        self._sqlite = session.get_bind().dialect.name == "sqlite"
        self._purged = _purged(session)
        self._facts = Facts(session, self._purged, report)
        self._position = 0
        self._order: tuple[Any, ...] = ()
        self._incarnation = 0

    def sealed(self) -> Iterator[int]:
        """Walks the leaves with their entries; gives how many each time."""
        number, entry_id, digest = raw_columns(Leaf)
        leaf = (number, entry_id.label("leaf_entry"), digest.label("leaf_digest"))
        statement = select(*leaf, *_entry_columns()).outerjoin(Entry, Entry.id == Leaf.entry_id)
        for rows in chunks(self._session, statement, Leaf.number, _BEFORE_ALL):
            told = [facts_of(row) for row in rows]
            of_facts = self._of_facts(rows, told)
            for row, facts in zip(rows, told, strict=True):
                before = len(self._report.faults)
                self._report.add(self._tree.numbered(row.number))
                self._report.add(self._leaf(row, facts))
                self._report.add(of_facts.get(row.id, ()))
                if len(self._report.faults) > before:
                    self._tree.excuse()
                self._report.add(self._tree.grow(row.number, octets(row.leaf_digest)))
            self._report.add(self._tree.nodes())
            self._report.leaves += len(rows)
            yield len(rows)

    def unsealed(self) -> Iterator[int]:
        """Walks the entries that have no leaf yet."""
        leaf = select(Leaf.number).where(Leaf.entry_id == Entry.id).exists()
        statement = select(*_entry_columns()).where(~leaf)
        start = self._position if self._sqlite else _BEFORE_ALL
        for rows in chunks(self._session, statement, Entry.position, start):
            told = [facts_of(row) for row in rows]
            of_facts = self._of_facts(rows, told)
            for row, facts in zip(rows, told, strict=True):
                self._report.add(self._entry(row, facts))
                self._report.add(of_facts.get(row.id, ()))
            self._report.unsealed += len(rows)
            yield len(rows)

    def _of_facts(self, rows: Sequence[Any], told: Sequence[Told]) -> Mapping[str, list[Fault]]:
        there = {row.id: facts for row, facts in zip(rows, told, strict=True) if row.id is not None}
        return self._facts.of_entries(there)

    def rest(self) -> None:
        """What no entry led to, and what is missing behind the last leaf."""
        self._report.add(self._facts.without_entry())
        self._report.add(self._tree.end(self._report))
        if self._sqlite:
            self._report.add(self._cut_off())

    def _leaf(self, row: Any, facts: Told) -> Iterator[Fault]:
        if row.id is None and row.number >= self._tree.reach:
            yield Fault(Wrong.INSERTED, "leaf", str(row.number), "no head covers it, and its entry is not there")
            return
        if row.id is None:
            sentence = f"leaf {row.number} is of this entry, and it is not there"
            yield Fault(Wrong.DELETED, "entry", row.leaf_entry, sentence)
            self._position += 1
            return
        edited = list(self._entry(row, facts))
        yield from edited
        if not edited and row.leaf_digest != row.digest:
            yield self._strange_leaf(row)

    def _entry(self, row: Any, facts: Told) -> Iterator[Fault]:
        self._report.entries += 1
        yield from self._digest(row, facts)
        yield from self._in_order(row)
        if self._sqlite:
            yield from self._stamps(row)

    def _digest(self, row: Any, facts: Told) -> Iterator[Fault]:
        if row.body is None and f"entry/{row.id}={octets(row.digest).hex()}" in self._purged:
            self._report.purged += 1
            return
        try:
            if row_digest(row, facts) != row.digest:
                yield Fault(Wrong.EDITED, "entry", row.id, "its digest is not the one over its columns")
        except Unreadable as fault:
            yield Fault(Wrong.EDITED, "entry", row.id, str(fault))

    def _in_order(self, row: Any) -> Iterator[Fault]:
        if self._sqlite:
            yield from self._by_position(row)
            return
        order = (row.incarnation, row.transaction_id, row.id)
        number = getattr(row, "number", None)
        # Entries of one head were taken in order; between two heads the order may start again after a restore.
        if number is not None and number != self._tree.head_before and order <= self._order:
            yield Fault(Wrong.REORDERED, "entry", row.id, "it is sealed behind an entry that came later")
        self._order = order

    def _by_position(self, row: Any) -> Iterator[Fault]:
        """SQLite's positions have no gap, and leaves follow them."""
        expected, self._position = self._position + 1, max(self._position, row.position)
        if row.position == expected:
            return
        if row.position < expected:
            yield Fault(Wrong.REORDERED, "entry", row.id, f"position {row.position} comes after {expected - 1}")
            return
        between = Entry.position >= expected, Entry.position < row.position
        skipped = select(Entry.id, Leaf.number).outerjoin(Leaf, Leaf.entry_id == Entry.id).where(*between)
        found = self._session.execute(skipped.order_by(Entry.position)).first()
        if found is None:
            yield Fault(Wrong.DELETED, "entry", f"position {expected}", f"the next entry is {row.id}")
        elif found.number is None:
            yield Fault(Wrong.INSERTED, "entry", found.id, "it stands among sealed entries and has no leaf")
        else:
            yield Fault(Wrong.REORDERED, "entry", row.id, f"it is sealed before {found.id}, which came earlier")

    def _stamps(self, row: Any) -> Iterator[Fault]:
        """What SQLite's database stamps follows from the entries before."""
        if (row.writer, row.transaction_id, row.incarnation) != (None, None, self._incarnation):
            yield Fault(Wrong.EDITED, "entry", row.id, "a stamp of the database was changed")
        if row.kind == IncarnationBegun.kind:
            self._incarnation = _number(row.body) or self._incarnation

    def _strange_leaf(self, row: Any) -> Fault:
        """A leaf that holds another digest than its entry: another entry's, or none's."""
        owner = self._session.scalar(select(Entry.id).where(Entry.digest == octets(row.leaf_digest)).limit(1))
        if owner is not None:
            return Fault(Wrong.REORDERED, "leaf", str(row.number), f"it names {row.id} and holds the digest of {owner}")
        return Fault(Wrong.EDITED, "leaf", str(row.number), f"its digest is not that of entry {row.id}")

    def _cut_off(self) -> Iterator[Fault]:
        """SQLite remembers the highest position that it ever gave."""
        given = self._session.scalar(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'entry'")) or 0
        last = self._session.scalar(select(func.max(Entry.position))) or 0
        if given > last:
            yield Fault(Wrong.TRUNCATED, "entry", f"position {last + 1}", f"positions up to {given} were given")


def _entry_columns() -> list[Any]:
    return raw_columns(Entry)


def _purged(session: Session) -> frozenset[str]:
    bodies = session.scalars(select(Entry.body).where(Entry.kind == Purged.kind))
    return frozenset(row for body in bodies for row in _rows(body))


def _rows(body: str) -> Sequence[str]:
    try:
        return [str(row) for row in json.loads(body)["rows"]]
    except (ValueError, KeyError, TypeError):
        return ()


def _number(body: str) -> int | None:
    try:
        return int(json.loads(body)["number"])
    except (ValueError, KeyError, TypeError):
        return None


def _missing_checkpoints(session: Session, sizes: Sequence[int]) -> Iterator[Fault]:
    """The checkpoints outside that the database does not have."""
    last = session.scalar(select(func.max(TreeHead.size))) or 0
    known = set(session.scalars(select(TreeHead.size)))
    for size in sizes:
        if size <= last and size not in known:
            yield Fault(Wrong.DELETED, "tree_head", str(size), "its checkpoint was published")
