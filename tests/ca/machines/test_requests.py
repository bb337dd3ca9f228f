"""What machines may ask for under an allowance, and what the signing room makes of rows that are not to be believed."""

from typing import Any

import pytest
from sqlalchemy import select

from ca.machines.doors import Made
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import Allowance, AllowanceSecret, MachineEnding, MachineEndingEnd
from ledger.certificates import Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Deed
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.ministry import HOLDER, Ministry
from tests.issuing import new_key

SAME = pytest.mark.sqlite_only("the rules are the same on both engines")


@SAME
def test_names_outside_the_allowance_are_refused(ministry: Ministry) -> None:
    allowance = ministry.allowed(zones=["tax.mtc.gov.la"], hosts=["www.mtc.gov.la", "localhost"])
    asked = {
        "www.mof.gov.la": "machine.name-outside-zone",
        "www.google.com": "machine.name-outside-zone",
        "mail.mtc.gov.la": "machine.name-outside-zone",
        "eviltax.mtc.gov.la": "machine.name-outside-zone",
        "*.tax.mtc.gov.la": "enrolment.name-outside-zone",
        "x.www.mtc.gov.la": "machine.name-outside-zone",
        "TAX.mtc.gov.la": "machine.name-outside-zone",
        "xn--a.tax.mtc.gov.la": "enrolment.host-label",
    }

    refused = {name: ministry.ask(allowance, name) for name in asked}

    assert refused == {name: Refuse(code) for name, code in asked.items()}
    assert isinstance(ministry.ask(allowance, "a.tax.mtc.gov.la", "tax.mtc.gov.la", "www.mtc.gov.la"), str)
    assert isinstance(ministry.ask(allowance, "localhost"), str)
    assert ministry.ask(allowance, "localhost", practice=False) == Refuse("enrolment.name-outside-zone")
    assert ministry.ask(allowance) == Refuse("enrolment.names-missing")
    hosts = [f"h{number}.tax.mtc.gov.la" for number in range(101)]
    assert ministry.ask(allowance, *hosts) == Refuse("enrolment.names-too-many")


@SAME
def test_a_device_is_called_exactly_as_was_allowed(ministry: Ministry) -> None:
    allowance = ministry.allowed(profile="device", zones=[], hosts=[], common_names=["Kiosk 7"])

    assert ministry.ask(allowance, called="Kiosk 8") == Refuse("machine.name-outside-zone")
    assert ministry.ask(allowance, "www.mtc.gov.la", called="Kiosk 7") == Refuse("enrolment.asks-for-more")
    assert ministry.issued(allowance, called="Kiosk 7").profile == "device"


@SAME
@pytest.mark.parametrize("host", [f"{'a' * 55}.mtc.gov.la", "1234567.mtc.gov.la"], ids=["long", "number"])
def test_a_server_that_no_certificate_can_name_is_told_so_at_the_door(ministry: Ministry, host: str) -> None:
    allowance = ministry.allowed()

    assert ministry.ask(allowance, host) == Refuse("enrolment.name-unfit")
    assert isinstance(ministry.ask(allowance, "www.mtc.gov.la", host), str)


@SAME
def test_no_more_certificates_live_at_once_than_were_allowed(ministry: Ministry) -> None:
    allowance = ministry.allowed(most=2)
    ministry.issued(allowance, "a.mtc.gov.la")
    assert isinstance(ministry.ask(allowance, "b.mtc.gov.la"), str)

    assert ministry.ask(allowance, "c.mtc.gov.la") == Refuse("machine.too-many")


@SAME
def test_a_key_is_one_allowances_and_never_a_persons(ministry: Ministry) -> None:
    allowance, other, key = ministry.allowed(), ministry.allowed(hosts=[]), new_key()
    ministry.ca.apply(HOLDER, "officer-signing")
    ministry.issued(allowance, "a.mtc.gov.la", key=key)

    assert ministry.ask(other, "a.mtc.gov.la", key=key) == Refuse("enrolment.key-used")
    assert ministry.ask(other, "a.mtc.gov.la", key=ministry.ca.keys[HOLDER]) == Refuse("enrolment.key-used")


