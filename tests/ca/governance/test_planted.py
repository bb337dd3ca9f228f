"""What a process planted, and nobody agreed on, is never carried into what two persons agree on next."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from ca.configuration import Configuration
from ca.events.ceremonies import FirstOfficerAdmitted
from ca.events.governance import ChangeApplied
from ca.governance.held import desk_of
from ca.governance.plan import Plan
from ca.governance.provenance import Provenance, verified
from ca.governance.unproven import unbelieved
from ca.tables.configuration import ConfigurationVersion
from ca.tables.registration import Desk, DeskTerm
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Duty, DutyEnd
from tests.ca.governance.conftest import FIRST, SECOND, THIRD, Office
from tests.doubles import START, TurnedClock
from tests.recorded import TESTER, Noted

BAD = Configuration(officer_age=15, retention_years=99, validity_days={"officer-signing": 1})


def plant(office: Office, *facts: Fact) -> None:
    """As a process would that writes what it may not: past the rules, though under an entry."""
    office.ledger.entries([Deed(Noted("planted"), TESTER, facts)])


def version(configuration: Configuration, number: int) -> ConfigurationVersion:
    body = configuration.body
    return ConfigurationVersion(id=f"v{number}", number=number, body=body, digest=sha256(body.encode()).hexdigest())


def believed(office: Office) -> Configuration:
    with office.ledger.read() as session:
        return verified(session)


def drafted(office: Office, what: str, **given: Any) -> Plan:
    plan = office.drafted(what, given)
    assert isinstance(plan, Plan), plan
    return plan


@pytest.mark.parametrize(
    ("what", "given", "wanted"),
    [
        ("configuration.set", {"decisions_needed": 3}, Configuration(decisions_needed=3)),
        (
            "profile.set",
            {"profile": "officer-authentication", "validity_days": 200},
            Configuration(validity_days={"officer-authentication": 200}),
        ),
    ],
)
def test_a_planted_version_is_not_carried_into_the_next_agreed_one(
    operated: Office, what: str, given: dict[str, Any], wanted: Configuration
) -> None:
    plant(operated, version(BAD, 1))

    operated.agreed(what, approver=THIRD, **given)

    assert believed(operated) == wanted
    with operated.ledger.read() as session:
        assert session.scalars(select(ConfigurationVersion.number)).all() == [1, 2]


def test_the_difference_and_what_will_happen_are_told_against_the_believed_numbers(operated: Office) -> None:
    plant(operated, version(Configuration(decisions_needed=3), 1))

    plan = drafted(operated, "configuration.set", decisions_needed=4)
    with operated.ledger.read() as session:
        effects = plan.kind.effects(Provenance(session), plan.values, operated.ledger.clock.now())

    assert dict(plan.difference) == {"decisions_needed": (2, 4)}
    assert [dict(effect.numbers) for effect in effects] == [{"enrolments": 0, "more": 2}]


def test_what_only_a_planted_version_says_can_be_agreed_on(operated: Office) -> None:
    plant(operated, version(Configuration(decisions_needed=3), 1))

    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)

    assert believed(operated) == Configuration(decisions_needed=3)


def test_a_version_that_is_planted_after_the_approval_outdates_the_plan(operated: Office) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    plant(operated, version(BAD, 1))

    assert operated.apply(FIRST, digest) == Refuse("change.outdated")


def test_a_planted_duty_is_not_counted_among_the_two_who_must_be_left(office: Office) -> None:
    plant(office, Duty(id="x", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START))

    assert office.drafted("duty.end", {"person": SECOND, "duty": "registration-officer"}) == Refuse("duty.last")


def test_a_planted_duty_can_be_ended_and_changes_nothing_for_who_decides(office: Office) -> None:
    plant(office, Duty(id="x", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START))

    plan = drafted(office, "duty.end", person=THIRD, duty="registration-officer")
    with office.ledger.read() as session:
        effects = plan.kind.effects(Provenance(session), plan.values, START)

    assert (plan.values, list(effects)) == ({"duties": ["x"]}, [])


def test_the_dates_of_a_planted_term_are_not_carried_on(office: Office) -> None:
    long_ago = START - timedelta(days=3000)
    plant(office, DeskTerm(id="t2", desk_id="desk-1", number=2, valid_from=long_ago))

    office.agreed("desk.change", desk="center", until="2027-12-31")

    with office.ledger.read() as session:
        found = desk_of(Provenance(session), "center")
    assert found is not None
    assert (found.term.number, found.term.valid_from) == (3, START - timedelta(days=1))


def test_a_closed_desk_that_a_planted_term_reopened_is_closed_again_without_a_licence_for_the_time_between(
    office: Office, clock: TurnedClock
) -> None:
    office.agreed("desk.close", desk="center")
    clock.turn(days=10)
    plant(office, DeskTerm(id="t3", desk_id="desk-1", number=3, valid_from=START))

    office.agreed("desk.close", desk="center")

    with office.ledger.read() as session:
        found = desk_of(Provenance(session), "center")
    assert found is not None
    assert (found.term.number, found.term.valid_from, found.term.valid_to) == (4, clock.now(), clock.now())


def found(office: Office) -> list[tuple[str, str, str]]:
    with office.ledger.read() as session:
        return [(one.kind, one.id, one.code) for one in unbelieved(Provenance(session))]


def test_what_two_persons_agreed_on_and_the_ceremony_made_is_accounted_for(operated: Office) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)
    operated.agreed("desk.open", desk="LP-1", province="LA-LP")
    operated.agreed("desk.close", desk="LP-1")

    assert found(operated) == []


def test_each_planted_thing_is_listed_with_why_it_does_not_count(operated: Office) -> None:
    plant(operated, Duty(id="x", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START))
    plant(operated, Desk(id="d9", code="LP-9", province="LA-LP"))
    plant(operated, DeskTerm(id="t9", desk_id="desk-1", number=2, valid_from=START))
    plant(operated, version(BAD, 1))
    late = Duty(id="y", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START)
    operated.ledger.entries([Deed(FirstOfficerAdmitted(f"p{THIRD}", "ab"), TESTER, [late])])

    assert found(operated) == [
        ("duty", "x", "unproven.no-change"),
        ("duty", "y", "unproven.ceremony"),
        ("desk", "d9", "unproven.no-change"),
        ("desk_term", "t9", "unproven.no-change"),
        ("configuration_version", "v1", "unproven.no-change"),
    ]


def test_what_names_a_change_that_does_not_say_so_is_listed(operated: Office) -> None:
    event = ChangeApplied("c9", "configuration.set", "ab" * 32, f"p{FIRST}")
    operated.ledger.entries([Deed(event, TESTER, [version(BAD, 1)])])

    assert found(operated) == [("configuration_version", "v1", "unproven.not-agreed")]


def test_what_an_agreed_change_ended_or_buried_is_listed_no_more(operated: Office) -> None:
    plant(operated, Duty(id="x", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START))
    plant(operated, DeskTerm(id="t9", desk_id="desk-1", number=2, valid_from=START))
    plant(operated, version(BAD, 1))

    operated.agreed("duty.end", person=THIRD, duty="registration-officer")
    operated.agreed("desk.change", desk="center", until="2027-12-31")
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)

    assert found(operated) == []


def test_a_planted_desk_is_none_to_changes_but_its_code_is_taken(office: Office) -> None:
    desk = Desk(id="d9", code="LP-9", province="LA-LP")
    plant(office, desk, DeskTerm(id="t9", desk_id="d9", number=1, valid_from=START))

    outcomes = [
        office.drafted("desk.change", {"desk": "LP-9", "until": "2027-12-31"}),
        office.drafted("duty.grant", {"person": THIRD, "duty": "registration-officer", "desk": "LP-9"}),
        office.drafted("desk.open", {"desk": "LP-9", "province": "LA-LP"}),
    ]

    assert outcomes == [
        Refuse("change.desk-unknown"), Refuse("duty.desk-unknown"), Refuse("change.desk-exists"),
    ]  # fmt: skip


FAR = START + timedelta(days=30_000)


def test_a_planted_end_of_a_later_day_hides_no_planted_duty_and_is_listed_itself(office: Office) -> None:
    plant(office, Duty(id="x", person_id=f"p{THIRD}", kind="registration-officer", valid_from=START))
    plant(office, DutyEnd(duty_id="x", at=FAR))

    assert found(office) == [("duty", "x", "unproven.no-change"), ("duty_end", "x", "duty.end-ahead")]


def test_a_planted_end_of_a_later_day_takes_no_duty_away_when_the_day_comes(
    office: Office, clock: TurnedClock
) -> None:
    plant(office, DutyEnd(duty_id=f"first-{SECOND}", at=START + timedelta(days=1)))
    clock.turn(days=2)

    with office.ledger.read() as session:
        [span] = Provenance(session).duties([f"p{SECOND}"])[f"p{SECOND}"]

    assert span.ends is None
    assert found(office) == [("duty_end", f"first-{SECOND}", "duty.end-ahead")]


def test_who_wants_to_end_a_duty_in_whose_end_s_place_another_stands_is_told_at_once(operated: Office) -> None:
    plant(operated, DutyEnd(duty_id=f"first-{SECOND}", at=FAR))

    assert operated.drafted("duty.end", {"person": SECOND, "duty": "registration-officer"}) == Refuse("duty.end-ahead")


def test_a_planted_end_takes_the_duty_away_at_once_and_is_listed(operated: Office) -> None:
    plant(operated, DutyEnd(duty_id=f"first-{SECOND}", at=START))

    with operated.ledger.read() as session:
        [span] = Provenance(session).duties([f"p{SECOND}"])[f"p{SECOND}"]

    assert span.ends == START
    assert found(operated) == [("duty_end", f"first-{SECOND}", "unproven.obeyed")]


def test_a_planted_end_that_is_set_back_undoes_nothing_that_its_person_agreed_on(operated: Office) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)

    for number in (FIRST, SECOND):
        plant(operated, DutyEnd(duty_id=f"first-{number}", at=START - timedelta(days=9)))

    assert believed(operated) == Configuration(decisions_needed=3)
