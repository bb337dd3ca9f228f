"""The only way to change anything: an entry, and the facts that it names, in one transaction.

    with ledger.entry(CertificateRevoked(...), actor) as tx:
        tx.add(Revocation(...))

Durability: when the block has ended without an exception, entry and facts are on disk. Concurrency: writers
never wait for each other's decisions; one-time things are one-time by UNIQUE index. Nothing is read inside
the transaction, so it is repeated by the ledger itself when the database asks for that.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, UniqueConstraint, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from ledger.base import Base, Fact, Personal
from ledger.canonical import canonical
from ledger.clock import Clock, Randomness, uuid7
from ledger.engine import reading_engine, writing_engine
from ledger.entry import Entry, entry_digest, fact_hash, fact_name
from ledger.event import Actor, Event

MOST_FACTS = 100
"""Facts in one entry at most: beyond it the cost of the guarding triggers shows."""
CLOCK_TOLERANCE = timedelta(seconds=2)
_ATTEMPTS = 4


class Taken(Exception):
    """A key that may exist once exists already: the use case says which refusal that is."""

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"{table} has {key} already")
        self.table, self.key = table, key


class LedgerRefused(Exception):
    """The database's own guards refused the change; a fault of the program or an attack, never of a user."""


class LedgerUnavailable(Exception):
    """The database is away, full or locked: nothing was written. Try again when `health` is green."""


class ClockWentBackwards(Exception):
    """The machine's clock is behind the newest entry: set the clock; nothing was written."""


@dataclass
class Transaction:
    """The facts of one entry while it is open. `entry_id` and `at` are known before anything is written."""

    entry_id: str
    at: datetime
    _randomness: Randomness
    facts: list[Fact] = field(default_factory=list)

    def add(self, *facts: Fact) -> None:
        """Puts `facts` under this entry; they are written when the block ends."""
        for fact in facts:
            fact.entry_id = self.entry_id
            if isinstance(fact, Personal) and fact.salt is None:
                fact.salt = self._randomness(16)
            self.facts.append(fact)

    def new_id(self) -> str:
        """A fresh id for a fact."""
        return uuid7(self.at, self._randomness)


@dataclass(frozen=True)
class Deed:
    """One entry to be written by `Ledger.entries`: an event, who caused it, and the facts it makes."""

    event: Event
    actor: Actor
    facts: Sequence[Fact] = ()
    request_id: str | None = None


