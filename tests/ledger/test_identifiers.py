"""Identifiers sort as they were made, also when many are made in one millisecond (RFC 9562 clauses 5.7 and 6.2)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import uuid7
from ledger.identifiers import Identifiers

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=10, max_size=10)), min_size=1, max_size=50))
def test_they_sort_by_time_and_then_by_who_was_first(steps: list[tuple[int, bytes]]) -> None:
    given_out = iter([noise for _, noise in steps])
    identifiers, now, made = Identifiers(lambda _: next(given_out)), NOW, []
    for step, _ in steps:
        now += timedelta(milliseconds=step)
        made.append(identifiers.fresh(now))
        assert made[-1] >= uuid7(now, bytes)

    assert made == sorted(set(made))
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, "specified in RFC 4122")}


def test_a_counter_that_is_full_carries_into_the_milliseconds() -> None:
    identifiers = Identifiers(lambda count: b"\xff" * count)

    made = [identifiers.fresh(NOW) for _ in range(5000)]

    assert made == sorted(set(made))
    assert {int(one.replace("-", "")[:12], 16) - int(NOW.timestamp() * 1000) for one in made} == {0, 1}
