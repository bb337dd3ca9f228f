"""Between two whole turns of the signing room certificates alone are made: what else is due waits for a moment."""

import threading

import pytest
from sqlalchemy import func, select

import scripts.issue
from ca.endings.revocation import revoke_person
from ca.issuance.concerns import hurrying
from ca.tables.publication import Crl
from ledger.certificates import Certificate
from ledger.entry import Entry
from scripts.cli import Run
from tests.ca.conftest import PracticeCa
from tests.ca.test_endings import OFFICER, issued, signed_by_first
from tests.ca.test_one_issuer_away import Stop

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


def test_what_is_approved_in_the_midst_of_a_turn_waits_for_one_of_its_duties_and_not_for_all(ca: PracticeCa) -> None:
    issued(ca)
    revoke_person(ca.ledger, OFFICER, "superseded", signed_by_first(ca, "person.revoke", OFFICER, "superseded"))
    room, hurried = ca.room(), list[int]()

    def meanwhile() -> None:
        if not hurried:
            ca.approved(OFFICER)
        hurried.append(len(room.hurried().issued))
        assert lists(ca) == 0

    done = room.turned(meanwhile)

    assert (sum(hurried), hurried[0]) == (1, 1)
    assert len(hurried) > 5
    assert len(done.crls) == 1


def test_the_loop_looks_between_two_duties_and_takes_up_afterwards_what_it_met_there(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(ca.home, "issue", clock=ca.ledger.clock)
    monkeypatch.setitem(run.__dict__, "ledger", ca.ledger)
    issued(ca)
    room = ca.room()
    loop, looks, over = scripts.issue._Loop(run, room), list[int](), threading.Event()
    over.set()
    meanwhile = loop._meanwhile

    def met() -> None:
        if not looks:
            ca.approved(OFFICER)
            revoke_person(ca.ledger, OFFICER, "superseded", signed_by_first(ca, "person.revoke", OFFICER, "superseded"))
        meanwhile()
        looks.append(certificates(ca))

    before = certificates(ca)
    monkeypatch.setattr(loop, "_meanwhile", met)
    turns = [turns_of(loop, monkeypatch), turns_of(loop, monkeypatch), turns_of(loop, monkeypatch)]
    loop.until(over)

    assert (looks[0] - before, turns) == (1, [1, 1, 0])


@SAME
def test_what_a_turn_met_waits_for_no_second_ring(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(ca.home, "issue", clock=ca.ledger.clock)
    monkeypatch.setitem(run.__dict__, "ledger", ca.ledger)
    loop, waits, met = scripts.issue._Loop(run, ca.room()), list[float](), [[Entry(kind="certificate.revoked")], []]
    monkeypatch.setattr(loop, "_look", lambda: setattr(loop, "_met", met[len(waits)]))
    monkeypatch.setattr(loop._ear, "wait", waits.append)

    loop.until(Stop(2))

    assert waits == [0, scripts.issue.LOOK_EVERY]


def turns_of(loop: scripts.issue._Loop, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many whole turns came of one look."""
    turn, turns = loop._turn, 0

    def counted(*, renews: bool) -> None:
        nonlocal turns
        turns += 1
        turn(renews=renews)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "_turn", counted)
        loop._look()
    return turns


def certificates(ca: PracticeCa) -> int:
    with ca.ledger.read() as session:
        return session.scalar(select(func.count()).where(Certificate.person_id.is_not(None))) or 0


def lists(ca: PracticeCa) -> int:
    """How many were made after the ceremony's."""
    with ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Crl).where(Crl.number > 1)) or 0