class Ledger:
    """The audited database as one process sees it. Make it after a fork, never before."""

    def __init__(self, url: str, clock: Clock, randomness: Randomness, release: str, process: str) -> None:
        self.url, self.clock, self.randomness = url, clock, randomness
        self.release, self.process = release, process
        self.writing = writing_engine(url)
        self.reading = reading_engine(url)
        self._newest: datetime | None = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and cannot write."""
        with Session(self.reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def entry(self, event: Event, actor: Actor, request_id: str | None = None) -> Iterator[Transaction]:
        """One entry with the facts added in the block. Raises Taken when a one-time key exists already."""
        now = self._now()
        transaction = Transaction(uuid7(now, self.randomness), now, self.randomness)
        yield transaction
        self._write([(self._entry_row(event, actor, request_id, transaction), transaction.facts)])

    def record(self, event: Event, actor: Actor, request_id: str | None = None) -> str:
        """One entry without facts (a refusal, for instance). Returns its id."""
        with self.entry(event, actor, request_id) as transaction:
            pass
        return transaction.entry_id

    def entries(self, deeds: Sequence[Deed]) -> list[str]:
        """Many entries with their facts in one transaction (100 to 500 is best). Returns their ids, in order."""
        now = self._now()
        written = []
        for deed in deeds:
            transaction = Transaction(uuid7(now, self.randomness), now, self.randomness)
            transaction.add(*deed.facts)
            row = self._entry_row(deed.event, deed.actor, deed.request_id, transaction)
            written.append((row, transaction.facts))
        self._write(written)
        return [row["id"] for row, _ in written]

    def new_id(self) -> str:
        """A fresh id for a fact, by this ledger's clock and random source."""
        return uuid7(self.clock.now(), self.randomness)

    def close(self) -> None:
        """Gives all connections back."""
        self.writing.dispose()
        self.reading.dispose()

    def _now(self) -> datetime:
        now = self.clock.now()
        if self._newest is None:
            with self.read() as session:
                self._newest = session.scalar(select(func.max(Entry.at))) or now
        if now < self._newest - CLOCK_TOLERANCE:
            raise ClockWentBackwards(f"the clock says {now.isoformat()}, the ledger {self._newest.isoformat()}")
        self._newest = max(now, self._newest)
        return now

    def _entry_row(
        self, event: Event, actor: Actor, request_id: str | None, transaction: Transaction
    ) -> dict[str, Any]:
        if len(transaction.facts) > MOST_FACTS:
            raise ValueError(f"{len(transaction.facts)} facts in one entry; {MOST_FACTS} at most: use several entries")
        row: dict[str, Any] = {
            "id": transaction.entry_id,
            "at": transaction.at,
            "actor": str(actor),
            "kind": event.kind,
            "request_id": request_id,
            "release": self.release,
            "salt": self.randomness(32),
            "body": canonical(event.body()).decode(),
            "facts": {fact_name(fact): fact_hash(fact) for fact in transaction.facts},
        }
        row["digest"] = entry_digest(row)
        return row

    def _write(self, written: Sequence[tuple[dict[str, Any], list[Fact]]]) -> None:
        facts = [fact for _, caused in written for fact in caused]
        rows = [row for row, _ in written]
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.writing.begin() as connection:
                    connection.execute(insert(Entry.__table__), rows)  # type: ignore[arg-type]
                    _insert_facts(connection, facts)
                return
            except IntegrityError as clash:
                raise self._explained(clash, facts) from clash
            except DBAPIError as fault:
                if attempt == _ATTEMPTS or not _worth_repeating(fault):
                    raise _named(fault) from fault

    def _explained(self, clash: IntegrityError, facts: Sequence[Fact]) -> Exception:
        """Which one-time key the clash was about; it is looked up only now, so the happy path pays nothing."""
        with self.read() as session:
            for fact in facts:
                for values in _unique_values(fact):
                    table = fact.__table__
                    there = [table.c[name] == value for name, value in values.items()]
                    if session.execute(select(next(iter(table.c))).where(*there)).first() is not None:
                        return Taken(table.name, ",".join(map(str, values.values())))  # type: ignore[attr-defined]
        repeated = _repeated(facts)
        return repeated or LedgerRefused(str(clash.orig))


def _insert_facts(connection: Connection, facts: Sequence[Fact]) -> None:
    by_table: dict[Table, list[Mapping[str, Any]]] = {}
    for fact in facts:
        table = fact.__table__
        values = {column.name: getattr(fact, column.name) for column in table.columns}
        by_table.setdefault(table, []).append(values)  # type: ignore[arg-type]
    for table in _downward(by_table):
        connection.execute(insert(table), by_table[table])


def _downward(tables: Mapping[Table, Any]) -> list[Table]:
    """The tables in the order in which their foreign keys can be satisfied."""
    if len(tables) < 2:
        return list(tables)
    return [table for table in Base.metadata.sorted_tables if table in tables]


def _unique_values(fact: Fact) -> Iterator[dict[str, Any]]:
    table = fact.__table__
    groups = [list(table.primary_key.columns)]  # type: ignore[attr-defined]
    groups += [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]  # type: ignore[attr-defined]
    groups += [list(index.columns) for index in table.indexes if index.unique]  # type: ignore[attr-defined]
    for columns in groups:
        values = {column.name: getattr(fact, column.name) for column in columns}
        if all(value is not None for value in values.values()):
            yield values


def _repeated(facts: Sequence[Fact]) -> Taken | None:
    seen: set[tuple[str, ...]] = set()
    for fact in facts:
        for values in _unique_values(fact):
            key = (fact.__tablename__, *values, *map(str, values.values()))
            if key in seen:
                return Taken(fact.__tablename__, ",".join(map(str, values.values())))
            seen.add(key)
    return None


def _worth_repeating(fault: DBAPIError) -> bool:
    return getattr(fault.orig, "sqlstate", None) in {"40001", "40P01"}


def _named(fault: DBAPIError) -> Exception:
    if isinstance(fault, OperationalError) or fault.connection_invalidated:
        return LedgerUnavailable(str(fault.orig))
    return LedgerRefused(str(fault.orig))
