"""The bell is a hint: heard at once when all is well, missed without harm when it is not."""

import os
import select
import socket
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import make_url

from ledger.bell import bell_of, ear_of
from ledger.ledger import Ledger
from tests.ledger.doubles import note_people

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
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    ear = ear_of(url)

    bell_of(url).ring()

    assert not ear.wait(0.01)


def test_a_full_pipe_makes_nobody_wait(tmp_path: Path) -> None:
    url = sqlite(tmp_path)
    ear, bell = ear_of(url), bell_of(url)

    for _ in range(70_000):
        bell.ring()
    heard = ear.wait(LONG)
    ear.close()

    assert heard


@pytest.mark.postgresql_only("a pipe is never waited for")
def test_who_rings_waits_for_no_answer_of_the_server(ledger: Ledger) -> None:
    url = make_url(ledger.url)
    ear, held = ear_of(ledger.url), Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        bell = bell_of(url.set(port=door.getsockname()[1]).render_as_string(hide_password=False))
        relay = Thread(target=_passed_on, args=(door, ("127.0.0.1", url.port), held))
        relay.start()
        bell.ring()
        first = ear.wait(5)
        held.set()
        ringing = [Thread(target=bell.ring) for _ in range(3)]
        for one in ringing:
            one.start()
            one.join(5)
        heard, waited = ear.wait(5), any(one.is_alive() for one in ringing)
    bell.close()
    relay.join()
    ear.close()

    assert (first, heard, waited) == (True, True, False)


def _passed_on(door: socket.socket, server: tuple[str, int], held: Event) -> None:
    """One connection to the server, whose answers are kept back from the moment that they are `held`."""
    client, _ = door.accept()
    with client, socket.create_connection(server) as far:
        while True:
            ready, _, _ = select.select([client, far], [], [], 10)
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                if one is client:
                    far.sendall(data)
                elif not held.is_set():
                    client.sendall(data)
            if not ready:
                return
