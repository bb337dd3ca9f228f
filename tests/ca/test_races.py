"""Stops that come while the signing room is at work, and two rooms at once: nothing slips through, nothing doubles."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.issuance.line import OtherRoom
from ca.issuance.signing_room import STOP_FILE, SigningRoom
from ca.issuance.turn import Turn
from ca.tables.registration import EnrolmentEnd
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.ledger import Deed, Ledger
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.failing import InterruptedLedger, InterruptedSigner

OFFICER = "10000017"


@pytest.fixture
def enrolment(ca: PracticeCa) -> str:
    register_person(ca.ledger, OFFICER)
    return ca.approved(OFFICER)


@pytest.fixture
def interrupted_ledger(ca: PracticeCa):  # type: ignore[no-untyped-def]
    """The same ledger, before whose first write something else happens."""
    ledger = InterruptedLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


def revoked_by(ca: PracticeCa, ledger: Ledger) -> Receipt:
    act = act_for("person.revoke", OFFICER, "keyCompromise", ca.ledger.clock.now())
    receipt = revoke_person(ledger, OFFICER, "keyCompromise", ca.sign(FIRST, act))
    assert isinstance(receipt, Receipt)
    return receipt


def block_key(ca: PracticeCa, enrolment: str) -> None:
    block = KeyBlock(key_sha256=ca.enrolment(enrolment).key_sha256, at=ca.ledger.clock.now())
    ca.ledger.entries([Deed(Registered("p"), TEST, [block])])


def sealing_after(room: SigningRoom, act: Callable[[], object]) -> SigningRoom:
    """A room that finds its intents sealed only after `act`: between the commit of the intents and the last look."""

    def await_seal(entries: Sequence[str]) -> None:
        act()
        room.await_seal(entries)

    return replace(room, await_seal=await_seal)


def signing_after(room: SigningRoom, act: Callable[[], object]) -> SigningRoom:
    """A room whose key signs only after `act`: between the last look and the certificate."""
    key = room.issuing["officers"]
    officers = replace(key, signer=InterruptedSigner(key.signer, act))
    return replace(room, issuing={**room.issuing, "officers": officers})


def living(ca: PracticeCa) -> list[str]:
    """Serial numbers of what was intended for the officer and is not revoked."""
    ended = select(Revocation.certificate_id)
    statement = select(Intent.serial_number).where(Intent.person_id == f"p{OFFICER}", Intent.id.not_in(ended))
    with ca.ledger.read() as session:
        return list(session.scalars(statement))


def signed(ca: PracticeCa) -> int:
    with ca.ledger.read() as session:
        return len(session.scalars(select(Certificate.id).where(Certificate.person_id == f"p{OFFICER}")).all())


def ending(ca: PracticeCa, enrolment: str) -> str:
    with ca.ledger.read() as session:
        return session.get_one(EnrolmentEnd, enrolment).code


def test_a_person_revoked_before_the_last_look_is_not_certified(ca: PracticeCa, enrolment: str) -> None:
    turn = sealing_after(ca.room(), lambda: revoked_by(ca, ca.ledger)).turn()

    ca.room().turn()

    assert (turn.issued, signed(ca), living(ca)) == ([], 0, [])
    assert ending(ca, enrolment) == "enrolment.person-cut-off"


def test_a_person_revoked_after_the_last_look_has_a_revoked_certificate(ca: PracticeCa, enrolment: str) -> None:
    turn = signing_after(ca.room(), lambda: revoked_by(ca, ca.ledger)).turn()

    assert (len(turn.issued), signed(ca), living(ca)) == (1, 1, [])


def test_what_is_issued_while_a_revocation_is_written_is_revoked_with_it(
    ca: PracticeCa, enrolment: str, interrupted_ledger: InterruptedLedger
) -> None:
    turns: list[Turn] = []
    interrupted_ledger.first = lambda: turns.append(ca.room().turn())

    receipt = revoked_by(ca, interrupted_ledger)

    [certificate] = turns[0].issued
    assert receipt.serial_numbers == (certificate.serial_number,)
    assert (signed(ca), living(ca)) == (1, [])


def test_a_revocation_that_another_overtakes_still_ends_the_rest(
    ca: PracticeCa, enrolment: str, interrupted_ledger: InterruptedLedger
) -> None:
    ca.approved(OFFICER)
    first, second = ca.room().turn().issued
    act = act_for("certificate.revoke", first.sha256, "superseded", ca.ledger.clock.now())
    interrupted_ledger.first = lambda: revoke_certificate(ca.ledger, first.sha256, "superseded", ca.sign(FIRST, act))

    receipt = revoked_by(ca, interrupted_ledger)

    assert receipt.serial_numbers == (second.serial_number,)
    assert (signed(ca), living(ca)) == (2, [])


def test_a_key_blocked_before_the_last_look_is_not_certified(ca: PracticeCa, enrolment: str) -> None:
    turn = sealing_after(ca.room(), lambda: block_key(ca, enrolment)).turn()

    ca.room().turn()

    assert (turn.issued, signed(ca), living(ca)) == ([], 0, [])
    assert ending(ca, enrolment) == "enrolment.key-blocked"


def test_a_stop_file_stops_what_is_not_yet_signed_and_the_next_turn_goes_on(ca: PracticeCa, enrolment: str) -> None:
    stop = ca.home.path / STOP_FILE

    during = sealing_after(ca.room(), stop.touch).turn()
    stopped = ca.room().turn()
    stop.unlink()
    after = ca.room().turn()

    assert (during.issued, stopped.issued, stopped.stopped) == ([], [], True)
    assert [one.serial_number for one in after.issued] == living(ca)


def test_crls_are_signed_while_issuing_is_stopped(ca: PracticeCa, enrolment: str) -> None:
    [certificate] = ca.room().turn().issued
    (ca.home.path / STOP_FILE).touch()
    revoked_by(ca, ca.ledger)

    turn = ca.room().turn()

    assert [crl.changes for crl in turn.crls] == [1]
    assert certificate.serial_number not in living(ca)


def test_of_two_rooms_that_number_at_once_one_stops_and_nothing_is_doubled(
    ca: PracticeCa, enrolment: str, interrupted_ledger: InterruptedLedger
) -> None:
    turns: list[Turn] = []
    interrupted_ledger.first = lambda: turns.append(ca.room().turn())

    with pytest.raises(OtherRoom):
        replace(ca.room(), ledger=interrupted_ledger).turn()

    assert [one.serial_number for one in turns[0].issued] == living(ca)
    assert signed(ca) == 1


def test_a_room_that_starts_while_another_waits_for_the_seal_takes_the_request_over(
    ca: PracticeCa, enrolment: str
) -> None:
    turns: list[Turn] = []

    def other_room() -> None:
        ca.room().recover()
        turns.append(ca.room().turn())

    first = sealing_after(ca.room(), other_room).turn()

    assert first.issued == []
    assert [one.serial_number for one in turns[0].issued] == living(ca)
    assert signed(ca) == 1
