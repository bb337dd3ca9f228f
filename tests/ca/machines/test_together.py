"""Machines that ask, and wait, at the same time in one process: one look, one commit, and nobody too many."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from ca.events.registration import EnrolmentEnded
from ca.machines.fates import Issued, Refused, outcomes, wait
from ca.machines.forms import parsed_form
from ca.machines.requests import Asking, Wish, take_up_together
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import EnrolmentEnd
from ledger import lookout
from ledger.bell import Ear, ear_of
from ledger.decision import Refuse
from ledger.rounds import OneIsToBlame
from tests.ca.machines.ministry import MACHINES, Ministry, csr
from tests.issuing import PrivateKey, new_key

SAME = pytest.mark.sqlite_only("the rules are the same on both engines")


def asking(ministry: Ministry, allowance: Allowance, host: str, key: PrivateKey | None = None) -> Asking:
    """A request by a one-time code of its own."""
    made = ministry.secret(allowance)
    request = parsed_form(csr(key or new_key(), host))
    assert not isinstance(request, Refuse)
    return Asking(
        allowance.id, Protocol.EST, request, CredentialKind.SECRET, made.id, made.secret.encode(), (host,), uses_up=True
    )


def taken(ministry: Ministry, wishes: Sequence[Wish]) -> list[bool]:
    take_up_together(ministry.ca.ledger, wishes)
    return [isinstance(wish.outcome, str) for wish in wishes]


def requests_of(ministry: Ministry) -> int:
    with ministry.ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(MachineRequest)) or 0


@contextmanager
def counted(engine: Engine, what: str) -> Iterator[list[int]]:
    times: list[int] = []

    def count(*_: Any) -> None:
        times.append(1)

    event.listen(engine, what, count)
    yield times
    event.remove(engine, what, count)


def test_of_two_at_once_one_gets_the_last_place(ministry: Ministry) -> None:
    allowance = ministry.allowed(most=1)
    wishes = [Wish(asking(ministry, allowance, f"{name}.mtc.gov.la"), MACHINES) for name in "ab"]

    assert taken(ministry, wishes) == [True, False]
    assert wishes[1].outcome == Refuse("machine.too-many")


@SAME
def test_places_of_one_allowance_are_not_anothers(ministry: Ministry) -> None:
    several = [ministry.allowed(most=1), ministry.allowed(most=1, hosts=[])]
    wishes = [Wish(asking(ministry, one, "a.mtc.gov.la"), MACHINES) for one in several]

    assert taken(ministry, wishes) == [True, True]


def test_many_are_one_commit_and_each_an_entry_of_its_own(ministry: Ministry) -> None:
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    wishes = [Wish(asking(ministry, allowance, f"h{number}.mtc.gov.la"), MACHINES) for number in range(8)]

    with (
        counted(ledger.writing, "commit") as commits,
        counted(ledger.reading, "begin") as snapshots,
        counted(ledger.reading, "before_cursor_execute") as unprepared,
    ):
        took = taken(ministry, wishes)

    with ledger.read() as session:
        entries = session.scalar(select(func.count(func.distinct(MachineRequest.entry_id))))
    assert (took, entries) == ([True] * 8, 8)
    assert (len(commits), len(snapshots), len(unprepared)) == (1, 1, 0)


@SAME
def test_two_that_want_the_same_are_not_written_together(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    one = asking(ministry, allowance, "a.mtc.gov.la")
    wishes = [Wish(one, MACHINES), Wish(one, MACHINES)]

    with pytest.raises(OneIsToBlame):
        take_up_together(ministry.ca.ledger, wishes)

    assert requests_of(ministry) == 0
    for wish in wishes:
        take_up_together(ministry.ca.ledger, [wish])
    assert (isinstance(wishes[0].outcome, str), wishes[1].outcome) == (True, Refuse("machine.secret-used"))


@SAME
def test_one_that_breaks_is_told_so_alone(ministry: Ministry) -> None:
    good = asking(ministry, ministry.allowed(), "a.mtc.gov.la")
    broken = replace(good, names=(None,))  # type: ignore[arg-type]
    wishes = [Wish(good, MACHINES), Wish(broken, MACHINES)]

    with pytest.raises(OneIsToBlame):
        take_up_together(ministry.ca.ledger, wishes)
    for wish in wishes:
        take_up_together(ministry.ca.ledger, [wish])

    assert isinstance(wishes[0].outcome, str)
    assert (wishes[1].outcome, wishes[1].fault is not None) == (None, True)


def test_all_who_wait_hear_by_one_ear(ministry: Ministry, monkeypatch: pytest.MonkeyPatch) -> None:
    allowance, ledger, ears = ministry.allowed(), ministry.ca.ledger, list[Ear]()
    asked = [str(ministry.ask(allowance, f"{name}.mtc.gov.la")) for name in "abc"]
    until = ledger.clock.now() + timedelta(seconds=30)

    def heard(url: str) -> Ear:
        ears.append(ear_of(url))
        return ears[-1]

    monkeypatch.setattr(lookout, "ear_of", heard)
    with ThreadPoolExecutor(3) as threads:
        told = [threads.submit(wait, ledger, one, until) for one in asked]
        all_wait(ministry, 3)
        issued = ministry.ca.room().turn().issued
        outcomes = [one.result(30) for one in told]

    assert [one.certificate.id for one in outcomes if isinstance(one, Issued)] == [one.id for one in issued]
    assert (len(ears), len(issued)) == (1, 3)


@SAME
def test_a_certificate_counts_before_an_end_and_who_waits_is_not_told(ministry: Ministry) -> None:
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    certified = str(ministry.ask(allowance, "a.mtc.gov.la"))
    [certificate] = ministry.ca.room().turn().issued
    refused, waiting = (str(ministry.ask(allowance, f"{name}.mtc.gov.la")) for name in "bc")
    for one in (certified, refused):
        with ledger.entry(EnrolmentEnded(one, "enrolment.lint"), MACHINES) as tx:
            tx.add(EnrolmentEnd(enrolment_id=one, code="enrolment.lint"))

    with ledger.read() as session:
        found = outcomes(session, [certified, refused, waiting])

    assert {key: type(fate) for key, fate in found.items()} == {certified: Issued, refused: Refused}
    assert isinstance(issued := found[certified], Issued) and issued.certificate.id == certificate.id


def all_wait(ministry: Ministry, number: int) -> None:
    """So many wait for requests of this ledger."""
    for _ in range(3000):
        if lookout._of(ministry.ca.ledger).waiting() == number:
            return
        Event().wait(0.01)
    raise AssertionError("they do not wait")
