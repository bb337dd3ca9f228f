"""The short way to PostgreSQL: what psycopg would say, and what happens to statements that are prepared."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import bindparam, select, text

from ledger import wire
from ledger.bell import ear_of
from ledger.facts import Facts
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.people import Person
from tests.ledger.doubles import note_people

pytestmark = pytest.mark.postgresql_only("the short way is PostgreSQL's")
NUMBERS = Facts(select(Person.number).where(Person.number.in_(bindparam("numbers", expanding=True))))
PREPARED = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'wire_%%' ORDER BY prepare_time"


@pytest.fixture
def driver(ledger: Ledger) -> Iterator[wire.Wire]:
    with ledger.read() as reading:
        connection: Any = reading.connection().connection.driver_connection
        yield connection


def prepared(driver: wire.Wire) -> list[str]:
    return [name for (name,) in driver.execute(PREPARED.replace("%%", "%"))]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "ສົມພອນ 100 % \\ ' \""), ("bigint", 0), ("bigint", -(2**62)), ("bigint", 300), ("boolean", True),
        ("bytea", b"\x00\\\xff"), ("text", None), ("text[]", ["a", None]), ("jsonb", '{"a": [1]}'),
        ("double precision", 1.5),
    ],
)  # fmt: skip
def test_every_value_goes_and_comes_as_by_psycopg(driver: wire.Wire, kind: str, value: object) -> None:
    asked = f"SELECT %(value)s::{kind}, '100 %%', %(value)s::{kind}"

    several = [driver.asked(asked, {"value": value}) for _ in range(wire.PREPARED_AFTER + 2)]

    assert several == [[list(row) for row in driver.execute(asked, {"value": value})]] * len(several)


def test_what_is_asked_again_and_again_is_prepared_once(ledger: Ledger) -> None:
    note_people(ledger, 300)
    with ledger.read() as reading:
        found = [NUMBERS.values(reading, {"numbers": ["10000300", str(one)]}) for one in range(6)]
        connection: Any = reading.connection().connection.driver_connection
        names = prepared(connection)

    assert (len({tuple(some) for some in found}), len(names)) == (1, 1)


def test_what_was_prepared_is_asked_after_a_rollback_too(driver: wire.Wire) -> None:
    for _ in range(wire.PREPARED_AFTER + 2):
        driver.asked("SELECT %(one)s::bigint", {"one": 1})
        driver.execute("SELECT 2", prepare=True)  # at a rollback psycopg has the server forget all that is prepared
    driver.rollback()

    again = [driver.asked("SELECT %(one)s::bigint", {"one": 1}) for _ in range(wire.PREPARED_AFTER + 2)]

    assert again == [[[1]]] * len(again)
    assert len(prepared(driver)) == 1


def test_no_more_statements_stay_prepared_than_a_connection_may_have(
    driver: wire.Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_PREPARED", 2)
    for number in [*range(5), 0]:
        for _ in range(wire.PREPARED_AFTER + 2):
            assert driver.asked(f"SELECT {number}, %(one)s::bigint", {"one": 1}) == [[number, 1]]

    assert len(prepared(driver)) == 2


def test_a_statement_begins_a_transaction_that_psycopg_ends(driver: wire.Wire) -> None:
    driver.rollback()
    assert driver.asked("SELECT %(one)s::bigint", {"one": 1}) == [[1]]
    within = driver.info.transaction_status
    driver.commit()

    assert within == psycopg.pq.TransactionStatus.INTRANS
    assert driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_what_the_server_says_is_wrong_is_raised_as_psycopg_does(driver: wire.Wire) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        driver.asked("SELECT 1 / %(none)s::bigint", {"none": 0})
    driver.rollback()

    assert driver.asked("SELECT 1 / %(one)s::bigint", {"one": 1}) == [[1]]


def test_a_server_that_forgot_what_was_prepared_is_told_anew(driver: wire.Wire) -> None:
    for _ in range(wire.PREPARED_AFTER + 1):
        driver.asked("SELECT %(one)s::bigint", {"one": 1})
    driver.execute("DEALLOCATE ALL")

    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        driver.asked("SELECT %(one)s::bigint", {"one": 1})
    driver.rollback()

    assert driver.asked("SELECT %(one)s::bigint", {"one": 1}) == [[1]]


def test_a_connection_that_was_ended_is_the_database_that_is_away(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable), ledger.read() as reading:
        own = reading.scalar(text("SELECT pg_backend_pid()"))
        with ledger.writing.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        NUMBERS.values(reading, {"numbers": ["1"]})

    with ledger.read() as reading:
        assert NUMBERS.values(reading, {"numbers": ["1"]}) == []


def test_a_reader_cannot_write_the_short_way_either(driver: wire.Wire) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        driver.asked("INSERT INTO person (id) VALUES (%(id)s::text)", {"id": "p1"})
    driver.rollback()


def test_several_are_answered_in_their_order_and_waited_for_once(driver: wire.Wire, tmp_path: Path) -> None:
    driver.rollback()
    one, other = "SELECT %(value)s::bigint", "SELECT 'a' WHERE %(value)s::bigint > 2"
    for _ in range(wire.PREPARED_AFTER + 1):
        driver.asked_each([(one, {"value": 1}), (other, {"value": 1})])
    driver.rollback()
    driver.asked_each([(one, {"value": 1})] * (wire.PREPARED_AFTER + 1))
    driver.commit()

    with (tmp_path / "spoken").open("w+") as spoken:
        driver.pgconn.trace(spoken.fileno())
        found = driver.asked_each([(one, {"value": 7}), (other, {"value": 3}), (other, {"value": 2})])
        driver.pgconn.untrace()
    said = (tmp_path / "spoken").read_text()

    assert found == [[[7]], [["a"]], []]
    assert (said.count("\tReadyForQuery"), driver.asked_each([])) == (1, [])
    assert driver.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


def test_what_comes_behind_a_wrong_one_is_not_asked(driver: wire.Wire) -> None:
    driver.execute("SELECT set_config('test.asked', 'no', false)")
    driver.commit()
    asked = "SELECT set_config('test.asked', %(value)s::text, false)"

    with pytest.raises(psycopg.errors.DivisionByZero):
        driver.asked_each([("SELECT 1 / %(none)s::bigint", {"none": 0}), (asked, {"value": "yes"})])
    driver.rollback()

    assert driver.asked("SELECT current_setting('test.asked')", {}) == [["no"]]


def test_what_is_entered_is_committed_and_told_in_one_go(ledger: Ledger, tmp_path: Path) -> None:
    ear = ear_of(ledger.url)
    with ledger.writing.connect() as connection, (tmp_path / "spoken").open("w+") as spoken:
        driver = cast("wire.Wire", connection.connection.driver_connection)
        driver.pgconn.trace(spoken.fileno())
        driver.enter([("SELECT %(value)s::bigint", {"value": 7})], "NOTIFY laotrust")
        driver.pgconn.untrace()
        status = driver.info.transaction_status
    heard = ear.wait(5)
    ear.close()

    said = (tmp_path / "spoken").read_text()
    assert (said.count("\tReadyForQuery"), said.count('"COMMIT"'), heard) == (1, 2, True)
    assert status == psycopg.pq.TransactionStatus.IDLE


def test_of_what_is_wrong_nothing_is_entered_or_told(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)
    statements = ["INSERT INTO person (id, entry_id) VALUES (NULL, NULL)", "SELECT 1"]
    with ledger.writing.connect() as connection:
        driver = cast("wire.Wire", connection.connection.driver_connection)
        with pytest.raises(psycopg.errors.IntegrityError):
            driver.enter([(one, {}) for one in statements], "NOTIFY laotrust")
        driver.rollback()
        heard = ear.wait(0.05)
        driver.enter([("SELECT 1", {})], "NOTIFY laotrust")
    heard_then = ear.wait(5)
    ear.close()

    assert (heard, heard_then) == (False, True)


def test_one_server_may_be_told_and_tell_more_than_a_line_takes(driver: wire.Wire) -> None:
    long = "ສ" * 3_000_000

    found = driver.asked_each([("SELECT %(long)s::text", {"long": long})] * 4)

    assert found == [[[long]]] * 4


def test_no_statement_of_several_pushes_out_another_of_them(driver: wire.Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_PREPARED", 2)
    texts = [f"SELECT {number}, %(one)s::bigint" for number in range(3)]
    for first, second in [(0, 1), (1, 2), (0, 2)] * (wire.PREPARED_AFTER + 2):
        found = driver.asked_each([(texts[first], {"one": 1}), (texts[second], {"one": 1})])
        assert found == [[[first, 1]], [[second, 1]]]


def test_a_connection_that_ends_between_two_is_the_database_that_is_away(ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable), ledger.read() as reading:
        own = reading.scalar(text("SELECT pg_backend_pid()"))
        with ledger.writing.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        Facts.rows_of_each(reading, [(NUMBERS, {"numbers": ["1"]}), (NUMBERS, {"numbers": ["2"]})])

    with ledger.read() as reading:
        assert Facts.rows_of_each(reading, [(NUMBERS, {"numbers": ["1"]})] * 2) == [[], []]


def test_one_that_ends_its_own_connection_is_answered_by_a_fault(driver: wire.Wire) -> None:
    ends = "SELECT pg_terminate_backend(pg_backend_pid()), %(one)s::bigint"

    with pytest.raises(psycopg.OperationalError):
        driver.asked_each([("SELECT %(one)s::bigint", {"one": 1}), (ends, {"one": 1}), (ends, {"one": 1})])

    assert driver.closed


def test_what_becomes_of_what_is_told_behind_a_commit_is_nothing_to_it(ledger: Ledger) -> None:
    with ledger.writing.connect() as connection:
        writer: Any = connection.connection.driver_connection
        writer.execute("CREATE TEMP TABLE told (once int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        writer.execute("CREATE TEMP TABLE kept (number int)")
        writer.commit()
        kept = [("INSERT INTO kept VALUES (%(number)s::int)", {"number": 1})]

        for behind in ("INSERT INTO told VALUES (1), (1)", "SELECT 1 / 0", "NOTIFY laotrust"):
            writer.enter(kept, behind)

        assert writer.asked_each([("SELECT 2", {}), ("SELECT count(*) FROM kept", {})]) == [[[2]], [[3]]]


def test_what_fails_at_the_commit_of_what_no_commit_ends_is_raised(ledger: Ledger) -> None:
    with ledger.writing.connect() as connection:
        writer: Any = connection.connection.driver_connection
        writer.autocommit = True
        writer.execute("CREATE TEMP TABLE told (once int UNIQUE DEFERRABLE INITIALLY DEFERRED)")

        with pytest.raises(psycopg.errors.UniqueViolation):
            writer.asked_each([("SELECT 1", {}), ("INSERT INTO told VALUES (1), (1)", {})])

        assert writer.asked("SELECT count(*) FROM told", {}) == [[0]]
        writer.autocommit = False


@pytest.mark.parametrize("asked_before", range(wire.PREPARED_AFTER + 2))
def test_a_line_that_is_cut_is_the_same_fault_whatever_is_asked_next(driver: wire.Wire, asked_before: int) -> None:
    several = [("SELECT %(one)s::bigint", {"one": 1})]
    for _ in range(asked_before):
        driver.asked_each(several)
    with socket.socket(fileno=os.dup(driver.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)

    with pytest.raises(psycopg.OperationalError):
        driver.asked_each(several)

    assert driver.closed


def test_a_line_on_which_waiting_was_broken_off_is_closed(driver: wire.Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_wire: wire.Wire, _wanted: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wire.Wire, "_hear", interrupted)

    with pytest.raises(KeyboardInterrupt):
        driver.asked_each([("SELECT 1", {}), ("SELECT 2", {})])

    assert driver.closed
