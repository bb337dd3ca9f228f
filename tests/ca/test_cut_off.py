"""Who is cut off has nothing that was in the making then, though the program dies before it has looked for that."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from ca.endings.cut_off import CutOffPersons
from ca.endings.keys import report_by_key
from ca.endings.revocation import act_for, revoke_certificate
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.issuance.abandonment import end_of_person
from ledger.certificates import Certificate, Intent, Revocation
from ledger.event import Actor
from ledger.ledger import Ledger
from tests.ca.conftest import PracticeCa
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.failing import Deadline, Killed, mortal_ledger
from tests.ca.test_keys_in_other_hands import report_of
from tests.ca.test_replacements import enrolled
from tests.issuing import KeySigner

ROOM = Actor.system("issue")
KEY = KeySigner()


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def one_certificate(ledger: Ledger, desk: Desk, own: Certificate) -> None:
    act = act_for("certificate.revoke", own.sha256, "key-loss", ledger.clock.now())
    revoke_certificate(ledger, own.sha256, "key-loss", desk.sign(CLERK, act))


def the_key(ledger: Ledger, _: Desk, __: Certificate) -> None:
    report_by_key(ledger, report_of(KEY))


def intended(desk: Desk, number: int = 7000) -> str:
    """What the room was about to certify for the person."""
    intent = Intent(
        id=f"n{number}", issuer_id=desk.issuer.id, serial_number=f"{number:x}", dense_number=number,
        profile="officer-signing", tbs=b"", enrolment_id=enrolled(desk).id, person_id=f"p{HOLDER}",
    )  # fmt: skip
    desk.write(intent)
    return intent.id


def state(desk: Desk) -> tuple[set[str], list[str]]:
    """What has ended, and what nothing explains."""
    with desk.ledger.read() as session:
        return set(session.scalars(select(Revocation.certificate_id))), [
            one.code for one in uncaused(Provenance(session))
        ]


@pytest.mark.parametrize("end", [one_certificate, the_key])
def test_whoever_dies_behind_the_cutoff_the_room_ends_what_was_in_the_making(
    desk: Desk, end: Callable[[Ledger, Desk, Certificate], None]
) -> None:
    own = desk.certify(f"p{HOLDER}", "officer-signing", KEY, enrolment_id=enrolled(desk).id)
    unsigned = intended(desk)
    mortal = mortal_ledger(desk.ledger, Deadline(2, done=False))
    with pytest.raises(Killed):
        end(mortal, desk, own)
    mortal.close()
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    left, room = state(desk), CutOffPersons(desk.ledger, ROOM)

    ended = [room.settle(), room.settle()]

    assert unsigned not in left[0] and own.id in left[0]
    assert ended == [1, 0]
    assert state(desk) == ({*left[0], unsigned}, [])


def test_what_was_certified_behind_the_cutoff_ends_and_what_the_person_had_or_asked_for_later_stays(desk: Desk) -> None:
    own = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)
    other = desk.certify(f"p{HOLDER}", "officer-encryption", enrolment_id=enrolled(desk).id)
    waiting = enrolled(desk).id
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    one_certificate(desk.ledger, desk, own)
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    late = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=waiting)
    later = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)

    CutOffPersons(desk.ledger, ROOM).settle()

    ended, codes = state(desk)
    assert ({own.id, late.id}, codes) == (ended, [])
    assert not ended & {other.id, later.id}


def test_what_has_expired_before_the_room_looks_needs_no_ending_and_the_look_ends(desk: Desk) -> None:
    own = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)
    waiting, unsigned = enrolled(desk).id, intended(desk)
    mortal = mortal_ledger(desk.ledger, Deadline(2, done=False))
    with pytest.raises(Killed):
        one_certificate(mortal, desk, own)
    mortal.close()
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    late = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=waiting)
    desk.ledger.clock.turn(seconds=(late.not_after - desk.ledger.clock.now()).total_seconds() + 1)  # type: ignore[attr-defined]
    room = CutOffPersons(desk.ledger, ROOM)

    behind = end_of_person(desk.ledger, f"p{HOLDER}", "keyCompromise", f"p{CLERK}", desk.ledger.clock.now(), [unsigned])
    ended = [room.settle(), room.settle()]

    assert (behind, ended) == ([], [1, 0])
    assert state(desk)[0] == {own.id, unsigned}


def test_a_room_looks_behind_the_cutoffs_that_came_since(desk: Desk) -> None:
    own = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)
    room = CutOffPersons(desk.ledger, ROOM)
    before = room.settle()
    unsigned = intended(desk)
    mortal = mortal_ledger(desk.ledger, Deadline(2, done=False))
    with pytest.raises(Killed):
        one_certificate(mortal, desk, own)
    mortal.close()

    assert (before, room.settle(), unsigned in state(desk)[0]) == (0, 1, True)


def test_the_signing_room_looks(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([1, 2])
    monkeypatch.setattr(CutOffPersons, "settle", lambda _: next(looks))

    ca.room().turn()

    assert next(looks) == 2
