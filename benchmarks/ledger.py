"""Appending to the ledger beside raw INSERTs of the same two rows with the same fsync, both on embedded SQLite."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.result import Result
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor, Event, Id
from ledger.ledger import Deed, Ledger
from ledger.people import Person
from ledger.seal import seal
from ledger.verification import verify_ledger
from migrations.run import migrate
from pki.signing import SignatureAlgorithm

ROUNDS = 5
SINGLE, BULK = 100, 500
"""Entries that a round writes one a commit, and all in one commit."""
_ACTOR = Actor.system("bench")
_Pair = tuple[tuple[object, ...], tuple[object, ...]]


@dataclass(frozen=True)
class PersonNoted(Event):
    """What the benchmark writes: an entry that names one person."""

    kind: ClassVar[str] = "bench.person-noted"
    person: Id


class _Key:
    """A checkpoint key of this run."""

    algorithm = SignatureAlgorithm.ED25519

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def run() -> list[Result]:
    """Entries with one fact each, per second; then sealing and verifying what was written."""
    with TemporaryDirectory(prefix="laotrust-bench-") as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> list[Result]:
    url = f"sqlite:///{folder / 'ours.db'}"
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "bench")
    deeds, rows, raw = _deeds(), _rows(), _raw_database(folder / "raw.db")
    single = _rate(SINGLE, lambda: [ledger.entries([next(deeds)]) for _ in range(SINGLE)])
    single_raw = _rate(SINGLE, lambda: _insert_singly(raw, [next(rows) for _ in range(SINGLE)]))
    bulk = _rate(BULK, lambda: ledger.entries([next(deeds) for _ in range(BULK)]))
    bulk_raw = _rate(BULK, lambda: _insert(raw, [next(rows) for _ in range(BULK)]))
    written = ROUNDS * (SINGLE + BULK)
    sealing = _once(written, lambda: seal(ledger, _Key(), folder / "checkpoints", ledger.clock.now()))
    verifying = _rate(written, lambda: verify_ledger(ledger.reading, folder / "checkpoints"))
    ledger.close()
    raw.close()
    return [
        Result("ledger append, one a commit", single, "entries/s", "raw INSERT", single / single_raw),
        Result("ledger append, 500 a commit", bulk, "entries/s", "raw INSERT", bulk / bulk_raw),
        Result("ledger sealing", sealing, "entries/s"),
        Result("ledger verification", verifying, "entries/s"),
    ]


def _rate(number: int, work: Callable[[], object]) -> float:
    return median(_once(number, work) for _ in range(ROUNDS))


def _once(number: int, work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return number / (perf_counter() - start)


def _deeds() -> Iterator[Deed]:
    for number in count():
        yield Deed(PersonNoted(f"p{number}"), _ACTOR, [Person(id=f"p{number}", number=f"{number:08}")])


def _rows() -> Iterator[_Pair]:
    """An entry and its fact as plain values of the same sizes as ours."""
    octets = bytes(32)
    for number in count():
        entry = f"{number:036}"
        facts = f'{{"person/p{number}": "1:{octets.hex()}"}}'
        body = f'{{"person":"p{number}"}}'
        first = (entry, number, "system:bench", "bench.person-noted", None, "bench", octets, body, facts, octets, 0)
        yield first, (f"p{number}", f"{number:08}", entry)


def _raw_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE entry (id TEXT NOT NULL UNIQUE, at INTEGER, actor TEXT, kind TEXT, request_id TEXT, release TEXT,
          salt BLOB, body TEXT, facts TEXT, digest BLOB, incarnation INTEGER,
          position INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE INDEX entry_at ON entry (at);
        CREATE INDEX entry_actor ON entry (actor);
        CREATE INDEX entry_kind ON entry (kind);
        CREATE TABLE person (id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, entry_id TEXT NOT NULL);
        CREATE INDEX person_entry ON person (entry_id);
        """
    )
    return database


def _insert_singly(database: sqlite3.Connection, rows: list[_Pair]) -> None:
    for row in rows:
        _insert(database, [row])


def _insert(database: sqlite3.Connection, rows: list[_Pair]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO entry (id, at, actor, kind, request_id, release, salt, body, facts, digest, incarnation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [entry for entry, _ in rows],
    )
    database.executemany("INSERT INTO person VALUES (?, ?, ?)", [person for _, person in rows])
    database.execute("COMMIT")
