"""An ending on which the signing room breaks: it is told of once, and stops no other ending and no CRL."""

from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ca.endings.each import EndingsBroken, each
from ca.issuance.signing_room import SigningRoom
from ca.machines import endings
from ca.tables.machines import MachineEnding, MachineEndingEnd
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Revocation
from ledger.ledger import Deed, LedgerUnavailable
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import ending, key
from tests.ca.machines.ministry import Ministry

pytestmark = pytest.mark.sqlite_only("the rules are the same on both engines")


@pytest.fixture
def certificates(ministry: Ministry) -> tuple[Certificate, Certificate]:
    """Two whose machines want their ends, by the wishes `first` and `second`."""
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    keys = {"first": key(), "second": key()}
    found = tuple(ministry.issued(allowance, f"{name}.mtc.gov.la", key=own) for name, own in keys.items())
    wishes = [
        MachineEnding(
            id=name, certificate_id=one.id, protocol="cmp", reason="superseded",
            proof=ending(own, one, 4, ledger.clock.now()),
        )
        for (name, own), one in zip(keys.items(), found, strict=True)
    ]  # fmt: skip
    ledger.entries([Deed(Registered("wishes"), TEST, wishes)])
    return found[0], found[1]


def breaking(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """The wish `first` breaks whoever carries it out."""
    sound = endings._reach

    def reach(session: Any, wish: MachineEnding, now: Any) -> Any:
        if wish.id == "first":
            raise fault
        return sound(session, wish, now)

    monkeypatch.setattr(endings, "_reach", reach)


def state(ministry: Ministry) -> tuple[set[str], set[str], int]:
    """What ended, which wishes are over, and how many CRLs there are."""
    with ministry.ca.ledger.read() as session:
        ended = set(session.scalars(select(Revocation.certificate_id)))
        return ended, set(session.scalars(select(MachineEndingEnd.ending_id))), len(session.scalars(select(Crl)).all())


def turned(room: SigningRoom) -> str:
    with pytest.raises(EndingsBroken) as broken:
        room.turn()
    return str(broken.value)


def test_a_wish_that_breaks_stops_neither_the_others_nor_a_crl_and_is_logged_once(
    ministry: Ministry, certificates: tuple[Certificate, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, ValueError("101 facts"))
    room, (_, _, before) = ministry.ca.room(), state(ministry)

    with capture_logs() as logs:
        said = [turned(room), turned(room)]

    ended, over, crls = state(ministry)
    assert said == ["wish first (ValueError)"] * 2
    assert (ended, over, crls > before) == ({certificates[1].id}, {"second"}, True)
    assert [one["event"] for one in logs] == ["ending-broken: wish first"]


def test_a_wish_that_broke_is_carried_out_when_its_fault_is_mended(
    ministry: Ministry, certificates: tuple[Certificate, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = ministry.ca.room()
    with monkeypatch.context() as patched:
        breaking(patched, ValueError("101 facts"))
        turned(room)

    done = room.turn()

    assert (done.broken, state(ministry)[0]) == (None, {one.id for one in certificates})


def test_a_database_that_is_away_is_the_fault_of_no_wish(
    ministry: Ministry, certificates: tuple[Certificate, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, LedgerUnavailable("away"))

    with pytest.raises(LedgerUnavailable):
        ministry.ca.room().turn()

    assert state(ministry)[0] == set()


@pytest.mark.parametrize("step", ["settle", "settle_machines", "answer"])
def test_a_whole_look_that_breaks_stops_no_crl(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    certificate = ministry.issued(ministry.allowed(), "a.mtc.gov.la")
    revocation = Revocation(certificate_id=certificate.id, at=ministry.ca.ledger.clock.now(), reason="superseded")
    ministry.ca.ledger.entries([Deed(Registered("r"), TEST, [revocation])])
    monkeypatch.setattr(f"ca.issuance.endings.{step}", broken)
    before = state(ministry)[2]

    turned(ministry.ca.room())

    assert state(ministry)[2] > before


def broken(*_: object) -> int:
    raise IndexError("list index out of range")


def test_what_breaks_inside_what_breaks_is_named_by_itself() -> None:
    left = iter([1, 2, 3])
    inner = {"a": broken, "b": lambda: next(left)}

    with pytest.raises(EndingsBroken) as found:
        each({"inner": lambda: each(inner), "c": lambda: next(left)})

    assert (list(found.value.faults), next(left)) == (["a"], 3)
