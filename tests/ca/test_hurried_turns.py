"""Between two whole turns of the signing room certificates alone are made: what else is due waits for a moment."""

import pytest

from ca.endings.revocation import revoke_person
from ledger.entry import Entry
from scripts.issue import hurrying
from tests.ca.conftest import PracticeCa
from tests.ca.test_endings import OFFICER, issued, signed_by_first

SAME = pytest.mark.sqlite_only("the rules are the same on both engines")


def kinds(*given: str) -> list[str]:
    return [entry.kind for entry in hurrying([Entry(kind=kind) for kind in given])]


@SAME
def test_only_certificates_are_in_a_hurry_after_requests_and_approvals() -> None:
    assert kinds("machine.requested", "token.issued", "enrolment.decided") == ["machine.requested", "enrolment.decided"]
    assert kinds("certificate.intended-many", "certificate.issued") == [
        "certificate.intended-many",
        "certificate.issued",
    ]


@SAME
@pytest.mark.parametrize("other", ["certificate.revoked", "certificate.abandoned", "machine.ending-asked", "crl.x"])
def test_whatever_else_happened_asks_for_a_whole_turn(other: str) -> None:
    assert kinds("machine.requested", other) == []


@SAME
def test_what_concerns_the_room_not_at_all_hurries_nobody() -> None:
    assert kinds("sign-in.ended", "token.issued") == []


def test_a_hurried_turn_issues_and_leaves_endings_and_lists_to_a_whole_one(ca: PracticeCa) -> None:
    issued(ca)
    ca.approved(OFFICER)
    room = ca.room()
    revoke_person(ca.ledger, OFFICER, "superseded", signed_by_first(ca, "person.revoke", OFFICER, "superseded"))

    first, second = room.hurried(), room.turn()

    assert (len(first.issued), first.crls) == (1, [])
    assert (second.issued, len(second.crls)) == ([], 1)
