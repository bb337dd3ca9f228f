"""What a room remembers of the lists' entries is, octet by octet, what it would read anew."""

import pytest
from hypothesis import given
from sqlalchemy import text

from ca.publication.entries import Entries
from ca.publication.listing import listed, revoked
from ledger.ledger import Ledger
from pki.crl import encoded, serial_of
from tests.ca.test_crl_histories import ACTS, FEW, SHARDS, History
from tests.doubles import TurnedClock
from tests.recorded import RecordedIssuer


def read(entries: Entries, ledger: Ledger) -> Entries:
    with ledger.read() as session:
        entries.read(session)
    return entries


@FEW
@given(before=ACTS, after=ACTS)
def test_what_is_read_on_is_what_is_read_anew_after_any_history(
    ledger: Ledger, clock: TurnedClock, before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    history = History(ledger, clock)
    history.go_through(before)
    remembered = read(Entries(history.issuer.id), ledger)

    history.go_through(after)
    for dense in history.serials:  # both are one number in these tests
        remembered.changed(dense)

    anew = read(Entries(history.issuer.id), ledger).shares(SHARDS)
    with ledger.read() as session:
        entries = list(map(encoded, listed(session, history.issuer.id)))
    assert read(remembered, ledger).shares(SHARDS) == anew
    assert list(anew[None].entries) == entries


def test_what_it_was_not_told_of_is_as_it_was_until_it_forgets(ledger: Ledger, clock: TurnedClock) -> None:
    history = History(ledger, clock)
    history.go_through([("issue", 0), ("revoke", 0)])
    remembered = read(Entries(history.issuer.id), ledger)
    before = remembered.shares(None)[None]

    history.go_through([("issue", 0)])
    untold = read(remembered, ledger).shares(None)[None]
    remembered.forget()

    assert untold == before
    assert read(remembered, ledger).shares(None)[None].changes == before.changes + 1


def test_so_many_changes_that_all_is_read_anew_lose_none(ledger: Ledger, clock: TurnedClock) -> None:
    history = History(ledger, clock)
    remembered = read(Entries(history.issuer.id), ledger)

    history.go_through([])
    for dense in range(2_000, 22_001):  # not the one that changed: it is found because all is read
        remembered.changed(dense)

    assert read(remembered, ledger).shares(None)[None].changes == 1


def test_the_order_of_ids_need_not_be_that_of_serial_numbers(ledger: Ledger, clock: TurnedClock) -> None:
    """A certificate that was prepared beside another may have the earlier id and the later number."""
    issuer = RecordedIssuer(ledger)
    for number in (7, 3, 9, 5):
        issuer.revoke(issuer.intend(serial_number=number)[0], clock.now())

    whole = read(Entries(issuer.id), ledger).shares(None)[None]

    assert ([serial_of(one) for one in whole.entries], whole.changes) == ([3, 5, 7, 9], 4)


def test_what_changed_is_put_between_what_was_there(ledger: Ledger, clock: TurnedClock) -> None:
    issuer = RecordedIssuer(ledger)
    intents = {number: issuer.intend(serial_number=number)[0] for number in range(1, 8)}
    for number in (2, 4, 6):
        issuer.revoke(intents[number], clock.now())
    remembered = read(Entries(issuer.id), ledger)

    for number in (7, 1, 3):
        issuer.revoke(intents[number], clock.now())
        remembered.changed(number)

    assert [serial_of(one) for one in read(remembered, ledger).shares(None)[None].entries] == [1, 2, 3, 4, 6, 7]
    assert remembered.shares(None)[None] == read(Entries(issuer.id), ledger).shares(None)[None]


@pytest.mark.sqlite_only("its plan is the same for few rows as for many")
def test_all_that_is_revoked_is_found_from_the_revoked_on_and_not_sorted(ledger: Ledger) -> None:
    asked: list[str] = []
    issuer = RecordedIssuer(ledger)

    with ledger.read() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        connection.set_trace_callback(asked.append)
        list(revoked(session, issuer.id))
        connection.set_trace_callback(None)
        [statement] = [one for one in asked if "FROM intent" in one]
        plan = [str(row[-1]) for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]

    assert len(plan) == 2
    assert plan[0].startswith("SCAN revocation USING INDEX")
    assert plan[1].startswith("SEARCH intent USING INDEX")


@pytest.mark.postgresql_only("SQLite keeps octets as they are")
def test_lists_are_kept_by_the_quickest_compression_that_the_server_has(ledger: Ledger) -> None:
    with ledger.read() as session:
        offered = session.scalar(
            text("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        )
        how = session.scalar(
            text("SELECT attcompression FROM pg_attribute WHERE attrelid = 'crl'::regclass AND attname = 'der'")
        )

    assert how == ("l" if offered else "")