@SAME
def test_a_one_time_code_opens_once(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    assert isinstance(ministry.ask(allowance, "a.mtc.gov.la", code=code), str)

    assert ministry.ask(allowance, "b.mtc.gov.la", code=code) == Refuse("machine.secret-used")


@SAME
def test_each_refusal_under_an_allowance_is_an_entry(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    ministry.ask(allowance, "www.google.com")

    with ministry.ca.ledger.read() as session:
        entry = session.scalars(select(Entry).order_by(Entry.position.desc())).first()
    assert entry is not None
    assert (entry.kind, entry.actor) == ("machine.refused", "system:machines")


def told(ministry: Ministry, asked: str | Refuse) -> list[tuple[str, str]]:
    """What the signing room refused in one turn, having issued nothing."""
    turn = ministry.ca.room().turn()
    assert turn.issued == []
    assert [enrolment for enrolment, _ in turn.refused] == [asked]
    return turn.refused


@SAME
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"proof": b"AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA"}, "machine.secret-wrong"),
        ({"uses_up": False}, "machine.secret-used"),
        ({"credential": "nothing", "uses_up": False}, "machine.secret-unknown"),
        ({"credential_kind": CredentialKind.ACCOUNT}, "machine.credential"),
        ({"protocol": Protocol.CMP, "uses_up": False}, "machine.proof-wrong"),
    ],
)
def test_the_room_verifies_the_protocols_proof_itself(
    ministry: Ministry, changed: dict[str, Any], code: str
) -> None:
    asked = ministry.ask(ministry.allowed(), "a.mtc.gov.la", **changed)

    assert told(ministry, asked) == [(asked, code)]


@SAME
def test_an_allowance_that_nobody_agreed_on_counts_for_nothing_in_the_room(ministry: Ministry) -> None:
    real = ministry.allowed()
    ledger = ministry.ca.ledger
    columns = {column.key: getattr(real, column.key) for column in Allowance.__table__.columns}
    planted = Allowance(**columns | {"id": ledger.new_id(), "most": 9999})
    ledger.entries([Deed(Registered(planted.id), TEST, [planted])])
    ministry.confirm(planted)
    ministry.accept(planted)

    asked = ministry.ask(planted, "a.mtc.gov.la")

    assert told(ministry, asked) == [(asked, "machine.allowance-unproven")]


@SAME
def test_a_secret_that_no_officer_made_opens_nothing_in_the_room(ministry: Ministry) -> None:
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    real = ministry.secret(allowance)
    with ledger.read() as session:
        row = session.get_one(AllowanceSecret, real.id)
    columns = {column.key: getattr(row, column.key) for column in AllowanceSecret.__table__.columns}
    index, _ = ministry.doors.sealed("planted", "PLANTED", once=True)
    planted = AllowanceSecret(**columns | {"id": "planted", "reference": "planted", "code_index": index})
    ledger.entries([Deed(Registered(planted.id), TEST, [planted])])

    asked = ministry.ask(allowance, "a.mtc.gov.la", code=Made("planted", "planted", "PLANTED", ""))

    assert told(ministry, asked) == [(asked, "machine.secret-unproven")]


@SAME
@pytest.mark.parametrize("proof", [b"", b"\x30\x00"])
def test_an_end_that_the_certificates_key_did_not_ask_for_is_none(ministry: Ministry, proof: bytes) -> None:
    certificate, ledger = ministry.issued(ministry.allowed(), "a.mtc.gov.la"), ministry.ca.ledger
    wish = MachineEnding(id="wish", certificate_id=certificate.id, protocol="cmp", reason="unspecified", proof=proof)
    ledger.entries([Deed(Registered(wish.id), TEST, [wish])])

    ministry.ca.room().turn()

    with ledger.read() as session:
        assert session.get(Revocation, certificate.id) is None
        assert session.get_one(MachineEndingEnd, "wish").code == "machine.proof-wrong"


@SAME
def test_a_certificate_lives_no_longer_than_what_allowed_it(ministry: Ministry) -> None:
    allowance = ministry.allowed(until="2026-12-31")

    certificate = ministry.issued(allowance, "a.mtc.gov.la")

    assert certificate.not_after < allowance.valid_to


@SAME
def test_of_what_one_secret_is_refused_so_many_an_hour_are_entered(ministry: Ministry) -> None:
    ministry.configure(machine_refusals_hour=3)
    allowance = ministry.allowed()
    code, key = ministry.secret(allowance), new_key()

    refused = [ministry.ask(allowance, "www.mof.gov.la", code=code, key=key) for _ in range(5)]

    with ministry.ca.ledger.read() as session:
        entered = session.scalars(select(Entry.kind).where(Entry.kind == "machine.refused")).all()
    assert refused == [Refuse("machine.name-outside-zone")] * 5
    assert len(entered) == 3
