"""What is counted before it is added to is counted by one at a time, in whichever process."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event, Thread

import pytest

from ledger.clock import SystemClock, system_randomness
from ledger.exclusion import one_at_a_time
from ledger.ledger import Ledger

SOON = 0.3
"""Seconds in which who is let in is in."""


def hold(line: Connection, url: str, subject: str) -> None:
    """In a process of its own: says when it is in, and leaves when it is told to."""
    ledger = Ledger(url, SystemClock(), system_randomness, "0.1.0", "test")
    with one_at_a_time(ledger, subject):
        line.send("in")
        line.recv()
    ledger.close()


@contextmanager
def held(url: str, subject: str) -> Iterator[tuple[Connection, int]]:
    """Another process is in the block for this subject."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=hold, args=(theirs, url, subject))
    process.start()
    try:
        assert ours.recv() == "in"
        assert process.pid is not None
        yield ours, process.pid
    finally:
        ours.close()
        process.join(30)


@contextmanager
def coming(ledger: Ledger, subject: str) -> Iterator[Event]:
    """A thread of this process wants to be in it, and says when it is."""
    arrived = Event()

    def come() -> None:
        with one_at_a_time(ledger, subject):
            arrived.set()

    thread = Thread(target=come)
    thread.start()
    try:
        yield arrived
    finally:
        thread.join(30)


def test_who_counts_in_one_process_keeps_another_process_waiting(ledger: Ledger) -> None:
    with held(ledger.url, "names") as (line, _), coming(ledger, "names") as arrived:
        early = arrived.wait(SOON)
        line.send("leave")
        late = arrived.wait(30)

    assert (early, late) == (False, True)


def test_of_another_subject_nobody_waits(ledger: Ledger) -> None:
    with held(ledger.url, "names") as (line, _), coming(ledger, "others") as arrived:
        came = arrived.wait(30)
        line.send("leave")

    assert came


def test_who_is_killed_in_it_keeps_nobody_out(ledger: Ledger) -> None:
    with held(ledger.url, "names") as (_, number), coming(ledger, "names") as arrived:
        os.kill(number, signal.SIGKILL)
        came = arrived.wait(30)

    assert came


def test_what_breaks_in_it_lets_the_next_one_in(ledger: Ledger) -> None:
    with pytest.raises(KeyError), one_at_a_time(ledger, "names"):
        raise KeyError

    with coming(ledger, "names") as arrived:
        assert arrived.wait(30)
