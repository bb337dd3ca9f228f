"""What each kind of change alters, exactly, what it brings, and what it says will happen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ca.configuration import SecondJudge
from ca.governance.held import desk_of
from ca.governance.kind import Unfit
from ca.governance.kinds import KINDS
from ca.governance.plan import Plan, parse_file
from ca.governance.provenance import Provenance
from ca.tables.registration import Decision, Enrolment
from ledger.certificates import KeyUse
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Duty, DutyKind
from ledger.roles import DutySpan
from tests.ca.governance.conftest import FIRST, FOURTH, SECOND, THIRD, Office
from tests.doubles import START, TurnedClock
from tests.recorded import TESTER, Noted


def drafted(office: Office, what: str, **given: Any) -> Plan:
    plan = office.drafted(what, given)
    assert isinstance(plan, Plan), plan
    return plan


def effects(office: Office, plan: Plan) -> Mapping[str, Mapping[str, int | str]]:
    with office.ledger.read() as session:
        found = plan.kind.effects(Provenance(session), plan.values, office.ledger.clock.now())
    return {effect.code.removeprefix("change.effect-"): effect.numbers for effect in found}


def faults(outcome: object) -> str:
    assert isinstance(outcome, Unfit), outcome
    return " ".join(outcome.faults)


def desk_until(office: Office, code: str) -> Any:
    with office.ledger.read() as session:
        found = desk_of(Provenance(session), code)
    assert found is not None
    return found.term.valid_to


def test_a_configuration_differs_in_just_the_fields_that_are_given(operated: Office) -> None:
    plan = drafted(operated, "configuration.set", decisions_needed=3, officer_age=18)

    assert dict(plan.difference) == {"decisions_needed": (2, 3)}


def test_a_configuration_that_contradicts_itself_is_no_change(office: Office) -> None:
    unfit = faults(office.drafted("configuration.set", {"decisions_needed": 1, "hold_days": 0}))

    assert "decisions_needed is not from 2 to 1000" in unfit
    assert "hold_days" in unfit


def test_what_is_as_it_is_asked_to_be_is_no_change(office: Office) -> None:
    assert office.drafted("configuration.set", {"decisions_needed": 2}) == Refuse("change.nothing")


def test_a_second_version_keeps_what_the_first_one_set(operated: Office) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)
    operated.agreed("configuration.set", approver=THIRD, evidence=[["passport"]])

    in_force = operated.in_force()

    assert (in_force.decisions_needed, in_force.evidence) == (3, (("passport",),))


def test_a_profile_s_numbers_change_for_it_alone_and_go_back_to_the_default(operated: Office) -> None:
    operated.agreed("profile.set", approver=THIRD, profile="officer-signing", validity_days=200, second_judge="always")
    set_so = operated.in_force()
    operated.agreed("profile.set", approver=THIRD, profile="officer-signing", validity_days="default")

    gone_back = operated.in_force()

    assert (set_so.longest_days("officer-signing"), set_so.judge_of("officer-signing")) == (200, SecondJudge.ALWAYS)
    assert set_so.longest_days("officer-authentication") == gone_back.longest_days("officer-authentication")
    assert gone_back.validity_days == {}
    assert gone_back.judge_of("officer-signing") is SecondJudge.ALWAYS


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"profile": "officer-signing", "validity_days": 100_000}, "cap"),
        ({"profile": "no-such", "validity_days": 10}, "not a profile"),
        ({"profile": "officer-signing", "second_judge": "sometimes"}, "second_judge"),
        ({"validity_days": 10}, "profile is missing"),
        ({"profile": "officer-signing", "colour": "red"}, "colour is not a field"),
        ({"profile": 7, "validity_days": 10}, "profile is a text"),
    ],
)
def test_a_profile_takes_no_number_that_it_may_not_have(office: Office, given: dict[str, Any], sentence: str) -> None:
    assert sentence in faults(office.drafted("profile.set", given))


def test_a_shorter_life_says_from_how_many_days_to_how_many(operated: Office) -> None:
    before = operated.in_force().longest_days("officer-signing")
    plan = drafted(operated, "profile.set", profile="officer-signing", validity_days=200, second_judge="off")

    assert effects(operated, plan) == {
        "validity": {"profile": "officer-signing", "before": before, "after": 200},
        "no-judge": {"profile": "officer-signing"},
    }


def test_a_duty_begins_when_it_is_applied_and_counts_at_its_desk(office: Office, clock: TurnedClock) -> None:
    digest = office.approved("duty.grant", person=THIRD, duty="registration-officer", desk="center")
    clock.turn(hours=1)
    office.apply(FIRST, digest)

    span = DutySpan(DutyKind.REGISTRATION_OFFICER, START + timedelta(hours=1), None, "center")
    assert office.believed(THIRD) == [span]


def test_a_duty_of_a_later_year_is_of_whole_days_in_vientiane(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="auditor", from_="2027-01-01", until="2027-12-31")

    with office.ledger.read() as session:
        duty = session.scalars(select(Duty).where(Duty.person_id == f"p{THIRD}")).one()

    assert (duty.valid_from.isoformat(), duty.valid_to and duty.valid_to.isoformat()) == (
        "2026-12-31T17:00:00+00:00",
        "2027-12-31T17:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"person": FIRST, "duty": "auditor"}, "duty.clash"),
        ({"person": FIRST, "duty": "ca-operator"}, "duty.clash"),
        ({"person": FIRST, "duty": "registration-officer", "desk": "center"}, "duty.held"),
        ({"person": "99999999", "duty": "auditor"}, "duty.person-unknown"),
        ({"person": THIRD, "duty": "registration-officer", "desk": "LA-XX-9"}, "duty.desk-unknown"),
        ({"person": THIRD, "duty": "king"}, "change.unfit"),
        ({"person": THIRD, "duty": "auditor", "from": "2026-11-01"}, "change.unfit"),
        ({"person": THIRD, "duty": "auditor", "until": "2026-11-01"}, "change.unfit"),
        ({"person": THIRD, "duty": "auditor", "until": "01/02/2027"}, "change.unfit"),
    ],
)
def test_a_duty_that_may_not_be_is_not_planned(office: Office, given: dict[str, Any], refusal: str) -> None:
    outcome = office.drafted("duty.grant", given)

    assert isinstance(outcome, Refuse)
    assert outcome.code == refusal


def test_a_duty_that_was_ended_allows_nothing_any_more(operated: Office) -> None:
    operated.agreed("duty.end", person=THIRD, duty="ca-operator")

    assert operated.plan(THIRD, "configuration.set", decisions_needed=3) == Refuse("change.no-duty")


def test_of_a_person_s_duties_the_named_one_ends(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="registration-officer")
    office.agreed("duty.grant", person=THIRD, duty="register-clerk")
    office.agreed("duty.end", person=THIRD, duty="registration-officer")

    now = office.ledger.clock.now()
    assert [span.kind.value for span in office.believed(THIRD) if span.holds(span.kind, now)] == ["register-clerk"]


def test_who_has_no_such_duty_cannot_lose_it(office: Office) -> None:
    assert office.drafted("duty.end", {"person": THIRD, "duty": "auditor"}) == Refuse("duty.not-held")


def test_the_last_two_who_can_approve_stay(office: Office) -> None:
    assert office.drafted("duty.end", {"person": FIRST, "duty": "registration-officer"}) == Refuse("duty.last")


def test_the_end_of_a_duty_says_how_many_are_left_to_decide(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="registration-officer")
    plan = drafted(office, "duty.end", person=SECOND, duty="registration-officer")

    assert effects(office, plan) == {
        "deciders": {"before": 3, "after": 2},
        "decisions-lost": {"officers": 1, "enrolments": 0},
    }


@pytest.fixture
def waiting(office: Office) -> Office:
    """Two requests that wait, on one of which the second officer said yes."""
    for name in ("e1", "e2"):
        enrolment = Enrolment(
            id=name, person_id=f"p{FOURTH}", profile="officer-signing", request=b"-", key_sha256=name,
            evidence_digest="-", digest="-",
        )  # fmt: skip
        office.ledger.entries([Deed(Noted(name), TESTER, [KeyUse(key_sha256=name, subject="-"), enrolment])])
    yes = Decision(
        id="yes", enrolment_id="e1", officer_id=f"p{SECOND}", approved=True, act_at=START, act_certificate="-",
        act_signature=b"-",
    )  # fmt: skip
    office.ledger.entries([Deed(Noted("yes"), TESTER, [yes])])
    return office


def test_more_decisions_say_how_many_requests_wait_for_them(waiting: Office) -> None:
    plan = drafted(waiting, "configuration.set", decisions_needed=4)

    assert effects(waiting, plan) == {"more-decisions": {"enrolments": 2, "more": 2}}


def test_the_end_of_a_duty_says_how_many_requests_lose_a_decision(waiting: Office) -> None:
    waiting.agreed("duty.grant", person=THIRD, duty="registration-officer")
    plan = drafted(waiting, "duty.end", person=SECOND, duty="registration-officer")

    assert effects(waiting, plan)["decisions-lost"] == {"officers": 1, "enrolments": 1}


def test_a_grant_says_how_many_will_decide(office: Office) -> None:
    plan = drafted(office, "duty.grant", person=THIRD, duty="registration-officer")

    assert effects(office, plan) == {"deciders": {"before": 2, "after": 3}}


def test_a_desk_opens_changes_and_closes(office: Office) -> None:
    office.agreed("desk.open", desk="LP-1", province="LA-LP", until="2027-12-31")
    opened = desk_until(office, "LP-1")
    office.agreed("desk.change", desk="LP-1", until="open")
    changed = desk_until(office, "LP-1")
    office.agreed("desk.close", desk="LP-1")

    assert (opened.isoformat(), changed) == ("2027-12-31T17:00:00+00:00", None)
    assert desk_until(office, "LP-1") == START


def test_a_desk_that_lapsed_begins_anew(office: Office, clock: TurnedClock) -> None:
    office.agreed("desk.open", desk="LP-1", province="LA-LP", until="2026-11-30")
    clock.turn(days=10)
    office.agreed("desk.change", desk="LP-1", until="2027-12-31")

    with office.ledger.read() as session:
        found = desk_of(Provenance(session), "LP-1")

    assert found is not None
    assert found.term.valid_from == clock.now()


@pytest.mark.parametrize(
    ("what", "given", "refusal"),
    [
        ("desk.open", {"desk": "center", "province": "LA-VT"}, "change.desk-exists"),
        ("desk.open", {"desk": "LP-1", "province": "Luang Prabang"}, "change.unfit"),
        ("desk.open", {"desk": "LP-1", "province": "LA-LP", "organisation": "NO-SUCH"}, "change.body-unknown"),
        ("desk.change", {"desk": "LP-1", "until": "2027-12-31"}, "change.desk-unknown"),
        ("desk.change", {"desk": "center", "until": "open"}, "change.nothing"),
        ("desk.close", {"desk": "LP-1"}, "change.desk-unknown"),
    ],
)
def test_a_desk_that_may_not_be_is_not_planned(
    office: Office, what: str, given: dict[str, Any], refusal: str
) -> None:
    outcome = office.drafted(what, given)

    assert isinstance(outcome, Refuse)
    assert outcome.code == refusal


def test_closing_a_desk_says_who_can_no_longer_decide(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="registration-officer")
    plan = drafted(office, "desk.close", desk="center")

    assert effects(office, plan) == {
        "deciders": {"before": 3, "after": 1},
        "decisions-lost": {"officers": 2, "enrolments": 0},
    }


def test_a_closed_desk_takes_no_new_officer(office: Office) -> None:
    office.agreed("desk.close", desk="center")

    refused = office.drafted("duty.grant", {"person": FOURTH, "duty": "registration-officer", "desk": "center"})

    assert refused == Refuse("duty.desk-unknown")
    assert office.drafted("desk.close", {"desk": "center"}) == Refuse("change.desk-closed")


def test_a_file_is_toml_or_json() -> None:
    toml = parse_file('change = "duty.grant"\nperson = "10000017"\nduty = "auditor"\nfrom = 2027-01-01\n')
    json = parse_file('{"change": "duty.grant", "person": "10000017", "duty": "auditor", "from": "2027-01-01"}')

    assert toml == json == ("duty.grant", {"person": "10000017", "duty": "auditor", "from": "2027-01-01"})


@pytest.mark.parametrize("value", ["[2027-01-01]", "07:32:00", "{acme = 07:32:00}"])
def test_a_day_or_time_of_toml_where_none_belongs_is_a_fault_of_the_file(office: Office, value: str) -> None:
    read = parse_file(f'change = "configuration.set"\nexpiry_notice_days = {value}\n')
    assert isinstance(read, tuple)

    assert faults(office.drafted(*read)) == "expiry_notice_days is not a list of whole numbers"


@pytest.mark.parametrize("text", ["", "{", "[1]", "change = 7", 'change = "king.crown"', '{"change": ["duty.grant"]}'])
def test_what_is_no_change_says_so(text: str) -> None:
    assert faults(parse_file(text))


@pytest.mark.parametrize("depth", [900, 20_000])
@pytest.mark.parametrize("form", ['{"change": "duty.grant", "person": %s}', 'change = "duty.grant"\nperson = %s\n'])
def test_a_change_without_a_bottom_says_so(form: str, depth: int) -> None:
    assert faults(parse_file(form % ("[" * depth + "]" * depth)))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_asks_for_every_field_that_it_needs(office: Office, kind: Any) -> None:
    given = {name: dict.fromkeys(kind.needed - {name}, "x") for name in kind.needed}

    said = {name: faults(office.drafted(kind.name, lacking)) for name, lacking in given.items()}

    assert said == {name: f"{name} is missing" for name in kind.needed}
