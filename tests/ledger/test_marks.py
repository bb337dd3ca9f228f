"""Marks against replay are kept as long as what they mark could be shown, and not for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import Table, delete, func, select
from sqlalchemy.exc import DBAPIError

from ledger.clock import SystemClock
from ledger.erasing import PAST, forget_marks
from ledger.ledger import Ledger
from ledger.replay import ReplayMark, spend


@pytest.fixture
def now(ledger: Ledger) -> SystemClock:
    """Of the machine, which the database compares with."""
    ledger.clock = SystemClock()
    return ledger.clock


def left(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(ReplayMark)) or 0


def test_marks_that_are_long_past_go_in_batches_the_oldest_first(ledger: Ledger, now: SystemClock) -> None:
    for hours in range(5):
        spend(ledger, "test", str(hours), now.now() - PAST - timedelta(hours=hours, minutes=1))

    gone = [forget_marks(ledger, 2) for _ in range(4)]

    assert (gone, left(ledger)) == ([2, 2, 1, 0], 0)


def test_a_mark_that_counts_or_just_counted_stays(ledger: Ledger, now: SystemClock) -> None:
    for minutes in (10, 0, -59):
        spend(ledger, "test", str(minutes), now.now() + timedelta(minutes=minutes))

    assert (forget_marks(ledger), left(ledger)) == (0, 3)
    assert not spend(ledger, "test", "10", now.now() + timedelta(minutes=10))


def test_the_database_lets_no_mark_go_that_could_still_count(ledger: Ledger, now: SystemClock) -> None:
    spend(ledger, "test", "young", now.now() - timedelta(minutes=50))
    table = ReplayMark.__table__
    assert isinstance(table, Table)

    with pytest.raises(DBAPIError, match="laotrust: replay_mark: delete refused"), ledger.writing.begin() as connection:
        connection.execute(delete(table))

    assert left(ledger) == 1
