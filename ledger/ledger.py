"""The only way to change anything: an entry, and the facts that it names, in one transaction.

    with ledger.entry(CertificateRevoked(...), actor) as tx:
        tx.add(Revocation(...))

Durability: when the block has ended without an exception, entry and facts are on disk. Concurrency: writers
never wait for each other's decisions; one-time things are one-time by UNIQUE index. Nothing is read inside
the transaction, so it is repeated by the ledger itself when the database asks for that.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from ledger.base import Fact, Personal
from ledger.bell import bell_of
from ledger.canonical import canonical
from ledger.clock import Clock, Randomness
from ledger.engine import reading_engine, writing_engine
from ledger.entry import Entry, entry_digest, fact_hash, fact_name
from ledger.event import Actor, Event
from ledger.facts import Facts
from ledger.identifiers import Identifiers
from ledger.insertion import clash, insert_entries
from ledger.lifecycle import Outages
from ledger.rounds import OneIsToBlame, halted, shared_reader
from ledger.turns import Turns

MOST_FACTS = 100
"""Facts in one entry at most: beyond it the cost of the guarding triggers shows."""
CLOCK_TOLERANCE = timedelta(seconds=2)
"""So far apart the clocks of the machines that write may be."""
_ATTEMPTS = 4
_ASK_EVERY = timedelta(seconds=1)
NEWEST = Facts(select(func.max(Entry.at)))
_Fault = TypeVar("_Fault", Exception, None)
_T = TypeVar("_T")
_Several = Sequence[tuple[dict[str, Any], list[Fact]]]
_Beside = Callable[[Connection], None] | None
_gathered: ContextVar[list[tuple[dict[str, Any], list[Fact]]] | None] = ContextVar("gathered", default=None)
"""What `at_once` will write, where something is done at once."""
_snapshot: ContextVar[tuple["Ledger", Session] | None] = ContextVar("snapshot", default=None)
"""Whose reading shares one session, in a block of `one_snapshot`."""


class Taken(OneIsToBlame):
    """A key that may exist once exists already: the use case says which refusal that is.

    `table` and `columns` name the key (`person`, `("number",)`); `key` is its value, several joined by commas.
    """

    def __init__(self, table: str, values: Mapping[str, Any]) -> None:
        self.table, self.columns = table, tuple(values)
        self.key = ",".join(map(str, values.values()))
        super().__init__(f"{table} has {', '.join(self.columns)} = {self.key} already")


class LedgerRefused(OneIsToBlame):
    """The database's own guards refused the change; a fault of the program or an attack, never of a user."""


class LedgerUnavailable(Exception):
    """The database is away, full or locked: nothing was written. Try again when `health` is green.

    Of a line that was lost at the very commit, to a server that then stayed away, nobody knows: look before you do
    again what must not be done twice; what is one-time by a key is refused by that.
    """


class ClockWentBackwards(Exception):
    """The machine's clock is behind the newest entry: set the clock; nothing was written."""


@dataclass
class Transaction:
    """The facts of one entry while it is open. `entry_id` and `at` are known before anything is written."""

    entry_id: str
    at: datetime
    _randomness: Randomness
    _identifiers: Identifiers
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
        return self._identifiers.fresh(self.at)


@dataclass(frozen=True)
class Deed:
    """One entry to be written by `Ledger.entries`: an event, who caused it, and the facts it makes."""

    event: Event
    actor: Actor
    facts: Sequence[Fact] = ()
    request_id: str | None = None


