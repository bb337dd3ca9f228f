"""The graph of an enrolment's states: no way leads around the identity check, and the code takes no other way."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.registration.progress import states
from ca.registration.rules import RULES
from ca.registration.states import TRANSITIONS, State, Step, Who, may_step, ways
from ledger.decision import Allow, Refuse
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person

OFFICER = "10000017"
DONE = (State.ISSUED, State.CONFIRMED)


@pytest.mark.parametrize(("goal", "naming"), list(product(DONE, (True, False))))
def test_every_way_to_a_certificate_leads_through_the_identity_check_and_the_approval(
    goal: State, naming: bool
) -> None:
    found = list(ways(State.ASKED, goal, names_organisation=naming))

    assert found
    passed = [{one.target for one in way} for way in found]
    assert all({State.IDENTITY_CHECKED, State.APPROVED} <= each for each in passed)


def test_where_an_organisation_is_named_every_way_leads_through_its_confirmation() -> None:
    found = ways(State.ASKED, State.ISSUED, names_organisation=True)

    who = [{one.who for one in way} for way in found]
    assert who
    assert all({Who.REGISTRATION_OFFICER, Who.ORGANISATION_OFFICER, Who.SIGNING_ROOM} == each for each in who)


def reached(start: State, *, without: State) -> set[State]:
    """Every state that some way leads to which never enters `without`."""
    found, edge = {start}, {start}
    while edge:
        edge = {one.target for one in TRANSITIONS if one.source in edge} - found - {without}
        found |= edge
    return found


@pytest.mark.parametrize("gate", [State.IDENTITY_CHECKED, State.APPROVED])
def test_without_the_identity_check_or_the_approval_no_search_finds_a_certificate_however_long_the_way(
    gate: State,
) -> None:
    assert reached(State.ASKED, without=gate).isdisjoint({*DONE, State.CARRIED})


def test_what_carries_comes_of_a_confirmed_certificate_by_its_holder_and_of_nothing_else() -> None:
    into = {(one.source, one.who) for one in TRANSITIONS if one.target is State.CARRIED is not one.source}

    assert into == {(State.CONFIRMED, Who.HOLDER)}


def test_what_a_machine_asks_for_comes_of_a_confirmed_identity_by_officers_and_the_organisation() -> None:
    [way] = [
        found
        for found in ways(State.CONFIRMED, State.APPROVED, names_organisation=True)
        if any(one.who is Who.MACHINE for one in found)
    ]

    assert [one.who for one in way] == [Who.REGISTRATION_OFFICER, Who.ORGANISATION_OFFICER, Who.MACHINE]
    assert {one.source for one in TRANSITIONS if one.target is State.GRANTED} == {State.CONFIRMED}
    assert State.ALLOWED not in reached(State.ASKED, without=State.IDENTITY_CHECKED)
    assert State.ALLOWED not in reached(State.ASKED, without=State.GRANTED)


@pytest.mark.parametrize("naming", [True, False])
def test_what_follows_a_certificate_is_approved_again_before_it_is_issued(naming: bool) -> None:
    found = list(ways(State.CARRIED, State.ISSUED, names_organisation=naming))

    assert found
    assert all(State.APPROVED in {one.target for one in way} for way in found)


@pytest.mark.parametrize("state", [State.NOT_TAKEN_UP, State.ENDED, State.REVOKED])
def test_nothing_comes_back_from_an_end(state: State) -> None:
    assert [one for one in TRANSITIONS if one.source is state] == []


@pytest.mark.parametrize(("state", "step", "naming"), list(product(State, Step, (True, False))))
def test_a_step_is_open_exactly_where_the_table_has_it(state: State, step: Step, naming: bool) -> None:
    listed = [
        one
        for one in TRANSITIONS
        if (one.source, one.step) == (state, step) and one.naming_organisation in (None, naming)
    ]

    assert isinstance(may_step(state, step, names_organisation=naming), Allow if listed else Refuse)


def test_every_rule_begins_at_the_desk() -> None:
    assert [one.who for one in TRANSITIONS if one.source is State.ASKED] == [Who.REGISTRATION_OFFICER] * 2
    assert RULES.keys().isdisjoint({"root-ca", "issuing-ca", "cross-certificate", "ocsp-responder", "tsa-unit"})


ACTS = ("yes-first", "yes-second", "no-first", "no-second", "turn")
EDGES = {(one.source, one.target) for one in TRANSITIONS}


def act(ca: PracticeCa, enrolment: str, what: str) -> None:
    if what == "turn":
        ca.room().turn()
    else:
        said, who = what.split("-")
        ca.vote({"first": FIRST, "second": SECOND}[who], enrolment, approved=said == "yes")


def state(ca: PracticeCa, enrolment: str) -> State:
    with ca.ledger.read() as session:
        return states(session, [enrolment], ca.ledger.clock.now())[enrolment]


def walked(ca: PracticeCa, acts: list[str]) -> list[State]:
    """The states that a new enrolment of the officer is in, one after each act."""
    enrolment = ca.apply(OFFICER)
    assert isinstance(enrolment, str)
    seen = [State.ASKED, state(ca, enrolment)]
    for what in acts:
        act(ca, enrolment, what)
        seen.append(state(ca, enrolment))
    return seen


@pytest.mark.sqlite_only("the walk is the same on both engines")
def test_whatever_is_done_in_whichever_order_no_step_is_taken_that_is_not_in_the_table(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)

    @given(st.lists(st.sampled_from(ACTS), max_size=5))
    @settings(max_examples=12, deadline=None, derandomize=True)
    def check(acts: list[str]) -> None:
        seen = walked(ca, acts)

        taken = {(before, after) for before, after in pairwise(seen) if before is not after}
        assert taken <= EDGES

    check()
