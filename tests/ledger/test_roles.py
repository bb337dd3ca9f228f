"""The role matrix, line by line: what each duty allows, and which duties nobody has at once (CA-07)."""

from datetime import timedelta
from itertools import permutations, product

import pytest

from ledger.decision import Allow, Refuse
from ledger.people import DutyKind
from ledger.roles import MATRIX, Action, DutySpan, may_act, may_have
from tests.doubles import START

DAY = timedelta(days=1)
ALLOWED = {
    ("registration-officer", "enrolment.submit"),
    ("registration-officer", "enrolment.decide"),
    ("registration-officer", "certificate.end"),
    ("registration-officer", "certificate.pause"),
    ("registration-officer", "register.apply"),
    ("registration-officer", "account.manage"),
    ("registration-officer", "change.plan-people"),
    ("registration-officer", "change.approve-people"),
    ("registration-officer", "change.plan-rules"),
    ("registration-officer", "change.plan-machines"),
    ("registration-officer", "change.approve-machines"),
    ("register-clerk", "register.apply"),
    ("ca-operator", "certificate.end"),
    ("ca-operator", "certificate.pause"),
    ("help-desk", "certificate.pause"),
    ("ca-operator", "issuer.close"),
    ("registration-officer", "issuance.halt"),
    ("ca-operator", "issuance.halt"),
    ("system-administrator", "issuance.halt"),
    ("ca-operator", "issuance.resume"),
    ("ca-operator", "statement.agree"),
    ("registration-officer", "statement.agree"),
    ("ca-operator", "change.plan-people"),
    ("ca-operator", "change.approve-people"),
    ("ca-operator", "change.plan-rules"),
    ("ca-operator", "change.approve-rules"),
    ("registration-officer", "records.hold"),
    ("ca-operator", "records.hold"),
    ("ca-operator", "records.release"),
    ("ca-operator", "records.erase"),
    ("system-administrator", "register.apply"),
    ("system-administrator", "account.manage"),
    ("system-administrator", "change.plan-people"),
    ("system-administrator", "change.plan-rules"),
}
"""Written out here once more, so that a change of the matrix is seen twice."""
TOGETHER = set(permutations(("registration-officer", "register-clerk", "help-desk"), 2))
EVERY = list(product([kind.value for kind in DutyKind], [action.value for action in Action]))
PAIRS = [(one.value, other.value) for one, other in product(DutyKind, DutyKind) if one is not other]


def span(kind: str, desk: str | None = None) -> DutySpan:
    return DutySpan(DutyKind(kind), START, START + 10 * DAY, desk)


def test_the_matrix_has_a_line_for_every_action() -> None:
    assert set(MATRIX) == set(Action)


@pytest.mark.parametrize(("duty", "action"), EVERY)
def test_each_duty_allows_each_action_or_not_as_listed(duty: str, action: str) -> None:
    outcome = may_act(Action(action), [span(duty)], START)

    assert (outcome == Allow()) == ((duty, action) in ALLOWED)


@pytest.mark.parametrize("action", Action)
def test_the_auditor_may_do_nothing_but_read(action: Action) -> None:
    assert not may_act(action, [span("auditor")], START)


def test_the_administrator_is_in_no_line_by_which_a_certificate_comes_to_be() -> None:
    outcomes = [may_act(action, [span("system-administrator")], START) for action in (Action.ENROL, Action.DECIDE)]

    assert outcomes == [Refuse("decision.no-duty")] * 2


def test_a_duty_allows_nothing_before_it_begins_nor_from_its_end_on() -> None:
    times = (START - DAY, START, START + 9 * DAY, START + 10 * DAY)

    assert [bool(may_act(Action.DECIDE, [span("registration-officer")], at)) for at in times] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_duty_of_one_desk_counts_there_and_where_no_desk_is_asked_for() -> None:
    held = [span("registration-officer", "LA-VT-1")]

    assert [bool(may_act(Action.DECIDE, held, START, desk)) for desk in ("LA-VT-1", "LA-LP-1", None)] == [
        True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_duties_of_different_areas_clash(one: str, other: str) -> None:
    outcome = may_have(span(one), [span(other)])

    assert outcome == (Allow() if (one, other) in TOGETHER else Refuse("duty.clash"))


def test_clashing_duties_one_after_the_other_are_possible() -> None:
    later = DutySpan(DutyKind.AUDITOR, START + 10 * DAY, None)

    assert may_have(later, [span("ca-operator")]) == Allow()