class Ledger:
    """The audited database as one process sees it. Make it after a fork, never before."""

    def __init__(
        self, url: str, clock: Clock, randomness: Randomness, release: str, process: str, *, by_keys: bool = False
    ) -> None:
        """`by_keys` as for `reading_engine`."""
        self.url, self.clock, self.randomness, self.release, self.process = url, clock, randomness, release, process
        self._identifiers = Identifiers(randomness)
        self.writing = writing_engine(url)
        self.reading = reading_engine(url, by_keys=by_keys)
        self.locking = reading_engine(url)
        """Whose connections hold a lock each (`ledger.exclusion`), beside those that whoever holds it reads by."""
        of_one = self.writing.dialect.name == "sqlite"  # which has one writer at a time
        self._alone: AbstractContextManager[object] = Lock() if of_one else nullcontext()
        self._turns = Turns() if of_one else None
        self._bell = bell_of(url)
        self.outages: Outages | None = None
        """Whoever wants to be told when the database is away."""
        self._newest: datetime | None = None
        self._asked: datetime | None = None

    def read(self, *, glance: bool = False) -> AbstractContextManager[Session]:
        """A session that sees one snapshot and cannot write. Raises LedgerUnavailable.

        With a `glance` PostgreSQL is not asked to begin and end one: each statement sees its own, and those of one
        `Facts.rows_of_each` the same one.
        """
        held = _snapshot.get()
        if held is not None and held[0] is self:
            return nullcontext(held[1])
        shared = shared_reader(self._read_alone)
        return self._read_alone(glance=glance) if shared is None else nullcontext(shared)

    @contextmanager
    def one_snapshot(self) -> Iterator[None]:
        """All that this thread reads here in the block is of one snapshot, whose beginning and end cost once.

        What anybody commits meanwhile is not seen in it, nor what the block itself commits: it is for reading alone.
        Raises LedgerUnavailable, at its end.
        """
        with self.read() as session:
            token = _snapshot.set((self, session))
            try:
                yield
            finally:
                _snapshot.reset(token)

    @contextmanager
    def _read_alone(self, *, glance: bool = False) -> Iterator[Session]:
        try:
            with self.reading.connect() as connection:
                if glance and self._turns is None:
                    connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.begin()
                with Session(connection, expire_on_commit=False, autoflush=False) as session:
                    yield session
                _give_up(connection)
        except DBAPIError as fault:
            named = self._told("reading", named_fault(fault))
            if isinstance(named, LedgerUnavailable):
                raise named from fault
            raise
        self._told("reading", None)

    @contextmanager
    def entry(
        self, event: Event, actor: Actor, request_id: str | None = None, *, beside: _Beside = None
    ) -> Iterator[Transaction]:
        """One entry with the facts added in the block. Raises Taken when a one-time key exists already.

        `beside` as for `record`.
        """
        transaction = self._transaction(self._now())
        yield transaction
        self._write([(self._entry_row(event, actor, request_id, transaction), transaction.facts)], beside)

    def record(self, event: Event, actor: Actor, request_id: str | None = None, *, beside: _Beside = None) -> str:
        """One entry without facts (a refusal, for instance). Returns its id.

        `beside` is for `ledger.erasing` alone: what it does to the connection is in the entry's transaction.
        """
        transaction = self._transaction(self._now())
        self._write([(self._entry_row(event, actor, request_id, transaction), [])], beside)
        return transaction.entry_id

    def entries(self, deeds: Sequence[Deed]) -> list[str]:
        """Many entries with their facts in one transaction (100 to 500 is best). Returns their ids, in order."""
        now = self._now()
        written = []
        for deed in deeds:
            transaction = self._transaction(now)
            transaction.add(*deed.facts)
            row = self._entry_row(deed.event, deed.actor, deed.request_id, transaction)
            written.append((row, transaction.facts))
        self._write(written)
        return [row["id"] for row, _ in written]

    def at_once(self, do: Callable[[], _T]) -> _T:
        """What `do` returns; all entries that it makes are committed in one transaction, when it has ended.

        What it reads has nothing of what it enters. If a key is taken, nothing of it is written, and
        `do` is run once more, each entry by itself: it hears what was taken where it enters it.
        """
        gathered: list[tuple[dict[str, Any], list[Fact]]] = []
        token = _gathered.set(gathered)
        try:
            done = do()
        finally:
            _gathered.reset(token)
        try:
            if gathered:
                self._write(gathered)
        except Taken:
            return do()
        return done

    @contextmanager
    def written(self) -> Iterator[Connection]:
        """A transaction of what is no fact (`ledger.replay`); facts are written by `entry` and its kin alone.

        Threads that write into SQLite wait here, not in the database, each with a connection of 3 MiB, asking again
        and again.
        """
        with self._alone, self.writing.begin() as connection:
            yield connection

    def new_id(self) -> str:
        """A fresh id for a fact, by this ledger's clock and random source."""
        return self._identifiers.fresh(self.clock.now())

    def _transaction(self, now: datetime) -> Transaction:
        return Transaction(self._identifiers.fresh(now), now, self.randomness, self._identifiers)

    def clock_fault(self) -> str | None:
        """Why nothing can be written by this clock, in words for an operator; None when all is well."""
        newest = self._newest_entry()
        return None if newest is None else _behind(self.clock.now(), newest)

    def learn_newest(self) -> None:
        """Looks up when the newest entry was made, in the snapshot at hand if there is one: the next entry need not."""
        now = self.clock.now()
        self._newest, self._asked = max(self._newest_entry() or now, self._newest or now), now

    def close(self) -> None:
        """Gives all connections back."""
        self.writing.dispose()
        self.reading.dispose()
        self.locking.dispose()

    def _now(self) -> datetime:
        """Raises ClockWentBackwards. Others write too: the newest entry is looked up again each second."""
        now = self.clock.now()
        if self._newest is None or self._asked is None or not timedelta() <= now - self._asked < _ASK_EVERY:
            self.learn_newest()
        if fault := _behind(now, self._newest or now):
            raise ClockWentBackwards(fault)
        self._newest = max(now, self._newest or now)
        return now

    def _newest_entry(self) -> datetime | None:
        with self.read(glance=True) as session:
            newest: datetime | None = NEWEST.value(session)
        return newest

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

    def _write(self, written: _Several, beside: _Beside = None) -> None:
        gathered = _gathered.get()
        if beside is not None:
            self._commit(written, beside)
        elif gathered is not None:
            gathered += written
        elif not halted(self._write_together, written):
            self._in_turn(written)

    def _write_together(self, several: Sequence[_Several]) -> None:
        """What several pieces of work want to write (`ledger.rounds`), all of it or nothing."""
        self._in_turn([one for written in several for one in written])

    def _in_turn(self, written: _Several) -> None:
        if self._turns is None:
            self._commit(written)
        else:
            self._turns.take(lambda several: self._commit([one for each in several for one in each]), written)

    def _commit(self, written: _Several, beside: _Beside = None) -> None:
        """Of a line that was lost meanwhile nobody knows: it is done again, where the entry's own id tells."""
        facts = [fact for _, caused in written for fact in caused]
        rows, lost = [row for row, _ in written], False
        for attempt in range(1, _ATTEMPTS + 1):
            connected = False
            try:
                with self.written() as connection:
                    connected = True
                    insert_entries(connection, rows, facts, self._bell.words if beside is None else None)
                    if beside is not None:
                        beside(connection)
                        self._bell.ring_with(connection)
                break
            except IntegrityError as fault:
                if lost and self._is_entered(rows[0]["id"]):
                    break
                raise self._explained(fault, facts) from fault
            except DBAPIError as fault:
                lost = lost or (connected and fault.connection_invalidated)
                again = connected and (fault.connection_invalidated or _is_asked_again(fault))
                if attempt == _ATTEMPTS or not again:
                    raise self._told("writing", named_fault(fault)) from fault
        self._told("writing", None)
        self._bell.ring()

    def _is_entered(self, entry_id: str) -> bool:
        with self._read_alone() as session:
            return session.get(Entry, entry_id) is not None

    def _told(self, access: str, fault: _Fault) -> _Fault:
        """The fault, after the outages' watcher was told of it; None if there was none."""
        if self.outages is not None and fault is None:
            self.outages.back(access)
        elif self.outages is not None and isinstance(fault, LedgerUnavailable):
            self.outages.lost(access)
        return fault

    def _explained(self, fault: IntegrityError, facts: Sequence[Fact]) -> Exception:
        """Taken if a key stood in the way, else LedgerRefused."""
        with self._read_alone() as session:
            key = clash(session, facts)
        return LedgerRefused(str(fault.orig)) if key is None else Taken(key[0].name, key[1])


def _give_up(reading: Connection) -> None:
    """The snapshot ends by COMMIT: at a ROLLBACK psycopg forgets what it has prepared, and all is planned anew."""
    try:
        reading.commit()
    except DBAPIError:  # what was read was read; the connection is good for nothing more
        reading.invalidate()


def _behind(now: datetime, newest: datetime) -> str | None:
    if now >= newest - CLOCK_TOLERANCE:
        return None
    return f"the clock says {now.isoformat()}, the newest entry is of {newest.isoformat()}: set the clock"


def _is_asked_again(fault: DBAPIError) -> bool:
    """Whether the database wants it repeated."""
    return getattr(fault.orig, "sqlstate", None) in {"40001", "40P01"}


def named_fault(fault: DBAPIError) -> Exception:
    """What a fault of the database means to us: it cannot work now, or it did not want to."""
    broken = type(fault) is DatabaseError  # of SQLite: the file is damaged, or no database at all
    if isinstance(fault, OperationalError | InterfaceError) or fault.connection_invalidated or broken:
        return LedgerUnavailable(str(fault.orig))
    return LedgerRefused(str(fault.orig))
