"""Rows that break whoever reads them: each is refused once, and stops neither other requests nor CRLs."""

import logging
from collections.abc import Callable
from errno import EMFILE, ENOSPC, EOVERFLOW
from typing import Any

import pytest
from sqlalchemy import select

from ca.issuance.signing_room import BatchBroken, SigningRoom
from ca.machines import requests
from ca.machines.poison import apart
from ca.machines.rules import Protocol
from ca.tables.machines import MachineEnding, MachineEndingEnd
from ca.tables.publication import Crl
from ca.tables.registration import EnrolmentScope
from ledger.certificates import Revocation
from ledger.decision import Refuse
from ledger.ledger import Deed, LedgerUnavailable
from pki import der
from pki.cmp.message import Body
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import Client
from tests.ca.machines.ministry import Ministry

pytestmark = pytest.mark.sqlite_only("what breaks a look does so on both engines")


@pytest.mark.parametrize(("column", "poison"), [("names", "x"), ("backing", "[]"), ("names", "[" * 5000)])
def test_a_request_that_cannot_be_read_is_refused_and_the_others_are_issued(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, column: str, poison: str
) -> None:
    allowance = ministry.allowed()
    with monkeypatch.context() as patched:
        patched.setattr(requests, "EnrolmentScope", scoped(column, poison))
        poisoned = ministry.ask(allowance, "a.mtc.gov.la")
    good = ministry.ask(allowance, "b.mtc.gov.la")

    with caplog.at_level(logging.ERROR):
        first = ministry.ca.room().turn()
    second = ministry.ca.room().turn()

    assert isinstance(good, str)
    assert first.refused == [(poisoned, "machine.proof-wrong")]
    assert len(first.issued) == 1
    assert (second.refused, second.issued) == ([], [])
    assert f"enrolment {poisoned} breaks" in caplog.text


def scoped(column: str, poison: str) -> Any:
    """EnrolmentScope, as a process writes it that wants to break the room."""

    def made(**columns: Any) -> Any:
        row = EnrolmentScope(**columns)
        # The digest is over what stands in the row, as the process itself takes it.
        setattr(row, column, poison)
        return row

    return made


def test_an_end_that_cannot_be_read_counts_for_nothing_and_the_others_are_looked_at(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ministry.ca.ledger
    certificate = ministry.issued(ministry.allowed(), "a.mtc.gov.la")
    wishes = [
        MachineEnding(id=one, certificate_id=certificate.id, protocol="cmp", reason="unspecified", proof=b"\x30\x00")
        for one in ("poison", "wish")
    ]
    ledger.entries([Deed(Registered("wishes"), TEST, wishes)])
    monkeypatch.setattr("ca.machines.endings.parse_message", broken)

    ministry.ca.room().turn()

    with ledger.read() as session:
        assert session.get(Revocation, certificate.id) is None
        assert session.get_one(MachineEndingEnd, "poison").code == "machine.proof-wrong"
        assert session.get_one(MachineEndingEnd, "wish").code == "machine.proof-wrong"


def broken(*_: object, **__: object) -> Any:
    raise IndexError("list index out of range")


def test_an_end_of_empty_details_counts_for_nothing(ministry: Ministry) -> None:
    ledger, allowance = ministry.ca.ledger, ministry.allowed(protocols=["cmp", "est"])
    certificate = ministry.issued(allowance, "a.mtc.gov.la")
    client = Client(ministry.secret(allowance, Protocol.CMP), ledger.clock.now())
    proof = client.message(Body.RR, der.sequence(der.sequence()))
    wish = MachineEnding(id="wish", certificate_id=certificate.id, protocol="cmp", reason="unspecified", proof=proof)
    ledger.entries([Deed(Registered("wish"), TEST, [wish])])

    ministry.ca.room().turn()

    with ledger.read() as session:
        assert session.get_one(MachineEndingEnd, "wish").code == "machine.proof-wrong"


def test_crls_are_published_when_a_batch_breaks(ministry: Ministry, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = ministry.issued(ministry.allowed(), "a.mtc.gov.la")
    ministry.ask(ministry.allowed(), "b.mtc.gov.la")
    revocation = Revocation(certificate_id=certificate.id, at=ministry.ca.ledger.clock.now(), reason="superseded")
    ministry.ca.ledger.entries([Deed(Registered("r"), TEST, [revocation])])
    monkeypatch.setattr(SigningRoom, "_examined", broken)
    before = crls(ministry)

    with pytest.raises(BatchBroken):
        ministry.ca.room().turn()

    assert crls(ministry) > before


def test_a_database_that_is_away_is_no_batch_that_breaks(ministry: Ministry, monkeypatch: pytest.MonkeyPatch) -> None:
    ministry.ask(ministry.allowed(), "b.mtc.gov.la")
    monkeypatch.setattr("ca.issuance.machines.Gate._judged", away)

    with pytest.raises(LedgerUnavailable):
        ministry.ca.room().turn()


def away(*_: object) -> Any:
    raise LedgerUnavailable("away")


def crls(ministry: Ministry) -> int:
    with ministry.ca.ledger.read() as session:
        return len(session.scalars(select(Crl.id)).all())


@pytest.mark.parametrize("fault", [OSError(), OSError(EOVERFLOW, "a time"), ValueError("x"), RecursionError()])
def test_what_a_value_breaks_is_its_row_s(fault: Exception) -> None:
    assert apart("a row", raises(fault)) == Refuse("machine.proof-wrong")


@pytest.mark.parametrize("fault", [OSError(ENOSPC, "full"), OSError(EMFILE, "files"), MemoryError(), ImportError()])
def test_what_the_machine_lacks_is_nobody_s(fault: Exception) -> None:
    with pytest.raises(type(fault)):
        apart("a row", raises(fault))


def raises(fault: Exception) -> Callable[[], None]:
    def look() -> None:
        raise fault

    return look
