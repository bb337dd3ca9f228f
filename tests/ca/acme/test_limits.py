"""What is counted is counted also when it comes at once, early, or by a way round."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from ca.configuration import DEFAULT, Configuration
from ca.machines.acme import limits
from tests.ca.acme.client import AcmeClient, Answer, csr, text
from tests.ca.acme.conftest import Acme
from tests.ca.acme.test_refusals import _der as der_of
from tests.ca.acme.test_renewal import identifier


def limited(monkeypatch: pytest.MonkeyPatch, **limit: Any) -> None:
    configuration: Configuration = replace(DEFAULT, **limit)
    monkeypatch.setattr(limits, "current", lambda _: configuration)


def together(monkeypatch: pytest.MonkeyPatch, module: str, rule: str) -> None:
    """Whoever was counted by this rule waits a moment for a second who is counted before he goes on."""
    both, counted = Barrier(2), getattr(limits, rule)

    def slow(*given: Any, **named: Any) -> Any:
        found = counted(*given, **named)
        with suppress(BrokenBarrierError):
            both.wait(0.5)
        return found

    monkeypatch.setattr(f"ca.machines.acme.{module}.{rule}", slow)


def at_once(first: Callable[[], Answer], second: Callable[[], Answer]) -> list[int]:
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(one) for one in (first, second)]
        return sorted(answer.result().status for answer in answers)


def another_hand(shared: Acme, client: AcmeClient) -> AcmeClient:
    """The same account in another thread."""
    own = replace(shared, web=shared.web.application.test_client())
    return AcmeClient(own.send, client.base, client.signer, client.kid)


def test_of_two_orders_at_once_one_gets_the_last_place(shared: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shared.client()
    limited(monkeypatch, acme_orders_hour=1)
    together(monkeypatch, "orders", "may_order")
    other = another_hand(shared, client)

    statuses = at_once(lambda: client.order("one.mtc.gov.la"), lambda: other.order("two.mtc.gov.la"))

    assert statuses == [201, 429]


def test_of_two_accounts_at_once_one_gets_the_last_place(shared: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    with shared.ca.ledger.read() as session:
        living = next(n for n in range(1, 10_000) if _may_have(session, shared, n))
    limited(monkeypatch, acme_accounts=living)
    together(monkeypatch, "accounts", "may_have_account")
    clients = [another_hand(shared, shared.stranger()) for _ in range(2)]

    statuses = at_once(*(lambda one=one: one.register(shared.secret.reference, shared.key) for one in clients))

    assert statuses == [201, 429]


def _may_have(session: Any, shared: Acme, most: int) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        limited(patch, acme_accounts=most)
        return bool(limits.may_have_account(session, shared.allowance))


def test_orders_that_were_placed_before_the_week_was_full_do_not_go_past_it(
    shared: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, name = shared.client(), "early.mtc.gov.la"
    limited(monkeypatch, acme_same_names_week=1)
    first, second = shared.ready(client, name), shared.ready(client, name)
    assert client.post(first.json["finalize"], {"csr": csr([name])}).status == 200

    late = client.post(second.json["finalize"], {"csr": csr([name])})

    assert (late.status, late.error, late.json["code"]) == (429, "rateLimited", "acme.rate-same-names")
    assert int(late.headers["Retry-After"]) > 86_400
    assert client.post(second.place).json["status"] == "ready"


def test_who_replaces_before_the_time_that_we_said_is_counted(shared: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    client, name = shared.client(), "hasty.mtc.gov.la"
    order = shared.issued(client, name)
    key = identifier(client, order)
    limited(monkeypatch, acme_same_names_week=1)
    early = client.order(name, replaces=key)
    leaf = text(der_of(client.post(order.json["certificate"]).body))
    assert client.post(client.url("revoke-cert"), {"certificate": leaf, "reason": 4}).status == 200
    shared.turn()

    due = client.order(name, replaces=key)

    assert (early.error, due.status) == ("rateLimited", 201)


def test_an_order_of_an_account_that_ended_replaces_nothing(shared: Acme) -> None:
    client, other, name = shared.client(), shared.client(), "heir.mtc.gov.la"
    key = identifier(client, shared.issued(client, name))
    assert other.order(name, replaces=key).status == 201
    assert client.order(name, replaces=key).error == "alreadyReplaced"

    other.post(str(other.kid), {"status": "deactivated"})

    assert client.order(name, replaces=key).status == 201
