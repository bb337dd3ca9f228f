"""Class R: whoever tries a name learns nothing from words, status or the work that is done, counted and not timed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from idp.factors import password
from idp.provider import Provider
from tests.idp.desk import Desk
from tests.idp.test_sign_in import cut
from tests.idp.visitor import ISSUER, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("the same statements are counted whatever the database is")
TRIES = 8
MORE = 6
"""Look-ups by key that an account costs more than none: hundredths of the hash, whose own spread hides them."""


@contextmanager
def counted(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Hashes that are computed and statements that the database is given while the block runs."""
    work, real = {"hashes": 0, "statements": 0}, password._matches

    def hashing(typed: str, encoded: str) -> bool:
        work["hashes"] += 1
        return real(typed, encoded)

    def stating(*_: Any) -> None:
        work["statements"] += 1

    engines = (provider.ledger.reading, provider.ledger.writing)
    with monkeypatch.context() as patched:
        patched.setattr(password, "_matches", hashing)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", stating)
        yield work
        for engine in engines:
            event.remove(engine, "before_cursor_execute", stating)


def shown(page: str, name: str) -> str:
    """The page without what differs by itself: tokens of forms, numbers of requests, and what was typed."""
    without = re.sub(r'(?:value|href|action)="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|\d+ K?B', "", page)
    return without.replace(name, "")


def tried(app: Flask, service: Service, name: str) -> tuple[int, str]:
    visitor = Visitor(app)
    visitor.get("/authorize", service.ask())
    answer = visitor.submit(username=name, password="wrong")
    return answer.status_code, shown(answer.text, name)


def test_a_known_a_stopped_and_an_unknown_name_look_and_cost_the_same(
    app: Flask, provider: Provider, desk: Desk, edocument: Service, somphone: Person, vanida: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    cut(provider, vanida)
    work, pages = {}, {}
    for name in (somphone.number, vanida.number, "10999999", "nobody@mtc.gov.la", "\u0e81\u0e82\u0e84"):
        with counted(provider, monkeypatch) as done:
            pages[name] = {tried(app, edocument, name) for _ in range(TRIES)}
        work[name] = dict(done)

    hashes = {one["hashes"] for one in work.values()}
    statements = [one["statements"] for one in work.values()]
    assert hashes == {TRIES}
    assert len({frozenset(one) for one in pages.values()}) == 1
    assert max(statements) - min(statements) <= MORE * TRIES


def test_after_the_last_try_a_known_and_an_unknown_name_are_locked_alike(
    app: Flask, provider: Provider, edocument: Service, somphone: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (somphone.number, "10999999"):
        for _ in range(10):
            tried(app, edocument, name)
    answers = {}
    for name in (somphone.number, "10999999"):
        with counted(provider, monkeypatch) as done:
            answers[name] = (*tried(app, edocument, name), done["hashes"])

    assert answers[somphone.number] == answers["10999999"]
    assert (answers["10999999"][0], answers["10999999"][2]) == (429, 0)


def test_an_unknown_client_and_a_wrong_secret_read_the_same(app: Flask, edocument: Service) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answers = [
        app.test_client().post("/token", base_url=ISSUER, data=form, auth=(name, "wrong"))
        for name in (edocument.client.client_id, "00000000-0000-7000-8000-000000000000")
    ]

    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].data == answers[1].data


def test_a_token_that_never_was_and_one_of_another_service_read_the_same(
    app: Flask, visitor: Visitor, edocument: Service, estaff: Service, somphone: Person
) -> None:
    token = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()["refresh_token"]
    answers = [estaff.post(app, "/introspect", {"token": one}).data for one in (token, "ltr_" + "A" * 43, "x")]

    assert len(set(answers)) == 1
