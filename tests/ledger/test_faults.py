"""A database that is away, full, locked or damaged, and a clock set back: nothing is written, and it is said why."""

import errno
import os
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import psycopg
import pytest
from sqlalchemy import func, make_url, select, text

from ledger.entry import Entry
from ledger.erasing import before_erasing
from ledger.event import Actor, Event, Id
from ledger.ledger import ClockWentBackwards, Ledger, LedgerUnavailable, Taken
from ledger.outside import Outside
from ledger.people import Person
from ledger.rounds import Outcome, in_rounds
from ledger.seal import run
from ledger.wire import Wire
from tests.doubles import SteadyChance, TurnedClock
from tests.ledger.doubles import SeedSigner, StopAtFirstWait

DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonRegistered(Event):
    kind: ClassVar[str] = "person.registered"
    person: Id


def _register(ledger: Ledger, number: int) -> None:
    with ledger.entry(PersonRegistered(f"p{number}"), DESK) as tx:
        tx.add(Person(id=f"p{number}", number=str(number)))


def _count(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def _register_until_full(ledger: Ledger) -> None:
    for number in range(10_000):
        _register(ledger, number)


@pytest.mark.sqlite_only("how full it may be is SQLite's own setting")
def test_a_full_database_keeps_what_it_has_and_says_so(ledger: Ledger) -> None:
    with ledger.writing.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.scalar(text(f"PRAGMA max_page_count = {pages + 4}"))

    with pytest.raises(LedgerUnavailable, match="full"):
        _register_until_full(ledger)

    with ledger.read() as session:
        persons = session.scalar(select(func.count()).select_from(Person))
    assert persons == _count(ledger) > 0


@pytest.mark.sqlite_only("PostgreSQL has no lock on the whole")
def test_a_locked_database_is_unavailable(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.engine.BUSY_SECONDS", 0.05)
    waiting = Ledger(ledger.url, ledger.clock, ledger.randomness, "0.1.0", "test")
    other = sqlite3.connect(make_url(ledger.url).database or "")
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(LedgerUnavailable, match="locked"):
        _register(waiting, 1)

    other.close()
    _register(waiting, 1)
    waiting.close()


@pytest.mark.parametrize(
    "url", ["sqlite:////no-such-folder/laotrust.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"]
)
def test_a_database_that_is_away_is_unavailable(url: str, clock: TurnedClock, chance: SteadyChance) -> None:
    away = Ledger(url, clock, chance, "0.1.0", "test")

    with pytest.raises(LedgerUnavailable):
        _register(away, 1)
    away.close()


def test_a_damaged_file_is_unavailable(tmp_path: Path, clock: TurnedClock, chance: SteadyChance) -> None:
    (tmp_path / "laotrust.db").write_bytes(b"This is no database." * 1000)
    damaged = Ledger(f"sqlite:///{tmp_path}/laotrust.db", clock, chance, "0.1.0", "test")

    with pytest.raises(LedgerUnavailable):
        _register(damaged, 1)
    damaged.close()


@pytest.mark.postgresql_only("a file cannot hang up")
def test_a_connection_that_was_cut_is_made_anew(ledger: Ledger) -> None:
    _register(ledger, 1)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
    with ledger.reading.connect() as connection:
        connection.execute(text(cut))

    _register(ledger, 2)

    assert _count(ledger) == 2


@pytest.mark.postgresql_only("a file cannot hang up")
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_connection_that_is_lost_at_the_commit_enters_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    enter = Wire.enter
    lost: list[Wire] = []

    def entered(wire: Wire, *given: Any) -> None:
        if lost or done:
            enter(wire, *given)
        if not lost:
            lost.append(wire)
            wire.pgconn.finish()
            raise psycopg.OperationalError("the line is lost")

    _register(ledger, 1)
    monkeypatch.setattr(Wire, "enter", entered)

    _register(ledger, 2)

    assert (_count(ledger), len(lost)) == (2, 1)
    with pytest.raises(Taken):
        _register(ledger, 2)


@pytest.mark.postgresql_only("a file cannot hang up")
def test_who_sits_with_others_hears_that_what_was_lost_at_the_commit_is_entered(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[Wire] = []

    def commit(wire: Wire) -> None:
        psycopg.Connection.commit(wire)
        if not lost:
            lost.append(wire)
            wire.pgconn.finish()
            raise psycopg.OperationalError("the line is lost")

    def work() -> str:
        assert _count(ledger) == 1
        return ledger.record(PersonRegistered("p2"), DESK, beside=before_erasing)

    _register(ledger, 1)
    monkeypatch.setattr(Wire, "commit", commit, raising=False)

    [outcome] = cast("list[Outcome[str]]", in_rounds([work]))

    assert (outcome.fault, _count(ledger), len(lost)) == (None, 2, 1)


@pytest.mark.postgresql_only("a file cannot hang up")
def test_a_sealer_goes_on_when_the_line_is_cut_where_a_statement_is_to_be_prepared(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepare = Wire._prepare

    def prepared(wire: Wire, key: object, text: bytes, types: Any) -> bytes:
        if text.startswith(b"INSERT") and not caplog.text:
            with socket.socket(fileno=os.dup(wire.pgconn.socket)) as line:
                line.shutdown(socket.SHUT_RDWR)
        return prepare(wire, key, text, types)

    _register(ledger, 1)
    monkeypatch.setattr("ledger.wire.PREPARED_AFTER", 0)
    monkeypatch.setattr(Wire, "_prepare", prepared)

    for _ in range(2):
        run(ledger, SeedSigner(), tmp_path / "checkpoints", StopAtFirstWait())

    newest = Outside(tmp_path / "checkpoints").newest()
    assert "the sealer waits for the database" in caplog.text
    assert newest is not None
    assert newest.size == 1


def test_a_reader_cannot_write_even_by_raw_sql(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"read-?only"), ledger.read() as session:
        session.execute(text("DELETE FROM person"))


def test_a_clock_set_back_stops_writing(ledger: Ledger, clock: TurnedClock) -> None:
    _register(ledger, 1)
    clock.turn(seconds=-3)

    with pytest.raises(ClockWentBackwards):
        _register(ledger, 2)

    assert _count(ledger) == 1


def test_a_new_process_notices_a_clock_set_back_while_it_was_down(ledger: Ledger, chance: SteadyChance) -> None:
    _register(ledger, 1)
    back = TurnedClock(ledger.clock.now() - timedelta(hours=1))
    started = Ledger(ledger.url, back, chance, "0.1.0", "test")

    with pytest.raises(ClockWentBackwards):
        _register(started, 2)
    started.close()


def test_a_clock_slewed_by_less_than_two_seconds_goes_on(ledger: Ledger, clock: TurnedClock) -> None:
    _register(ledger, 1)
    clock.turn(seconds=-1)

    _register(ledger, 2)

    assert _count(ledger) == 2


def test_what_failed_in_the_block_was_never_written(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.entry(PersonRegistered("p1"), DESK) as tx:
        tx.add(Person(id="p1", number=str(1 // 0)))

    assert _count(ledger) == 0


def _none_left(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_sealer_whose_disk_is_full_waits_for_room_and_then_publishes_what_waited(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outside, fdatasync = Outside(tmp_path / "checkpoints"), os.fdatasync
    _register(ledger, 1)

    def sealed(to_disk: Callable[[int], None]) -> int | None:
        monkeypatch.setattr(os, "fdatasync", to_disk)
        run(ledger, SeedSigner(), outside.path, StopAtFirstWait())
        newest = outside.newest()
        return newest.size if newest else None

    assert [sealed(_none_left), sealed(fdatasync)] == [None, 1]
    assert "No space left on device" in caplog.text
