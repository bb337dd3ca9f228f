"""The bell is a hint: heard at once when all is well, missed without harm when it is not."""

import os
import resource
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from ledger.bell import Bell, bell_of, ear_of
from ledger.entry import Entry
from ledger.ledger import Ledger
from tests.ledger.doubles import TESTER, PersonNoted, note_people

LONG = 20.0
"""Seconds that no test waits for, unless a ring is not heard."""


def test_a_commit_is_heard_at_once(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)

    note_people(ledger, 1)
    heard = ear.wait(LONG)
    ear.close()

    assert heard


def test_every_ear_hears(ledger: Ledger) -> None:
    ears = [ear_of(ledger.url) for _ in range(3)]

    note_people(ledger, 1)
    heard = [ear.wait(LONG) for ear in ears]
    for ear in ears:
        ear.close()

    assert heard == [True, True, True]


def test_many_rings_before_a_look_are_one(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)
    note_people(ledger, 1)
    ear.wait(LONG)

    note_people(ledger, *range(2, 12))
    while ear.wait(0.2):
        pass
    still = ear.wait(0.05)
    ear.close()

    assert not still


def test_without_a_ring_the_wait_ends(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)
    begun = time.monotonic()

    heard = ear.wait(0.05)
    ear.close()

    assert (heard, time.monotonic() - begun >= 0.04) == (False, True)


def test_what_was_rung_while_nobody_listened_is_not_waited_for(ledger: Ledger) -> None:
    note_people(ledger, 1)

    ear = ear_of(ledger.url)
    heard = ear.wait(0.05)
    ear.close()

    assert not heard


def sqlite(path: Path) -> str:
    (path / "laotrust.db").touch()
    return f"sqlite:///{path / 'laotrust.db'}"


def test_the_pipe_of_a_listener_that_died_is_taken_away(tmp_path: Path) -> None:
    url = sqlite(tmp_path)
    ear_of(url).close()
    left = tmp_path / "laotrust.db-bells" / "4194999-1"
    os.mkfifo(left)

    bell_of(url).ring()

    assert not left.exists()


def test_a_database_that_is_away_gets_no_folder(tmp_path: Path) -> None:
    ear = ear_of(f"sqlite:///{tmp_path / 'away.db'}")

    heard = ear.wait(0.01)

    assert (heard, list(tmp_path.iterdir())) == (False, [])


def test_a_server_that_is_away_is_no_fault() -> None:
    ear = ear_of("postgresql+psycopg://nobody@127.0.0.1:1/none")

    assert not ear.wait(0.01)


def test_a_full_pipe_makes_nobody_wait(tmp_path: Path) -> None:
    url = sqlite(tmp_path)
    ear, bell = ear_of(url), bell_of(url)

    for _ in range(70_000):
        bell.ring()
    heard = ear.wait(LONG)
    ear.close()

    assert heard


@pytest.mark.postgresql_only("a file cannot hang up")
def test_an_ear_that_was_cut_off_hears_again(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)
    with ledger.reading.connect() as connection:
        listening = "datname = current_database() AND query LIKE 'LISTEN%'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}"))
    missed = [ear.wait(0.1) for _ in range(3)]

    note_people(ledger, 1)
    heard = ear.wait(LONG)
    ear.close()

    assert (missed, heard) == ([False] * 3, True)


@pytest.mark.postgresql_only("a pipe is rung by its own process")
def test_a_bell_that_cannot_be_rung_loses_no_entry(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_bell", Bell("NOTIFY no such channel"))

    note_people(ledger, 1, 2)

    with ledger.read() as session:
        assert len(session.scalars(select(Entry.id)).all()) == 2


def test_what_is_done_beside_an_entry_is_rung_for_too(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)

    ledger.record(PersonNoted("p1"), TESTER, beside=lambda _: None)
    heard = ear.wait(LONG)
    ear.close()

    assert heard


def test_an_ear_hears_on_a_high_descriptor_too(ledger: Ledger) -> None:
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, 2048), most))
    taken = [os.dup(0)]
    while taken[-1] < 1024:
        taken.append(os.dup(0))
    try:
        with closing(ear_of(ledger.url)) as ear:
            note_people(ledger, 1)
            heard = ear.wait(LONG)
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (least, most))

    assert heard
