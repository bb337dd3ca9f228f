"""The gate before every factor: its budget holds against guesses in parallel, whatever name is typed."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import event, func, select

from idp.provider import Provider
from idp.tables import Attempt
from idp.throttle import MOST_IN_ROUND, MOST_IN_WINDOW, is_locked, of_codes
from ledger.entry import Entry
from ledger.ledger import Ledger
from tests.idp.conftest import service
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

NAMES = ("10000017", "໑໐໐໐໐໐໑໗", "EG:LA-10000017", "Somphone@mtc.gov.la", "020 5551 2345")


def test_fifty_parallel_guesses_under_five_names_have_ten_tries(
    app: Flask, provider: Provider, edocument: Service, somphone: Person
) -> None:
    def guess(number: int) -> int:
        visitor = Visitor(app)
        visitor.get("/authorize", edocument.ask())
        return visitor.submit(username=NAMES[number % 5], password=f"guess {number}").status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(guess, range(50)))

    with provider.ledger.read() as session:
        taken = session.scalar(select(func.count()).where(Attempt.subject == somphone.account.account_id))
    assert (answers.count(422), answers.count(429)) == (MOST_IN_WINDOW, 50 - MOST_IN_WINDOW)
    assert taken == MOST_IN_WINDOW


def test_guesses_of_the_code_come_out_of_the_same_budget(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    for _ in range(MOST_IN_WINDOW - 1):
        visitor.submit(code="000000")

    page = visitor.submit(code=somphone.code())

    assert (page.status_code, page.headers["Retry-After"]) == (429, "900")


def test_a_sign_in_without_a_code_gives_no_new_tries_of_the_code(
    app: Flask, desk: Desk, edocument: Service, somphone: Person
) -> None:
    low = service(desk, 8460, minimum_level=1)
    answers = []
    for tries in (8, 3):
        guessing, by_password = Visitor(app), Visitor(app)
        guessing.get("/authorize", edocument.ask())
        guessing.submit(username=somphone.number, password=PASSWORD)
        answers += [guessing.submit(code="000000").status_code for _ in range(tries)]
        by_password.get("/authorize", low.ask(scope="openid"))
        by_password.submit(username=somphone.number, password=PASSWORD)

    assert answers == [422] * MOST_IN_WINDOW + [429]


def test_a_right_code_gives_new_tries_of_the_code(app: Flask, edocument: Service, somphone: Person) -> None:
    answers = []
    for _ in range(2):
        visitor = Visitor(app)
        visitor.get("/authorize", edocument.ask())
        visitor.submit(username=somphone.number, password=PASSWORD)
        answers += [visitor.submit(code="000000").status_code for _ in range(6)]
        visitor.submit(code=somphone.code())
        somphone.clock.turn(seconds=30)

    assert answers == [422] * 12


def test_a_quarter_of_an_hour_later_there_are_tries_again(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    for _ in range(MOST_IN_WINDOW + 1):
        visitor.submit(username=somphone.number, password="wrong")

    somphone.clock.turn(minutes=15)
    page = visitor.submit(username=somphone.number, password=PASSWORD)

    assert 'autocomplete="one-time-code"' in page.text


def test_after_a_hundred_tries_without_success_waiting_is_no_help_and_a_desk_is(
    visitor: Visitor, desk: Desk, provider: Provider, edocument: Service, somphone: Person
) -> None:
    subject = somphone.account.account_id
    attempts = [Attempt(id=f"t{n}", subject=subject, round=0, window=n, number=1) for n in range(MOST_IN_ROUND)]
    for start in range(0, MOST_IN_ROUND, 50):
        with provider.ledger.entry(Arranged("attempts"), TEST) as tx:
            tx.add(*attempts[start : start + 50])
    visitor.get("/authorize", edocument.ask())

    locked = visitor.submit(username=somphone.number, password=PASSWORD).status_code
    desk.unlock(somphone.number)
    unlocked = visitor.submit(username=somphone.number, password=PASSWORD).status_code

    assert (locked, unlocked) == (429, 200)


def test_a_name_that_nobody_has_is_locked_as_well_and_is_kept_as_a_digest_only(
    visitor: Visitor, provider: Provider, edocument: Service
) -> None:
    visitor.get("/authorize", edocument.ask())
    for _ in range(MOST_IN_WINDOW):
        visitor.submit(username="nobody@example.la", password="x")

    page = visitor.submit(username="NOBODY@example.la", password="x")

    with provider.ledger.read() as session:
        kept = [*session.scalars(select(Attempt.subject)), *session.scalars(select(Entry.body))]
    assert page.status_code == 429
    assert not [text for text in kept if "nobody" in text.lower()]


def test_attempts_are_counted_by_the_driver_itself_which_keeps_the_long_statement(ledger: Ledger) -> None:
    written: list[str] = []
    with ledger.read() as reading:
        event.listen(reading.connection(), "before_cursor_execute", lambda *said: written.append(said[2]))
        locked = [is_locked(reading, subject, ledger.clock.now()) for subject in ("a", of_codes("a"))]

    assert (locked, written) == ([False, False], [])
