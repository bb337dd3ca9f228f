"""What lives for a blocked key ends, though the program dies at any step of it, and everybody hears of it once."""

from collections import Counter
from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from ca.endings.blocked import AT_ONCE, BlockedKeys
from ca.endings.keys import block_act, block_by_officer, report_by_key
from ca.endings.requests import Report, report
from ca.endings.revocation import MOST_AT_ONCE, Receipt, act_for, revoke_certificate
from ca.endings.unproven import unanswered, uncaused
from ca.governance.provenance import Provenance
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from ledger.people import Cutoff
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.ca.copies import copies
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.failing import Deadline, InterruptedLedger, Killed, mortal_ledger
from tests.ca.test_keys_in_other_hands import report_of
from tests.ca.test_replacements import enrolled
from tests.issuing import KeySigner

ROOM = Actor.system("issue")
FURTHER = 8


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def state(desk: Desk, key: str) -> tuple[int, int, int, list[str]]:
    """How many certificates of the key have ended; those told of, in how many letters; what nothing explains."""
    with desk.ledger.read() as session:
        of_key = select(Certificate.serial_number).join(Revocation, Revocation.certificate_id == Certificate.id)
        ended = set(session.scalars(of_key.where(Certificate.key_sha256 == key)))
        bodies = session.scalars(select(OutboxMessage.body)).all()
        codes = [one.code for one in uncaused(Provenance(session))]
    texts = [message_from_bytes(bytes(body), policy=SMTP).get_content() for body in bodies]
    lines = [line for text in texts for line in text.splitlines()]
    told = Counter(one for line in lines if "/ Serial: " in line for one in line.rpartition(": ")[2].split(", "))
    assert set(told) <= ended
    return len(ended), len(told), sum(told.values()), codes


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("turn", [1, 2], ids=["block", "rest"])
def test_whatever_step_the_program_dies_at_another_process_ends_the_rest(desk: Desk, turn: int, done: bool) -> None:
    signer = KeySigner()
    first = desk.certify(f"p{HOLDER}", "officer-signing", signer)
    copies(desk.ledger, first, AT_ONCE + FURTHER - 1)
    mortal = mortal_ledger(desk.ledger, Deadline(turn, done=done))

    with pytest.raises(Killed):
        report_by_key(mortal, report_of(signer))
    mortal.close()
    again = report_by_key(desk.ledger, report_of(signer))
    room = BlockedKeys(desk.ledger, ROOM)
    ended = [room.settle(), room.settle()]

    whole = AT_ONCE + FURTHER
    left = {(1, True): FURTHER, (2, False): FURTHER}.get((turn, done), 0)
    assert isinstance(again, tuple) if (turn, done) == (1, False) else again == Refuse("key.blocked-already")
    assert ended == [left, 0]
    assert state(desk, first.key_sha256) == (whole, whole, whole, [])


def test_who_had_a_reported_key_is_cut_off_with_the_block_and_keeps_what_is_for_another_key(desk: Desk) -> None:
    signer = KeySigner()
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", signer, enrolment_id=enrolled(desk).id)
    other = desk.certify(f"p{HOLDER}", "officer-encryption", enrolment_id=enrolled(desk).id)

    report_by_key(desk.ledger, report_of(signer))

    with desk.ledger.read() as session:
        cutoff, block = session.query(Cutoff).one(), session.query(KeyBlock).one()
        ended = set(session.scalars(select(Revocation.certificate_id)))
    assert (cutoff.person_id, cutoff.reason, cutoff.entry_id) == (f"p{HOLDER}", "keyCompromise", block.entry_id)
    assert ended == {certificate.id}
    assert other.id not in ended


def test_who_waited_for_the_end_of_its_certificate_has_it(desk: Desk) -> None:
    signer = KeySigner()
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", signer)
    report(desk.ledger, Report("key-loss", "ເສຍ", certificate.serial_number))

    report_by_key(desk.ledger, report_of(signer))

    assert desk.requests() == [("stranger", "revoke", "none", "granted")]
    with desk.ledger.read() as session:
        assert list(unanswered(Provenance(session))) == []


def test_an_officers_block_cuts_the_holder_off_and_ends_what_is_being_made_for_him(
    ca: PracticeCa, interrupted: InterruptedLedger
) -> None:
    register_person(ca.ledger, HOLDER)
    ca.approved(HOLDER)
    [old] = ca.room().turn().issued
    ca.approved(HOLDER)
    interrupted.first = lambda: ca.room().turn()
    act = block_act(old.key_sha256, ca.ledger.clock.now())

    block_by_officer(interrupted, old.key_sha256, ca.sign(FIRST, act))

    with ca.ledger.read() as session:
        made = select(Certificate.id).where(Certificate.person_id == f"p{HOLDER}")
        assert session.scalars(made).all() == session.scalars(select(Revocation.certificate_id)).all() != [old.id]
        assert session.query(Cutoff).one().person_id == f"p{HOLDER}"
        assert list(uncaused(Provenance(session))) == []


