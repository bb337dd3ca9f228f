"""Mostly nothing is to end, which the room asks in one look; whatever there is to end is taken up in the next turn."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select

import scripts.issue
from ca.issuance.concerns import AT_LEAST_EVERY, UNRENEWED_FOR, Renewals
from ca.issuance.endings import Endings
from ca.tables.endings import EndingRequest, EndingRequestEnd, ReleaseOrder, ReleaseOrderEnd
from ca.tables.machines import MachineEnding, MachineEndingEnd
from ledger.certificates import Certificate, Hold, HoldRelease, KeyBlock, Revocation
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import Cutoff
from scripts.cli import Run
from tests.ca.conftest import TEST, PracticeCa
from tests.ca.desk import HOLDER, Desk
from tests.ca.events import Registered
from tests.ca.test_cut_off import intended
from tests.ca.test_endings import issued as issued_to_officer
from tests.ca.test_one_issuer_away import Stop
from tests.ca.test_pauses import held, released
from tests.ca.test_replacements import asked, enrolled, issued
from tests.doubles import TurnedClock

ROOM = Actor.system("issue")
SAME = pytest.mark.sqlite_only("the rules are the same on both engines")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def had_quiet_turns(ledger: Ledger) -> Endings:
    """A room whose last turn found nothing to do."""
    room = Endings(ledger, ROOM, None, None)
    for _ in range(2):
        assert room.settle() is None
    return room


def looks(ledger: Ledger, room: Endings) -> int:
    """How often a turn takes a connection to read."""
    taken: list[object] = []

    def taking(connection: object, *_: object) -> None:
        taken.append(connection)

    event.listen(ledger.reading, "checkout", taking)
    room.settle()
    event.remove(ledger.reading, "checkout", taking)
    return len(taken)


def count(desk: Desk, table: type) -> int:
    with desk.ledger.read() as session:
        return session.query(table).count()


def test_a_turn_in_which_nothing_is_due_looks_once(desk: Desk) -> None:
    desk.certify(f"p{HOLDER}", "officer-signing")
    room = had_quiet_turns(desk.ledger)

    assert looks(desk.ledger, room) == 1


def a_pause_runs_out(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate, days=7)
    desk.ledger.clock.turn(days=7)  # type: ignore[attr-defined]


def a_key_is_blocked(desk: Desk, certificate: Certificate) -> None:
    desk.write(KeyBlock(key_sha256=certificate.key_sha256, at=desk.ledger.clock.now()))


def it_was_replaced_a_day_ago(desk: Desk, certificate: Certificate) -> None:
    enrolment = enrolled(desk)
    assert isinstance(asked(desk, enrolment, certificate), str)
    issued(desk, enrolment)
    desk.ledger.clock.turn(hours=25)  # type: ignore[attr-defined]


@pytest.mark.parametrize("happens", [a_pause_runs_out, a_key_is_blocked, it_was_replaced_a_day_ago])
def test_a_certificate_ends_in_the_next_turn(desk: Desk, happens: Callable[[Desk, Certificate], None]) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    room = had_quiet_turns(desk.ledger)
    happens(desk, certificate)

    room.settle()

    with desk.ledger.read() as session:
        assert session.get(Revocation, certificate.id) is not None


def test_what_a_room_made_for_a_person_who_was_just_cut_off_ends_in_the_next_turn(desk: Desk) -> None:
    room, now = had_quiet_turns(desk.ledger), desk.ledger.clock.now()
    unsigned = intended(desk)
    desk.write(Cutoff(id="c", person_id=f"p{HOLDER}", at=now + timedelta(minutes=1), reason="keyCompromise"))

    room.settle()

    with desk.ledger.read() as session:
        assert session.scalars(select(Revocation.certificate_id)).all() == [unsigned]


def test_an_order_to_release_is_looked_at_in_the_next_turn(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    held(desk, certificate)
    room = had_quiet_turns(desk.ledger)
    released(desk, certificate)

    room.settle()

    assert [count(desk, table) for table in (ReleaseOrder, ReleaseOrderEnd, HoldRelease)] == [1, 1, 1]


@pytest.mark.parametrize("protocol", ["acme", "cmp"])
def test_a_machine_s_wish_is_looked_at_in_the_next_turn(desk: Desk, protocol: str) -> None:
    certificate = desk.certify(None, "tls-server", enrolment_id=enrolled(desk).id)
    room = had_quiet_turns(desk.ledger)
    desk.write(MachineEnding(id="w", certificate_id=certificate.id, protocol=protocol, reason="superseded", proof=b"-"))

    room.settle()

    assert count(desk, MachineEndingEnd) == 1


def test_who_asks_about_what_has_ended_has_his_answer_in_the_next_turn(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    desk.issuer.revoke(certificate.id, desk.ledger.clock.now())
    room = had_quiet_turns(desk.ledger)
    desk.write(
        EndingRequest(
            id="r", wish="revoke", ground="key-loss", channel="stranger", authentication="none", subject=certificate.id,
            at=desk.ledger.clock.now(),
        )
    )  # fmt: skip

    room.settle()

    assert count(desk, EndingRequestEnd) == 1


class Days(Stop):
    """Days pass before its last look but one."""

    def __init__(self, looks: int, clock: TurnedClock) -> None:
        super().__init__(looks)
        self.clock = clock

    def is_set(self) -> bool:
        if self.looks == 2:
            self.clock.turn(days=2)
        return super().is_set()


def test_the_loop_ends_a_pause_when_its_time_comes_though_nothing_is_entered(
    ca: PracticeCa, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, now = issued_to_officer(ca), clock.now()
    pause = Hold(id="hold", certificate_id=certificate.id, at=now, until=now + timedelta(days=1))
    ca.ledger.entries([Deed(Registered("x"), TEST, [pause])])
    run = Run(ca.home, "issue", clock=clock)
    monkeypatch.setitem(run.__dict__, "ledger", ca.ledger)
    monkeypatch.setattr(scripts.issue, "LOOK_EVERY", 0.0)

    scripts.issue._Loop(run, ca.room()).until(Days(6, clock))

    with ca.ledger.read() as session:
        assert session.get_one(Revocation, certificate.id).at == pause.until


@SAME
def test_requests_and_certificates_alone_ask_for_no_look_at_renewals_but_time_does() -> None:
    renewals, certificates = Renewals(), [Entry(kind="enrolment.decided"), Entry(kind="certificate.issued")]
    first = renewals.are_due([], 100)
    renewals.looked_at(100, failed=False)

    then = [renewals.are_due(certificates, 100 + AT_LEAST_EVERY + late) for late in (-1, 0)]
    told = renewals.are_due([*certificates, Entry(kind="configuration.changed")], 101)

    assert (first, then, told) == (True, [False, True], True)


@SAME
def test_a_renewal_that_failed_is_tried_again_much_later_whatever_is_entered() -> None:
    renewals, news = Renewals(), [Entry(kind="configuration.changed")]
    renewals.looked_at(100, failed=True)

    assert [renewals.are_due(news, 100 + UNRENEWED_FOR + late) for late in (-1, 0)] == [False, True]
