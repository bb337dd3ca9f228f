"""What `./scripts/bench` says of a figure: whether the goal beside it is met."""

import pytest

from benchmarks.result import Goal, Result, at_least, times_the_peer, under


@pytest.mark.parametrize(
    ("goal", "value", "ratio", "met"),
    [
        (None, 1.0, 9.0, None),
        (under(50), 49.9, None, True),
        (under(50), 50.0, None, False),
        (at_least(2000), 2000.0, 0.1, True),
        (at_least(2000), 1999.0, 9.0, False),
        (times_the_peer(0.7), 1.0, 0.7, True),
        (times_the_peer(0.7), 1000.0, 0.69, False),
        (times_the_peer(0.7), 1000.0, None, None),
    ],
)
def test_a_goal_is_of_the_value_or_of_the_ratio(
    goal: Goal | None, value: float, ratio: float | None, met: bool | None
) -> None:
    assert Result("a figure", value, "ms", "a peer", ratio, goal).met is met


def test_a_goal_says_itself() -> None:
    assert [str(one) for one in (under(50), at_least(5000), times_the_peer(0.7))] == [
        "under 50", "at least 5,000", "at least 0.7 ×",
    ]  # fmt: skip