@pytest.fixture
def interrupted(ca: PracticeCa):  # type: ignore[no-untyped-def]
    ledger = InterruptedLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


def test_what_somebody_else_ends_meanwhile_does_not_hold_the_block_up(desk: Desk) -> None:
    signer = KeySigner()
    first = desk.certify(f"p{HOLDER}", "officer-signing", signer)
    copies(desk.ledger, first, 3)
    racing = InterruptedLedger(desk.ledger.url, desk.ledger.clock, desk.ledger.randomness, "0.1.0", "test")
    racing.first = lambda: desk.issuer.revoke(first.id, desk.ledger.clock.now())

    ended = report_by_key(racing, report_of(signer))

    racing.close()
    assert ended == ("1388", "1389", "138a")


def block_alone(desk: Desk, certificate: Certificate) -> None:
    """As a process left it that died behind the block."""
    desk.write(KeyBlock(key_sha256=certificate.key_sha256, at=desk.ledger.clock.now()))


def test_the_room_looks_behind_every_block_at_first_and_then_behind_the_new_ones(desk: Desk) -> None:
    block_alone(desk, desk.certify(f"p{HOLDER}", "officer-signing"))
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]
    room = BlockedKeys(desk.ledger, ROOM)

    first = room.settle()
    block_alone(desk, desk.certify(f"p{CLERK}", "officer-signing"))

    assert (first, room.settle(), room.settle()) == (1, 1, 0)


def test_what_has_expired_for_a_blocked_key_needs_no_ending(desk: Desk) -> None:
    signer = KeySigner()
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", signer)
    copies(desk.ledger, certificate, 3, not_after=desk.ledger.clock.now())
    desk.ledger.clock.turn(hours=1)  # type: ignore[attr-defined]

    reported = report_by_key(desk.ledger, report_of(signer))

    assert (reported, BlockedKeys(desk.ledger, ROOM).settle()) == ((certificate.serial_number,), 0)


def test_a_ca_is_not_ended_by_the_room(desk: Desk) -> None:
    block_alone(desk, desk.certify(None, "issuing-ca"))

    assert BlockedKeys(desk.ledger, ROOM).settle() == 0


@pytest.mark.parametrize("word", ["key-compromise", "key-loss", "keyCompromise"])
def test_an_officer_ends_all_that_a_key_has_by_one_of_its_certificates_however_many(desk: Desk, word: str) -> None:
    copies(desk.ledger, first := desk.certify_body(HOLDER, "tls-server"), MOST_AT_ONCE + AT_ONCE + FURTHER)

    receipt = compromised(desk, first, word)

    whole = 1 + MOST_AT_ONCE + AT_ONCE + FURTHER
    assert isinstance(receipt, Receipt)
    assert receipt.serial_numbers[0] == first.serial_number
    assert len(set(receipt.serial_numbers)) == len(receipt.serial_numbers) == whole
    assert state(desk, first.key_sha256) == (whole, whole, whole, [])


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_an_officers_program_that_dies_behind_the_block_leaves_the_rest_to_the_room(desk: Desk, turn: int) -> None:
    copies(desk.ledger, first := desk.certify_body(HOLDER, "tls-server"), MOST_AT_ONCE + AT_ONCE + FURTHER)
    mortal = mortal_ledger(desk.ledger, Deadline(turn, done=True))

    with pytest.raises(Killed):
        compromised(desk, first, "key-compromise", mortal)
    mortal.close()
    ended = BlockedKeys(desk.ledger, ROOM).settle()

    whole = 1 + MOST_AT_ONCE + AT_ONCE + FURTHER
    assert ended == {1: whole - MOST_AT_ONCE, 2: whole - MOST_AT_ONCE - AT_ONCE, 3: 0}[turn]
    assert state(desk, first.key_sha256) == (whole, whole, whole, [])


def compromised(desk: Desk, certificate: Certificate, word: str, ledger: Ledger | None = None) -> Receipt | Refuse:
    """An officer says of one certificate that its key is in other hands."""
    act = act_for("certificate.revoke", certificate.sha256, word, desk.ledger.clock.now())
    return revoke_certificate(ledger or desk.ledger, certificate.sha256, word, desk.sign(CLERK, act))
