"""The end of an order: names however a client writes them, and the same message twice at one instant."""

from contextlib import nullcontext
from typing import Any

import pytest

from ca.machines import requests
from ca.machines.acme import finalizing
from ledger.turns import Turns
from tests.ca.acme.client import Answer, csr
from tests.ca.acme.conftest import Acme


def test_in_which_case_a_client_writes_a_name_means_nothing(shared: Acme) -> None:
    client = shared.client()
    order = shared.ready(client, "Case.MTC.gov.la")

    answer = client.post(order.json["finalize"], {"csr": csr(["Case.MTC.gov.la"], common_name="CASE.mtc.gov.la")})

    assert (answer.status, shared.turn()) == (200, [])
    assert client.post(order.place).json["status"] == "valid"
    assert answer.json["identifiers"] == [{"type": "dns", "value": "case.mtc.gov.la"}]


def test_a_sign_that_is_another_letters_capital_is_no_host_name(shared: Acme) -> None:
    assert shared.client().order("\N{KELVIN SIGN}ai.mtc.gov.la").error == "rejectedIdentifier"


def test_who_finalizes_twice_at_once_hears_that_the_order_is_under_way(
    shared: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shared.client()
    order, request = shared.ready(client, "twice.mtc.gov.la"), csr(["twice.mtc.gov.la"])
    judged, looks, meanwhile = requests._judged, iter((0,)), list[Answer]()

    def slow(*looked_at: Any, **more: Any) -> Any:
        """Between its look and its writing the other one is through."""
        scene = judged(*looked_at, **more)
        if next(looks, 1) == 0:
            meanwhile.append(client.post(order.json["finalize"], {"csr": request}))
        return scene

    monkeypatch.setattr(requests, "_judged", slow)
    monkeypatch.setattr(requests, "_turns_of", lambda _: Turns())  # as if by another process,
    # and nobody waited for anybody: the ledger's keys alone keep them apart.
    monkeypatch.setattr(finalizing, "one_at_a_time", lambda *_: nullcontext())

    second = client.post(order.json["finalize"], {"csr": request})

    [first] = meanwhile
    assert (first.status, second.status, second.error) == (200, 403, "orderNotReady")
    assert shared.turn() == []
