"""Whatever is sent to whichever endpoint: an answer in the protocol's words, and never a fault of ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ca.acme.client import AcmeClient
from tests.ca.acme.conftest import WWW, Acme

SIGNS = st.text(st.characters(exclude_categories=()), max_size=20)
"""Half characters too, which JSON can write and UTF-8 cannot."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | SIGNS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    ["identifiers", "type", "value", "contact", "termsOfServiceAgreed", "externalAccountBinding", "status", "csr",
     "certificate", "reason", "account", "oldKey", "protected", "payload", "signature", "replaces", "notBefore"]
)  # fmt: skip
PAYLOADS = st.dictionaries(MEMBERS, JSON | st.dictionaries(MEMBERS, JSON, max_size=3), max_size=5) | JSON
PATHS = (
    "new-account", "new-order", "key-change", "revoke-cert", "account/x", "account/x/orders", "order/x",
    "order/x/finalize", "authorization/x", "challenge/x/http-01", "challenge/x/y", "certificate/x", "certificate/x/1",
)  # fmt: skip
STEADY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def known(shared: Acme) -> dict[str, Any]:
    """A client with an order, so that paths lead somewhere."""
    client = shared.client()
    order = shared.ready(client, WWW)
    return {"client": client, "order": order}


def paths(known: dict[str, Any], path: str) -> str:
    """The path with what is this client's in place of `x`."""
    client, order = known["client"], known["order"]
    kinds = {
        "account": str(client.kid), "order": order.place, "authorization": order.json["authorizations"][0],
        "challenge": order.json["authorizations"][0],
    }  # fmt: skip
    kind = path.split("/", maxsplit=1)[0]
    return path.replace("x", kinds[kind].rsplit("/", 1)[1], 1) if kind in kinds else path


def sound(status: int, body: bytes) -> bool:
    """No fault of ours, and a refusal says which it is."""
    return status < 500 and (status < 400 or "type" in json.loads(body))


@pytest.mark.parametrize("path", PATHS)
@given(payload=PAYLOADS)
@STEADY
def test_any_payload_that_an_account_signed(shared: Acme, known: dict[str, Any], path: str, payload: Any) -> None:
    client: AcmeClient = known["client"]

    answer = client.post(client.url(paths(known, path)), payload)

    assert sound(answer.status, answer.body), answer.body


@pytest.mark.parametrize("path", ["new-account", "revoke-cert", "new-order"])
@given(payload=PAYLOADS)
@STEADY
def test_any_payload_that_a_stranger_signed(shared: Acme, path: str, payload: Any) -> None:
    stranger = shared.stranger()

    answer = stranger.post(stranger.url(path), payload)

    assert sound(answer.status, answer.body), answer.body


@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "jwk", "url", "nonce", "crit", "typ"]), JSON, max_size=4))
@STEADY
def test_any_header(shared: Acme, known: dict[str, Any], header: dict[str, Any]) -> None:
    client: AcmeClient = known["client"]

    answer = client.post(client.url("new-order"), {}, **header)

    assert sound(answer.status, answer.body), answer.body


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@STEADY
def test_any_octets_of_a_message_changed(shared: Acme, known: dict[str, Any], path: str, data: st.DataObject) -> None:
    client: AcmeClient = known["client"]
    url = client.url(paths(known, path))
    body = bytearray(client.message(url, {"status": "valid"}))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    answer = client.send_body(url, bytes(body))

    assert sound(answer.status, answer.body), answer.body


@given(identifier=st.text(max_size=40))
@STEADY
def test_any_identifier_of_a_certificate(shared: Acme, identifier: str) -> None:

    answer = shared.send("GET", shared.stranger().url(f"renewal-info/{quote(identifier, safe='')}"), None, {})

    assert answer.status in {200, 400, 404, 405}
