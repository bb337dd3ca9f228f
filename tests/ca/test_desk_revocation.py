"""A desk is not to be trusted: two persons agree, the signing room ends all that rests on it, and says when it has."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ca.endings import of_desks
from ca.endings.of_desks import DeskRevocations
from ca.endings.requests import Report, report
from ca.endings.unproven import uncaused
from ca.governance import changes
from ca.governance.kind import Unfit
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan
from ca.governance.plan import act_for as changing
from ca.governance.provenance import Provenance
from ca.tables.endings import DeskRevocation, DeskRevocationEnd, EndingRequest, EndingRequestEnd
from ledger.certificates import Certificate, Revocation
from ledger.decision import Allow, Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.outbox import OutboxMessage
from ledger.people import Cutoff
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.failing import Deadline, Killed, mortal_ledger
from tests.ca.held import inaugurate
from tests.ca.machines.ministry import HOLDER, OFFICER, STRANGER, Ministry
from tests.ca.test_desk_search import with_two_desks
from tests.doubles import SteadyChance, TurnedClock
from tests.stocked import Stock, Stocked

ROOM = Actor.system("issue")
CITIZENS = ("20000001", "20000002", "20000003")
HERE, DAY = "center", "2026-11-24"


def served(ledger: Ledger, beside: Path) -> Ministry:
    """Three officers, three citizens and a machine by the desk here, and a machine by another desk."""
    ca = PracticeCa.at(ledger, inaugurate(ledger, beside / "home"))
    ministry = with_two_desks(ca)
    for number in CITIZENS:
        register_person(ca.ledger, number, officer=False)
        ca.approved(number, "citizen-authentication")
    assert len(ca.room().turn().issued) == len(CITIZENS)
    ministry.issued(ministry.allowed(), "a.mtc.gov.la")
    ministry.issued(ministry.allowed(desk="pakse"), "b.mtc.gov.la")
    ministry.agree(ministry.drafted("duty.grant", person=STRANGER, duty="ca-operator"))  # who approves
    return ministry


@pytest.fixture
def stocked(stock: Stock, database_engine: str) -> Stocked:
    return stock(database_engine, "served", served)


@pytest.fixture
def ministry(
    ledger: Ledger, stocked: Stocked, clock: TurnedClock, chance: SteadyChance, tmp_path: Path
) -> Ministry:
    stocked.resume(clock, chance)
    copied: Ministry = stocked.left.copied(ledger, tmp_path / "home")
    return copied


def close(ministry: Ministry, desk: str) -> None:
    ministry.agree(ministry.drafted("desk.close", desk=desk))


def agree(ministry: Ministry, **given: Any) -> None:
    close(ministry, given.get("desk", HERE))
    plan = ministry.drafted("desk.revoke", **{"desk": HERE, "since": DAY, "ground": "wrong-data"} | given)
    ministry.agree(plan, approver=STRANGER)
    ministry.ca.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]


def ended(ca: PracticeCa) -> dict[str, int]:
    """How many of each person, or of machines, have ended."""
    with ca.ledger.read() as session:
        rows = session.scalars(select(Certificate).join(Revocation, Revocation.certificate_id == Certificate.id)).all()
    found: dict[str, int] = {}
    for one in rows:
        found[one.person_id or "machines"] = found.get(one.person_id or "machines", 0) + 1
    return found


def count(ca: PracticeCa, table: type) -> int:
    with ca.ledger.read() as session:
        return session.query(table).count()


def codes(ca: PracticeCa) -> list[str]:
    with ca.ledger.read() as session:
        return [one.code for one in uncaused(Provenance(session))]


ALL = {f"p{number}": 1 for number in (HOLDER, OFFICER, STRANGER, *CITIZENS)} | {"machines": 2}


def test_what_rests_on_the_desk_ends_when_two_persons_agreed_and_not_before(ministry: Ministry) -> None:
    ca, room = ministry.ca, ministry.ca.room()
    for _ in range(2):
        room.turn()
    before = ended(ca)
    agree(ministry)
    letters = count(ca, OutboxMessage)

    room.turn()

    with ca.ledger.read() as session:
        end = session.query(DeskRevocationEnd).one()
    assert (before, ended(ca)) == ({}, ALL)
    assert (end.certificates, count(ca, Cutoff), codes(ca)) == (8, 0, [])
    assert count(ca, OutboxMessage) - letters >= len(CITIZENS) + 3
    assert DeskRevocations(ca.ledger, ROOM).settle() == 0


def test_what_was_allowed_elsewhere_by_who_was_seen_elsewhere_stays(ministry: Ministry) -> None:
    agree(ministry, desk="pakse")

    ministry.ca.room().turn()

    assert ended(ministry.ca) == {"machines": 1}


def test_by_misuse_everybody_is_cut_off_once(ministry: Ministry) -> None:
    agree(ministry, ground="misuse")

    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        cut = sorted(session.scalars(select(Cutoff.person_id)))
    assert cut == sorted(f"p{number}" for number in (HOLDER, OFFICER, STRANGER, *CITIZENS))
    assert (ended(ministry.ca), codes(ministry.ca)) == (ALL, [])


@pytest.mark.parametrize(("ground", "answered"), [("misuse", 1), ("wrong-data", 0)])
def test_who_asked_about_a_person_has_his_answer_where_all_of_the_person_s_ended(
    ministry: Ministry, ground: str, answered: int
) -> None:
    report(ministry.ca.ledger, Report("misuse", "x", CITIZENS[0]))
    agree(ministry, ground=ground)

    ministry.ca.room().turn()

    assert (count(ministry.ca, EndingRequest), count(ministry.ca, EndingRequestEnd)) == (1, answered)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 4))
def test_whatever_step_the_room_dies_at_the_next_one_ends_the_rest(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch, step: int, done: bool
) -> None:
    monkeypatch.setattr(of_desks, "AT_ONCE", 4)
    agree(ministry)
    letters = count(ministry.ca, OutboxMessage)
    mortal = mortal_ledger(ministry.ca.ledger, Deadline(step, done=done))

    with pytest.raises(Killed):
        DeskRevocations(mortal, ROOM).settle()
    mortal.close()
    DeskRevocations(ministry.ca.ledger, ROOM).settle()

    with ministry.ca.ledger.read() as session:
        [total] = session.scalars(select(DeskRevocationEnd.certificates))
        told = [one.person_id for one in session.query(OutboxMessage).order_by(OutboxMessage.id)][letters:]
    assert (ended(ministry.ca), total, codes(ministry.ca)) == (ALL, 8, [])
    assert sorted(one for one in told if one and one.startswith("p2")) == sorted(f"p{one}" for one in CITIZENS)


def test_one_person_has_more_certificates_than_an_entry_holds_and_each_ends_once(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_desks, "MOST_AT_ONCE", 1)
    for profile in ("citizen-authentication", "citizen-signing", "citizen-signing"):
        ministry.ca.approved(CITIZENS[0], profile)
    assert len(ministry.ca.room().turn().issued) == 3
    agree(ministry, ground="misuse")
    finite = mortal_ledger(ministry.ca.ledger, Deadline(20, done=False))

    DeskRevocations(finite, ROOM).settle()
    finite.close()

    assert (ended(ministry.ca), codes(ministry.ca)) == (ALL | {f"p{CITIZENS[0]}": 4}, [])
    assert (count(ministry.ca, DeskRevocationEnd), count(ministry.ca, Cutoff)) == (1, 6)


def test_what_the_ground_takes_along_from_another_desk_ends_too_however_much_it_is(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_desks, "MOST_AT_ONCE", 1)
    for profile in ("citizen-authentication", "citizen-signing"):
        ministry.ca.approved(CITIZENS[0], profile)
    assert len(ministry.ca.room().turn().issued) == 2
    with ministry.ca.ledger.read() as session:
        [*_, last] = session.query(Certificate.id).filter_by(person_id=f"p{CITIZENS[0]}").order_by(Certificate.id)
    monkeypatch.setattr(of_desks, "found_at", lambda *given: [] if given[3] else [("root", last[0])])
    agree(ministry, ground="misuse")

    DeskRevocations(ministry.ca.ledger, ROOM).settle()

    assert ended(ministry.ca) == {f"p{CITIZENS[0]}": 3}


def test_while_the_desk_is_open_nobody_can_plan_it(ministry: Ministry) -> None:
    assert ministry.drafted("desk.revoke", desk=HERE, since=DAY, ground="misuse") == Refuse("change.desk-open")


def test_what_was_agreed_on_is_not_applied_to_a_desk_that_was_opened_again(ministry: Ministry) -> None:
    ledger = ministry.ca.ledger
    close(ministry, "pakse")
    plan = ministry.drafted("desk.revoke", desk="pakse", since=DAY, ground="wrong-data")
    assert isinstance(plan, Plan)
    changes.plan(ledger, plan, ministry.ca.sign(FIRST, changing(PLAN, plan.digest, plan.planned_at)))
    yes = changing(APPROVE, plan.digest, ledger.clock.now())
    assert changes.approve(ledger, plan.digest, ministry.ca.sign(STRANGER, yes)) == Allow()
    ministry.agree(ministry.drafted("desk.change", desk="pakse", until="open"))

    applied = changes.apply(
        ledger, plan.digest, ministry.ca.sign(FIRST, changing(APPLY, plan.digest, ledger.clock.now()))
    )
    ministry.ca.room().turn()

    assert (applied, ended(ministry.ca)) == (Refuse("change.outdated"), {})


def test_what_the_desk_has_approved_and_nobody_has_issued_yet_is_not_issued_afterwards(ministry: Ministry) -> None:
    register_person(ministry.ca.ledger, "20000004", officer=False)
    ministry.ca.approved("20000004", "citizen-authentication")
    agree(ministry)

    turns = [ministry.ca.room().turn() for _ in range(2)]

    assert ([one.issued for one in turns], ended(ministry.ca)) == ([[], []], ALL)


def test_what_nobody_agreed_on_ends_nothing(ministry: Ministry) -> None:
    ca = ministry.ca
    with ca.ledger.read() as session:
        desk = session.execute(select(Certificate.not_before)).first()
    assert desk is not None
    planted = DeskRevocation(id="planted", desk_id="desk-pakse", since=desk[0], ground="misuse")
    ca.ledger.entries([Deed(Registered("x"), TEST, [planted])])

    ca.room().turn()

    assert ended(ca) == {}


def test_the_preview_counts_what_will_end(ministry: Ministry) -> None:
    close(ministry, HERE)
    plan = ministry.drafted("desk.revoke", desk=HERE, since=DAY, ground="wrong-data")
    assert isinstance(plan, Plan)

    with ministry.ca.ledger.read() as session:
        effects = plan.kind.effects(Provenance(session), plan.values, ministry.ca.ledger.clock.now())

    assert dict(effects[0].numbers) == {"certificates": 8, "persons": 6}
    assert {one.numbers["profile"]: one.numbers["certificates"] for one in effects[1:]} == {
        "citizen-authentication": 3, "officer-authentication": 3, "tls-server": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ground": "replaced"}, "ground is one of wrong-data, misuse"),
        ({"since": "last week"}, "since is a day"),
        ({"since": "2031-01-01"}, "since is a day that has begun"),
        ({"since": "0001-01-01"}, "since is no day before 2000"),
    ],
)
def test_what_cannot_be_is_said_before_it_is_planned(ministry: Ministry, given: dict[str, str], said: str) -> None:
    outcome = ministry.drafted("desk.revoke", **{"desk": HERE, "since": DAY, "ground": "wrong-data"} | given)

    assert isinstance(outcome, Unfit) and said in " ".join(outcome.faults)
    assert ministry.drafted("desk.revoke", desk="x", since=DAY, ground="misuse") == Refuse("change.desk-unknown")
