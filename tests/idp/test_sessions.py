"""Looking a session up costs the same with one certificate in the ledger and with a hundred thousand."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session as Reading

from idp import sessions
from idp.grants import live
from idp.logout import end_forced
from idp.provider import Provider
from idp.tables import Session
from idp.throttle import is_locked
from ledger.arrays import selection_by_arrays
from ledger.facts import Facts
from ledger.ledger import Ledger
from tests.idp.test_sign_in import cut
from tests.idp.visitor import Person, Service, Visitor

GROWING = ("certificate", "session", "authentication", "grant", "attempt", "cutoff", "hold", "revocation", "proof")


def plans(ledger: Ledger, question: Any) -> list[str]:
    """What SQLite does for each statement of the question."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(ledger.reading, "before_cursor_execute", note)
    with ledger.read() as reading:
        question(reading)
    event.remove(ledger.reading, "before_cursor_execute", note)
    with ledger.read() as reading:
        return [
            row[3]
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in reading.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.sqlite_only("PostgreSQL chooses by the sizes of tables, which are small here")
def test_no_table_that_grows_is_walked_through(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    ledger, now = provider.ledger, provider.ledger.clock.now()
    handle = visitor.client.get_cookie("__Host-idp-session", "localhost")

    def question(reading: Reading) -> None:
        assert sessions.by_handle(reading, handle.value if handle else "", now) is not None
        is_locked(reading, somphone.account.account_id, now)

    walked = [step for step in plans(ledger, question) if step.split(" ")[:2] in [["SCAN", one] for one in GROWING]]

    assert walked == []


@pytest.mark.sqlite_only("as above")
@pytest.mark.parametrize("asked", [sessions._LIVE, live._LIVE], ids=["session", "grant"])
def test_what_each_request_asks_is_short_enough_for_the_driver_to_keep_it(asked: Facts) -> None:
    longest = 4096  # psycopg's; it takes apart what is longer each time that it is asked

    dialect = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
    text = str(selection_by_arrays(asked._selection).compile(dialect=dialect))

    assert len(text) < longest


@pytest.mark.sqlite_only("the words of its plans")
def test_after_a_cutoff_only_the_sessions_of_a_working_day_are_gone_through(provider: Provider) -> None:
    now = provider.ledger.clock.now()

    found = plans(provider.ledger, lambda reading: reading.scalars(sessions.perhaps_forced(now)).all())

    assert [step for step in found if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"] == []


def test_of_many_sessions_those_of_the_person_cut_off_end(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person, vanida: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    other = Visitor(visitor.app)
    other.sign_in(edocument, vanida)

    cut(provider, somphone)
    ended = end_forced(provider)
    other.get("/authorize", edocument.ask(prompt="none"))

    with provider.ledger.read() as reading:
        persons = [reading.get_one(Session, one).person_id for one in ended]
    assert persons == [somphone.id]
    assert "code" in other.redirected()


def test_a_session_that_died_of_age_is_not_told_to_services(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    somphone.clock.turn(hours=11)
    cut(provider, somphone)

    assert end_forced(provider) == []
