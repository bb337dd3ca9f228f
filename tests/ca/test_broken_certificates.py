"""One certificate on which the room's own code breaks is one request that is over; the others are issued."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

import pytest

from ca.issuance.composition import IssuerUnfit
from ca.issuance.second_judge import Finding, Sitting
from ca.issuance.signing_room import BatchBroken
from ca.tables.registration import EnrolmentEnd
from tests.ca.conftest import PracticeCa, register_person


def breaks_on(*names: bytes) -> Callable[..., Any]:
    def broken(der: bytes) -> list[Finding]:
        if any(name in der for name in names):
            raise IndexError("list index out of range")
        return []

    return broken


def test_a_request_on_whose_bytes_it_breaks_is_over_alone(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sitting, "_looks", lambda *_: True)
    numbers = ("10000017", "10000018", "10000019")
    for number in numbers:
        register_person(ca.ledger, number)
    _, broken, _ = (ca.approved(number) for number in numbers)
    monkeypatch.setattr("ca.issuance.second_judge.findings", breaks_on(b"LA-10000018"))

    turn = ca.room().turn()

    assert [one.person_id for one in turn.issued] == ["p10000017", "p10000019"]
    assert turn.refused == [(broken, "enrolment.not-made")]
    with ca.ledger.read() as session:
        assert session.get_one(EnrolmentEnd, broken).code == "enrolment.not-made"


def test_where_it_breaks_on_everything_no_request_is_over(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sitting, "_looks", lambda *_: True)
    for number in ("10000017", "10000018"):
        register_person(ca.ledger, number)
        ca.approved(number)
    with monkeypatch.context() as patch:
        patch.setattr("ca.issuance.second_judge.findings", breaks_on(b""))
        with pytest.raises(BatchBroken):
            ca.room().turn()

    room = ca.room()
    room.recover()

    assert [one.person_id for one in room.turn().issued] == ["p10000017", "p10000018"]


@pytest.mark.parametrize("where", ["ca.issuance.line.compose", "ca.issuance.aside.wanted_for"])
def test_a_request_on_which_the_room_itself_breaks_is_over_alone(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    numbers = ("10000017", "10000018", "10000019")
    for number in numbers:
        register_person(ca.ledger, number)
    _, broken, _ = (ca.approved(number) for number in numbers)
    honest = resolve_name(where)

    def breaks(*given: Any, **named: Any) -> Any:
        if any(broken in (one, getattr(one, "enrolment_id", None)) for one in given):
            raise IndexError("list index out of range")
        return honest(*given, **named)

    monkeypatch.setattr(where, breaks)
    turn = ca.room().turn()

    assert [one.person_id for one in turn.issued] == ["p10000017", "p10000019"]
    assert turn.refused == [(broken, "enrolment.not-made")]


def test_an_issuer_that_is_unfit_ends_no_request(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    register_person(ca.ledger, "10000017")
    ca.approved("10000017")

    def unfit(*_: Any) -> Any:
        raise IssuerUnfit("its end is near")

    with monkeypatch.context() as patch:
        patch.setattr("ca.issuance.line.compose", unfit)
        with pytest.raises(IssuerUnfit):
            ca.room().turn()

    assert len(ca.room().turn().issued) == 1
