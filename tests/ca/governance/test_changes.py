"""Four eyes: one person plans, another approves, it is applied once; what is refused is recorded."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ca.events.governance import ChangePlanned
from ca.governance import changes
from ca.governance.plan import APPROVE, PLAN, Plan, act_for
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change
from ledger.acts import SignedAct, proof_columns
from ledger.decision import Allow, Refuse
from ledger.entry import Entry
from ledger.ledger import Deed
from ledger.people import Cutoff, Duty, DutyEnd
from tests.ca.failing import InterruptedLedger
from tests.ca.governance.conftest import FIRST, FOURTH, SECOND, THIRD, Office
from tests.doubles import TurnedClock
from tests.recorded import TESTER, Noted


def versions(office: Office) -> int:
    with office.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(ConfigurationVersion)) or 0


def test_what_one_plans_and_another_approves_is_in_force_once_it_is_applied(operated: Office) -> None:
    digest = operated.plan(FIRST, "configuration.set", decisions_needed=3)
    planned = operated.in_force().decisions_needed
    approved = operated.approve(THIRD, digest)
    waiting = operated.in_force().decisions_needed

    applied = operated.apply(FIRST, digest)

    assert (planned, approved, waiting, applied) == (2, Allow(), 2, Allow())
    assert operated.in_force().decisions_needed == 3


def test_what_a_change_brings_hangs_on_the_entry_that_applied_it(operated: Office) -> None:
    operated.agreed("configuration.set", approver=THIRD, officer_age=20)

    brought = select(Entry.kind, Entry.actor).join(ConfigurationVersion, ConfigurationVersion.entry_id == Entry.id)
    with operated.ledger.read() as session:
        applied = session.execute(brought).one()

    assert tuple(applied) == ("change.applied", f"person:p{FIRST}")


def test_a_change_that_nobody_approved_is_not_applied(operated: Office) -> None:
    digest = operated.plan(FIRST, "configuration.set", decisions_needed=3)

    assert operated.apply(FIRST, digest) == Refuse("change.not-approved")
    assert operated.denials() == [f"person:p{FIRST} change.not-approved"]


def test_nobody_approves_his_own_plan_even_with_the_duty(operated: Office) -> None:
    digest = operated.plan(THIRD, "configuration.set", decisions_needed=3)

    assert operated.approve(THIRD, digest) == Refuse("change.own-plan")
    assert operated.apply(THIRD, digest) == Refuse("change.not-approved")


def test_who_lacks_the_duty_to_approve_does_not_count(operated: Office) -> None:
    digest = operated.plan(FIRST, "configuration.set", decisions_needed=3)

    answers = [operated.approve(number, digest) for number in (SECOND, FOURTH)]

    assert answers == [Refuse("change.no-duty")] * 2
    assert operated.apply(FIRST, digest) == Refuse("change.not-approved")


def test_nobody_approves_twice(operated: Office) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)

    assert operated.approve(THIRD, digest) == Refuse("change.twice")


@pytest.mark.parametrize("number", [FIRST, SECOND])
def test_nobody_plans_or_approves_his_own_duty(office: Office, number: str) -> None:
    by = {FIRST: SECOND, SECOND: FIRST}[number]
    own = office.plan(number, "duty.grant", person=number, duty="register-clerk")
    other = office.plan(by, "duty.grant", person=number, duty="register-clerk")

    assert own == Refuse("change.own-duty")
    assert office.approve(number, other) == Refuse("change.own-duty")


def test_a_change_is_applied_once(operated: Office) -> None:
    digest = operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)

    assert operated.apply(FIRST, digest) == Refuse("change.applied-already")
    assert versions(operated) == 1


def test_a_refused_change_is_over(operated: Office) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)

    refused = operated.refuse(THIRD, digest)

    assert refused == Allow()
    assert operated.approve(THIRD, digest) == Refuse("change.twice")
    assert operated.apply(FIRST, digest) == Refuse("change.refused-already")
    assert versions(operated) == 0


def test_a_planner_takes_his_plan_back_and_an_officer_who_may_not_approve_it_does_not(operated: Office) -> None:
    digest = operated.plan(FIRST, "configuration.set", decisions_needed=3)

    assert operated.refuse(SECOND, digest) == Refuse("change.no-duty")
    assert operated.refuse(FIRST, digest) == Allow()
    assert operated.approve(THIRD, digest) == Refuse("change.refused-already")


def test_a_plan_that_another_change_outdated_is_planned_again(operated: Office) -> None:
    one = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    operated.agreed("configuration.set", approver=THIRD, officer_age=21)

    assert operated.apply(FIRST, one) == Refuse("change.outdated")
    assert (operated.in_force().officer_age, operated.in_force().decisions_needed) == (21, 2)


def test_a_change_waits_thirty_days_at_most(operated: Office, clock: TurnedClock) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    late = operated.plan(FIRST, "configuration.set", decisions_needed=4)

    clock.turn(days=30, seconds=1)

    assert operated.apply(FIRST, digest) == Refuse("change.expired")
    assert operated.approve(THIRD, late) == Refuse("change.expired")


def test_an_approver_who_was_cut_off_meanwhile_has_approved_nothing(operated: Office, clock: TurnedClock) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    cutoff = Cutoff(id="cut", person_id=f"p{THIRD}", at=clock.now(), reason="keyCompromise")
    operated.ledger.entries([Deed(Noted("cut"), TESTER, [cutoff])])

    assert operated.apply(FIRST, digest) == Refuse("change.acts-void")


def test_an_act_about_another_change_or_under_another_key_counts_for_nothing(operated: Office) -> None:
    digest = operated.plan(FIRST, "configuration.set", decisions_needed=3)
    other = operated.plan(FIRST, "configuration.set", decisions_needed=4)
    elsewhere = operated.signed(THIRD, APPROVE, str(other))
    first = operated.signed(FIRST, APPROVE, str(digest))
    forged = SignedAct(first.act, operated.hands[THIRD].certificate_sha256, first.signature)

    answers = [changes.approve(operated.ledger, str(digest), signed) for signed in (elsewhere, forged)]

    assert answers == [Refuse("change.not-about-this"), Refuse("act.signature-invalid")]
    assert operated.denials() == ["system:test change.not-about-this", "system:test act.signature-invalid"]


def test_a_plan_altered_after_it_was_signed_is_not_taken_up(operated: Office) -> None:
    digest = "0" * 64

    assert operated.approve(THIRD, digest) == Refuse("change.unknown")


@pytest.fixture
def interrupted(operated: Office):  # type: ignore[no-untyped-def]
    """The same ledger, before whose first write something else happens."""
    ledger = InterruptedLedger(operated.ledger.url, operated.ledger.clock, operated.ledger.randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


def test_of_two_who_apply_at_once_one_does(operated: Office, interrupted: InterruptedLedger) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    interrupted.first = lambda: operated.apply(FIRST, digest)

    late = Office(interrupted, operated.hands).apply(THIRD, digest)

    assert late == Refuse("change.applied-already")
    assert versions(operated) == 1


def test_who_applies_what_is_refused_at_the_same_moment_is_turned_away(
    operated: Office, interrupted: InterruptedLedger
) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    interrupted.first = lambda: operated.refuse(THIRD, digest)

    late = Office(interrupted, operated.hands).apply(FIRST, digest)

    assert (late, versions(operated)) == (Refuse("change.refused-already"), 0)


def test_two_grants_that_clash_are_not_both_applied_though_neither_saw_the_other(
    office: Office, interrupted_office: Office
) -> None:
    audit = office.approved("duty.grant", person=FOURTH, duty="auditor")
    operation = office.approved("duty.grant", person=FOURTH, duty="ca-operator")
    interrupted_office.ledger.first = lambda: office.apply(FIRST, audit)  # type: ignore[attr-defined]

    late = interrupted_office.apply(FIRST, operation)

    assert late == Refuse("change.outdated")
    assert [span.kind.value for span in office.believed(FOURTH)] == ["auditor"]


@pytest.fixture
def interrupted_office(office: Office):  # type: ignore[no-untyped-def]
    ledger = InterruptedLedger(office.ledger.url, office.ledger.clock, office.ledger.randomness, "0.1.0", "test")
    yield Office(ledger, office.hands)
    ledger.close()


def test_an_officer_whose_duty_ended_can_apply_nothing(operated: Office, clock: TurnedClock) -> None:
    digest = operated.approved("configuration.set", approver=THIRD, decisions_needed=3)
    end = DutyEnd(duty_id=f"first-{SECOND}", at=clock.now())
    operated.ledger.entries([Deed(Noted("end"), TESTER, [end])])

    assert operated.apply(SECOND, digest) == Refuse("change.no-duty")


def test_a_duty_that_no_change_brought_allows_nothing(office: Office, clock: TurnedClock) -> None:
    duty = Duty(id="made-up", person_id=f"p{THIRD}", kind="ca-operator", valid_from=clock.now() - timedelta(days=1))
    office.ledger.entries([Deed(Noted("made-up"), TESTER, [duty])])

    assert office.plan(THIRD, "configuration.set", decisions_needed=3) == Refuse("change.no-duty")




def test_who_leaves_himself_out_of_his_plan_cannot_plan_his_own_duty(office: Office) -> None:
    honest = office.drafted("duty.grant", {"person": FOURTH, "duty": "auditor"})
    assert isinstance(honest, Plan)
    blank = replace(honest, person_id=None)

    signed = office.hands[FIRST].sign(act_for(PLAN, blank.digest, blank.planned_at))

    assert changes.plan(office.ledger, blank, signed) == Refuse("change.outdated")


def test_nobody_approves_a_difference_that_its_values_contradict(office: Office) -> None:
    honest = office.drafted("duty.grant", {"person": FOURTH, "duty": "auditor"})
    assert isinstance(honest, Plan)
    lie = replace(honest, values={**honest.values, "person": f"p{THIRD}", "duty": "registration-officer"})
    signed = office.hands[FIRST].sign(act_for(PLAN, lie.digest, lie.planned_at))
    change = Change(
        id="c1", digest=lie.digest, kind=lie.what, body=lie.body, planner_id=f"p{FIRST}", **proof_columns(signed)
    )
    office.ledger.entries([Deed(ChangePlanned("c1", lie.what, lie.digest, f"p{FIRST}"), TESTER, [change])])

    assert office.approve(SECOND, lie.digest) == Refuse("change.outdated")
