"""A reading sees one snapshot from its first question on, writes nothing, and keeps what it has prepared."""

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from ledger.entry import Entry
from ledger.ledger import Ledger, LedgerUnavailable
from tests.ledger.test_rounds import noted

_COUNT = select(func.count()).select_from(Entry)


def test_what_is_written_meanwhile_is_not_in_the_snapshot_of_a_reading(ledger: Ledger) -> None:
    with ledger.read() as session:
        before = session.scalar(_COUNT)
        noted(ledger, "10000001")
        after = session.scalar(_COUNT)

    with ledger.read() as session:
        assert (before, after, session.scalar(_COUNT)) == (before, before, (before or 0) + 1)


def test_the_database_itself_lets_no_reading_write(ledger: Ledger) -> None:
    with ledger.reading.connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(text("CREATE TABLE stray (number integer)"))


@pytest.mark.postgresql_only("its driver forgets what it prepared at a ROLLBACK")
def test_what_one_reading_prepared_the_next_still_has(ledger: Ledger) -> None:
    for _ in range(5):
        with ledger.read() as session:
            session.scalar(_COUNT)

    with ledger.read() as session:
        kept = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()

    assert any("count(*)" in statement for statement in kept)


def test_in_one_snapshot_all_readings_of_a_thread_are_one_whatever_is_written_meanwhile(ledger: Ledger) -> None:
    begun: list[object] = []
    event.listen(ledger.reading, "begin", begun.append)

    with ledger.one_snapshot():
        with ledger.read() as session:
            before = session.scalar(_COUNT)
        noted(ledger, "10000031")
        with ledger.read() as session:
            after = session.scalar(_COUNT)
        once = len(begun)

    with ledger.read() as session:
        assert (before, after, session.scalar(_COUNT)) == (before, before, (before or 0) + 1)
    assert once == len(begun) - 1


@pytest.mark.postgresql_only("SQLite begins a transaction without a word to anybody")
def test_a_glance_begins_nothing_and_the_next_reading_is_of_one_snapshot_again(ledger: Ledger) -> None:
    with ledger.read(glance=True) as session:
        before = session.scalar(_COUNT)
        noted(ledger, "10000032")
        after = session.scalar(_COUNT)

    assert after == (before or 0) + 1
    with ledger.read() as session:
        before = session.scalar(_COUNT)
        noted(ledger, "10000033")
        assert session.scalar(_COUNT) == before


def test_no_glance_writes(ledger: Ledger) -> None:
    with pytest.raises((DBAPIError, LedgerUnavailable), match=r"read-?only"), ledger.read(glance=True) as session:
        session.execute(text("CREATE TABLE stray (number integer)"))
