"""What need not be kept any longer goes by an operator's order, and the ledger verifies afterwards (AU-04, DP-06)."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from ca.endings.requests import Report, close, close_act, report
from ca.registration.doubles import Suspect, unclear
from ca.retention import erasure
from ca.retention.erasure import Changed, carry_out
from ca.retention.plan import Rule, years_before
from ca.tables.endings import EndingRequest, EndingRequestEnd
from ca.tables.registration import EnrolmentEnd, Evidence, EvidenceNumber
from ca.tables.retention import ErasureOrder
from ledger.certificates import Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.erasing import NotAsWritten, erase
from ledger.event import Actor
from ledger.ledger import Ledger, LedgerRefused, Taken
from ledger.people import DutyKind
from ledger.purged import Purged
from ledger.verification.whole import verify_ledger
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK
from tests.ca.retention.papers import OPERATOR, OTHER_OPERATOR, Papers
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.ledger.doubles import without_guards


def test_a_day_before_the_years_are_over_nothing_may_go_and_a_day_after_it_goes_and_the_ledger_verifies(
    papers: Papers, clock: TurnedClock
) -> None:
    papers.show(certified=30)
    papers.years_later(days=29 - 1)
    early = papers.plan()
    clock.turn(days=2)

    late = papers.plan()
    gone = papers.erase(late)

    papers.seal()
    verified = verify_ledger(papers.desk.ledger.reading, papers.outside)
    assert (early.rows, early.papers) == ((), 0)
    assert (late.rule, late.papers, late.persons, len(late.rows)) == (Rule.RETENTION, 1, 1, 2)
    assert [one.rows for one in gone] == [2]
    assert (verified.good, verified.purged, papers.left()) == (True, 2, set())


def test_what_another_certificate_still_rests_on_stays(papers: Papers) -> None:
    old, young = papers.show(certified=30), papers.show(certified=600)
    papers.years_later(days=60)

    papers.erase(papers.plan())

    assert papers.left() == {young} and old != young


def test_what_a_later_certificate_rests_on_stays_until_that_has_ended_so_long(
    papers: Papers, clock: TurnedClock
) -> None:
    papers.carry(papers.show(certified=30), certified=600)
    papers.years_later(days=60)
    early = papers.plan()
    clock.turn(days=600)

    assert (early.papers, papers.plan().papers) == (0, 1)


def test_what_a_renewal_that_is_open_names_stays(papers: Papers) -> None:
    papers.carry(papers.show(certified=30), certified=None)
    papers.years_later(days=60)

    assert (papers.plan().rows, papers.plan().kept["carried"]) == ((), 1)


def test_the_ended_renewal_of_one_person_makes_no_paper_of_another_erasable(papers: Papers) -> None:
    renewed = papers.show(HOLDER, certified=30)
    papers.carry(renewed, certified=30)
    papers.show(CLERK, certified=None)
    papers.years_later(days=40)
    papers.show(CLERK, certified=None, ended=True)
    papers.seal()

    planned = papers.plan()

    assert planned.rows == (f"evidence_number/{renewed}", f"evidence_scan/{renewed}")


def test_the_living_renewal_of_one_person_keeps_no_paper_of_another(papers: Papers) -> None:
    renewed, ended = papers.show(HOLDER, certified=30), papers.show(CLERK, certified=30)
    papers.carry(renewed, certified=600)
    papers.years_later(days=60)

    papers.erase(papers.plan())

    assert papers.left() == {renewed} and ended != renewed


def test_what_one_person_renewed_neither_keeps_nor_frees_what_another_wants_forgotten(papers: Papers) -> None:
    renewed, refused = (papers.show(one, certified=None, ended=True) for one in (HOLDER, CLERK))
    papers.carry(renewed, certified=600)
    papers.seal()

    asked, others = papers.plan(CLERK), papers.plan(HOLDER)

    assert asked.rows == (f"evidence_number/{refused}", f"evidence_scan/{refused}")
    assert others.rows == ()


def test_what_is_about_to_be_signed_for_one_person_keeps_no_paper_of_another(papers: Papers) -> None:
    renewed, refused = (papers.show(one, certified=None, ended=True) for one in (HOLDER, CLERK))
    papers.intend(papers.carry(renewed, certified=None))
    papers.seal()

    asked, others = papers.plan(CLERK), papers.plan(HOLDER)

    assert (asked.papers, asked.kept["intended"], refused in asked.rows[0]) == (1, 0, True)
    assert (others.papers, others.kept["intended"]) == (0, 1)


def test_a_request_that_came_to_nothing_is_kept_as_long_and_one_that_is_open_for_good(papers: Papers) -> None:
    ended, still_open = papers.show(certified=None, ended=True), papers.show(certified=None)
    papers.seal()
    young = papers.plan()
    papers.years_later()

    papers.erase(papers.plan())

    assert young.rows == ()
    assert papers.left() == {still_open} and ended != still_open


def test_who_asks_to_be_forgotten_loses_only_what_no_certificate_came_of(papers: Papers) -> None:
    refused, based = papers.show(certified=None, ended=True), papers.show(certified=30)
    other = papers.show(CLERK, certified=None, ended=True)
    papers.admit()
    papers.seal()

    asked = papers.plan(HOLDER)
    papers.erase(asked)

    assert (asked.rule, asked.papers) == (Rule.REQUEST, 1)
    assert papers.left() == {based, other} and refused not in papers.left()


def test_a_plan_is_counted_and_says_no_value(papers: Papers) -> None:
    paper = papers.show()
    papers.years_later(days=40)

    planned = papers.plan()

    assert planned.rows == (f"evidence_number/{paper}", f"evidence_scan/{paper}")
    assert "card" not in repr(planned) and "33" * 32 not in repr(planned)


def test_nothing_goes_while_the_records_are_held_and_the_hold_is_lifted_by_an_operator_alone(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)
    papers.desk.person("10000044", DutyKind.REGISTRATION_OFFICER)
    held = papers.hold(by="10000044")

    during, by_officer = papers.plan(), papers.release(by="10000044")
    lifted, after = papers.release(), papers.plan()

    assert isinstance(held, str)
    assert (during.rows, during.kept["held"]) == ((), 1)
    assert (by_officer, lifted) == (Refuse("erasure.no-duty"), [held])
    assert (after.papers, papers.release()) == (1, Refuse("erasure.not-held"))


def test_no_operator_frees_or_erases_records_about_himself(papers: Papers) -> None:
    for number in (OPERATOR, OTHER_OPERATOR):
        papers.admit(number)
    papers.show(OPERATOR, certified=None, ended=True)
    papers.seal()
    held = papers.hold(OPERATOR)

    freed = papers.release(OPERATOR)
    by_another = papers.release(OPERATOR, by=OTHER_OPERATOR)
    erased = papers.order(papers.plan(OPERATOR))

    assert isinstance(held, str)
    assert (freed, by_another, erased) == (Refuse("erasure.own"), [held], Refuse("erasure.own"))


def test_a_hold_that_comes_after_the_order_stops_what_is_left_of_it_even_once_it_is_lifted(
    papers: Papers, monkeypatch: pytest.MonkeyPatch, clock: TurnedClock
) -> None:
    monkeypatch.setattr(erasure, "PAPERS", 1)
    papers.show(CLERK)
    kept = papers.show(HOLDER)
    papers.years_later(days=40)
    ordered = papers.order(papers.plan())
    assert isinstance(ordered, str)
    carried = carry_out(papers.own, ordered)
    next(carried)
    clock.turn(minutes=1)

    papers.hold()
    rest = list(carried)
    papers.release()
    with pytest.raises(Changed):
        list(carry_out(papers.own, ordered))

    assert (rest, papers.left()) == ([], {kept})
    assert papers.plan().papers == 1, "a new plan may name it"


def test_what_was_held_since_its_order_goes_by_a_new_one_of_somebody_who_did_not_release_it(
    papers: Papers, clock: TurnedClock
) -> None:
    papers.show()
    papers.years_later(days=40)
    papers.admit(OTHER_OPERATOR)
    seen = papers.plan()
    first = papers.order(seen)
    clock.turn(minutes=1)
    papers.hold()
    papers.release()
    clock.turn(minutes=1)

    again = papers.plan()
    by_himself, by_another = papers.order(again), papers.order(again, OTHER_OPERATOR)

    assert isinstance(first, str) and isinstance(by_another, str)
    assert (again.rows, again.digest == seen.digest) == (seen.rows, False)
    assert by_himself == Refuse("erasure.released-by-him")
    assert [one.rows for one in carry_out(papers.own, by_another)] == [2]


def request_closed(papers: Papers, paper: str) -> Callable[[], None]:
    """He asked for an end, and that is closed."""
    asked = EndingRequest(id="asked", wish="revoke", ground="misuse", channel="report", authentication="none",
                          subject=f"p{HOLDER}", at=papers.own.clock.now())  # fmt: skip
    papers.desk.write(asked)
    end = EndingRequestEnd(request_id="asked", code="unfounded", at=papers.own.clock.now())
    return lambda: papers.desk.write(end)


def intent_given_up(papers: Papers, paper: str) -> Callable[[], None]:
    """Something was about to be signed, and is not."""
    with papers.desk.ledger.read() as session:
        intent = papers.intend(session.get_one(Evidence, paper).enrolment_id)
    ended = Revocation(certificate_id=intent, at=papers.own.clock.now(), reason="unspecified")
    return lambda: papers.desk.write(ended)


def renewal_refused(papers: Papers, paper: str) -> Callable[[], None]:
    """He asked for another certificate on it, and gets none."""
    end = EnrolmentEnd(enrolment_id=papers.carry(paper, certified=None), code="decision.no")
    return lambda: papers.desk.write(end)


@pytest.mark.parametrize("opened", [request_closed, intent_given_up, renewal_refused])
def test_an_order_takes_nothing_that_became_free_after_its_plan(
    papers: Papers, clock: TurnedClock, opened: Callable[[Papers, str], Callable[[], None]]
) -> None:
    papers.show(CLERK)
    kept = papers.show(HOLDER)
    papers.years_later(days=40)
    close_it = opened(papers, kept)
    ordered = papers.order(papers.plan())
    assert isinstance(ordered, str)
    during = [one.rows for one in carry_out(papers.own, ordered)]
    clock.turn(minutes=1)
    close_it()

    with pytest.raises(Changed):
        list(carry_out(papers.own, ordered))

    assert (during, papers.left(), papers.plan().papers) == ([2], {kept}, 1)


def test_an_order_takes_nothing_that_was_sealed_after_its_plan(papers: Papers) -> None:
    papers.show(certified=None, ended=True)
    papers.admit()
    papers.seal()
    kept = papers.show(certified=None, ended=True)
    ordered = papers.order(papers.plan(HOLDER))
    assert isinstance(ordered, str)
    papers.seal()

    with pytest.raises(Changed):
        list(carry_out(papers.own, ordered))

    assert kept in papers.left()


def test_a_hold_that_comes_between_the_look_and_the_deletion_keeps_the_papers(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = papers.show()
    papers.years_later(days=40)
    ordered = papers.order(papers.plan())
    assert isinstance(ordered, str)

    def late(*given: Any) -> str:
        papers.hold()
        return erase(*given)

    monkeypatch.setattr(erasure, "erase", late)

    assert list(carry_out(papers.own, ordered)) == []
    assert papers.left() == {kept}
    with papers.own.read() as session:
        assert session.scalars(select(Entry).where(Entry.kind == Purged.kind)).all() == []


@pytest.mark.postgresql_only("SQLite has one writer at a time")
def test_no_hold_is_committed_between_the_last_look_and_the_deletion(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)
    with papers.own.read() as session:
        rows = list(session.scalars(select(EvidenceNumber)))
    with ThreadPoolExecutor(1) as threads:
        holding: list[Future[str | Refuse]] = []

        def still(_: Connection) -> bool:
            holding.append(threads.submit(papers.hold))
            with pytest.raises(TimeoutError):
                holding[0].result(timeout=0.5)
            return True

        erase(papers.own, "retention", "o1", Actor.system("test"), rows, still)

        assert isinstance(holding[0].result(), str)


def test_nothing_goes_while_a_request_about_him_is_open(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)
    request = report(papers.desk.ledger, Report("misuse", "x", papers.certificates[0].serial_number))
    assert isinstance(request, str)

    during = papers.plan()
    papers.desk.person("10000044", DutyKind.REGISTRATION_OFFICER)
    signed = papers.desk.sign("10000044", close_act([request], "unfounded", papers.own.clock.now()))
    close(papers.desk.ledger, [request], "unfounded", signed)

    assert (during.rows, during.kept["request-open"]) == ((), 1)
    assert papers.plan().papers == 1


def test_nothing_goes_while_something_is_about_to_be_signed_on_it(papers: Papers) -> None:
    paper = papers.show()
    with papers.desk.ledger.read() as session:
        enrolment = session.get_one(Evidence, paper).enrolment_id
    papers.years_later(days=40)
    papers.intend(enrolment)

    assert (papers.plan().rows, papers.plan().kept["intended"]) == ((), 1)


def test_what_is_not_sealed_yet_stays(papers: Papers) -> None:
    papers.show(certified=None, ended=True)

    assert papers.plan(HOLDER).rows == ()
    papers.seal()
    assert papers.plan(HOLDER).papers == 1


@pytest.mark.parametrize(
    "duty", [None, DutyKind.REGISTRATION_OFFICER, DutyKind.SYSTEM_ADMINISTRATOR, DutyKind.AUDITOR, DutyKind.HELP_DESK]
)
def test_who_has_not_the_duty_orders_nothing(papers: Papers, duty: DutyKind | None) -> None:
    paper = papers.show()
    papers.years_later(days=40)
    papers.desk.person("10000044", duty)

    assert papers.order(papers.plan(), "10000044") == Refuse("erasure.no-duty")
    assert papers.left() == {paper}


def test_a_duty_that_nobody_agreed_on_suffices_for_nothing(papers: Papers) -> None:
    papers.show(CLERK)
    kept = papers.show(HOLDER)
    papers.years_later(days=40)
    papers.hold()
    papers.desk.person("10000044", DutyKind.CA_OPERATOR)

    outcomes = papers.order(papers.plan(), "10000044"), papers.release(by="10000044"), papers.hold(by="10000044")

    assert outcomes == (Refuse("erasure.no-duty"),) * 3
    assert (kept in papers.left(), papers.plan().kept["held"]) == (True, 1)


def test_an_order_is_for_the_plan_that_was_seen_and_no_other(papers: Papers, clock: TurnedClock) -> None:
    papers.show(certified=30)
    papers.show(certified=100)
    papers.years_later(days=40)
    seen = papers.plan()
    clock.turn(days=100)

    assert papers.order(seen) == Refuse("erasure.changed")
    assert len(papers.left()) == 2


def test_an_order_that_was_killed_half_way_goes_on_and_is_kept_with_its_act(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "PAPERS", 2)
    for _ in range(5):
        papers.show()
    papers.years_later(days=40)
    planned = papers.plan()
    first = papers.order(planned)
    assert isinstance(first, str)
    next(carry_out(papers.own, first))

    second = papers.order(planned)
    rest = papers.erase(planned)

    with papers.desk.ledger.read() as session:
        [kept] = session.scalars(select(ErasureOrder))
        told = [entry.actor for entry in session.scalars(select(Entry).where(Entry.kind == Purged.kind))]
    papers.seal()
    verified = verify_ledger(papers.desk.ledger.reading, papers.outside)
    assert (second, [one.rows for one in rest]) == (first, [4, 2])
    assert (kept.operator_id, kept.rows, kept.plan_sha256) == (f"p{OPERATOR}", 10, planned.digest)
    assert told == [f"person:p{OPERATOR}"] * 3
    assert (verified.good, verified.purged, papers.left()) == (True, 10, set())


def test_a_row_that_was_tampered_with_does_not_go(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)
    planned = papers.plan()
    ordered = papers.order(planned)
    assert isinstance(ordered, str)
    without_guards(papers.desk.ledger)("UPDATE evidence_scan SET sha256 = 'ee'")

    with pytest.raises(NotAsWritten, match="evidence_scan/"):
        list(carry_out(papers.own, ordered))

    assert len(papers.left()) == 1


def test_a_row_goes_once(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)
    with papers.own.read() as session:
        rows = list(session.scalars(select(EvidenceNumber)))
    erase(papers.own, "retention", "o1", Actor.system("test"), rows, lambda _: True)

    with pytest.raises(Taken):
        erase(papers.own, "retention", "o2", Actor.system("test"), rows, lambda _: True)

    with papers.own.read() as session:
        assert len(session.scalars(select(Entry).where(Entry.kind == Purged.kind)).all()) == 1


@pytest.mark.parametrize("table", ["evidence_number", "evidence_scan"])
def test_without_an_entry_the_database_gives_no_row_away(papers: Papers, table: str) -> None:
    paper = papers.show()
    papers.seal()

    with pytest.raises(Exception, match="delete refused"), papers.own.writing.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))

    assert papers.left() == {paper}


@pytest.mark.parametrize("table", ["evidence_number", "evidence_scan"])
def test_an_entry_that_names_another_row_opens_none(papers: Papers, table: str) -> None:
    paper, other = papers.show(), papers.show()
    papers.seal()
    names_another = Purged("retention", (f"{table}/{other}=1:{'0' * 64}",))

    def take(connection: Connection) -> None:
        connection.execute(text(f"DELETE FROM {table} WHERE evidence_id = :id"), {"id": paper})

    with pytest.raises(LedgerRefused, match="delete refused"):
        papers.own.record(names_another, Actor.system("test"), beside=take)

    assert papers.left() == {paper, other}


def test_an_entry_of_before_opens_no_row_later(papers: Papers) -> None:
    paper = papers.show()
    papers.seal()
    papers.own.record(Purged("retention", (f"evidence_number/{paper}=1:{'0' * 64}",)), Actor.system("test"))
    papers.seal()

    with pytest.raises(Exception, match="delete refused"), papers.own.writing.begin() as connection:
        connection.execute(text("DELETE FROM evidence_number"))

    assert papers.left() == {paper}


@pytest.mark.postgresql_only("SQLite has no roles")
@pytest.mark.parametrize("process", ["ca", "holder", "issue", "work", "govern", "audit"])
def test_no_other_process_may_take_a_row_away(papers: Papers, process: str) -> None:
    papers.show()
    other = Ledger(url_of(process, papers.desk.ledger.url), papers.own.clock, SteadyChance(9), "0.1.0", process)

    with pytest.raises(Exception, match="permission denied"), other.writing.begin() as connection:
        connection.execute(text("DELETE FROM evidence_number"))
    with pytest.raises(Exception, match=r"permission denied|may not record"):
        other.record(Purged("retention", ("evidence_number/x=1:0",)), Actor.system("test"))
    other.close()


def test_doubles_are_found_by_the_numbers_that_are_left(papers: Papers) -> None:
    papers.show(HOLDER)
    papers.show(CLERK, certified=600)
    suspect = Suspect(f"p{OTHER_CLERK}", "nobody", None, frozenset({("passport", "card")}))

    def alike(session: Session) -> set[str]:
        return set(unclear(session, [suspect], papers.own.clock.now()).get(suspect.person_id, set()))

    with papers.own.read() as session:
        before = alike(session)
    papers.years_later(days=40)
    papers.erase(papers.plan())
    with papers.own.read() as session:
        after = alike(session)

    assert (before, after) == ({f"p{HOLDER}", f"p{CLERK}"}, {f"p{CLERK}"})


def test_the_years_are_those_of_the_calendar() -> None:
    leap, common = datetime(2032, 2, 29, 5, tzinfo=UTC), datetime(2033, 3, 1, tzinfo=UTC)

    assert years_before(leap, 7) == datetime(2025, 2, 28, 5, tzinfo=UTC)
    assert years_before(common, 7) == datetime(2026, 3, 1, tzinfo=UTC)
