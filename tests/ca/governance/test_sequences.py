"""Whatever persons do in whichever order, nothing is in force without the yes of another person on duty."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ca.governance.policy import LIFE
from ca.governance.provenance import verified
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change, ChangeApproval, ChangeEnd
from ledger.decision import Decision
from tests.ca.governance.conftest import FIRST, FOURTH, SECOND, THIRD, Office
from tests.doubles import TurnedClock

STEPS: dict[str, Callable[[Office, str, str], Decision]] = {
    "approve": lambda office, person, digest: office.approve(person, digest),
    "refuse": lambda office, person, digest: office.refuse(person, digest),
    "apply": lambda office, person, digest: office.apply(person, digest),
}
APPROVERS = {f"p{THIRD}"}
"""Who alone may approve a change of the configuration in the office of these tests."""
persons = st.sampled_from((FIRST, SECOND, THIRD, FOURTH))
walks = st.lists(st.tuples(persons, st.sampled_from((*STEPS, "apply", "wait"))), max_size=8)


def walk(office: Office, clock: TurnedClock, planner: str, steps: list[tuple[str, str]]) -> None:
    """Each example goes on in the same ledger: it plans a change of its own, against what those before it left."""
    wanted = 15 + (office.in_force().officer_age - 14) % 40
    digest = office.plan(planner, "configuration.set", officer_age=wanted)
    for person, step in steps:
        if step == "wait":
            clock.turn(days=11)
        elif isinstance(digest, str):
            STEPS[step](office, person, digest)


@pytest.mark.sqlite_only("the rules are the same on both engines; the keys are tested on each elsewhere")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(planner=persons, steps=walks)
def test_nothing_is_applied_without_an_approval_by_another_person_who_may(
    operated: Office, clock: TurnedClock, planner: str, steps: list[tuple[str, str]]
) -> None:
    walk(operated, clock, planner, steps)

    with operated.ledger.read() as session:
        applied = session.execute(
            select(Change, ChangeEnd).join(ChangeEnd).where(ChangeEnd.applied, Change.kind == "configuration.set")
        ).all()
        approvals = {(one.change_id, one.person_id) for one in session.scalars(select(ChangeApproval))}
        versions = session.scalars(select(ConfigurationVersion)).all()
        believed = verified(session)

    unbacked = [
        change.id
        for change, end in applied
        if not any((change.id, person) in approvals for person in APPROVERS - {change.planner_id})
        or end.act_at - change.act_at > LIFE
    ]
    assert unbacked == []
    assert {version.entry_id for version in versions} == {end.entry_id for _, end in applied}
    assert believed == operated.in_force()


@pytest.mark.sqlite_only("as above")
def test_the_walks_do_reach_an_application(operated: Office, clock: TurnedClock) -> None:
    before = operated.in_force().officer_age

    walk(operated, clock, FIRST, [(SECOND, "approve"), (THIRD, "approve"), (FOURTH, "apply"), (SECOND, "apply")])

    assert operated.in_force().officer_age == before + 1
