"""What a client may not do, in the words of RFC 8555 clause 6.7."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import func, select

from ca.configuration import DEFAULT
from ca.machines.acme.orders import MOST_NAMES, NamesRefused, may_be_named
from ca.machines.acme.standing import client_of
from ca.machines.acme.validation import Finding
from ca.tables.acme import AcmeAccount, AcmeOrder
from ca.tables.machines import Allowance
from ledger.canonical import canonical
from ledger.entry import Entry
from ledger.ledger import Deed
from tests.ca.acme.client import AcmeClient, binding, csr, public, text
from tests.ca.acme.conftest import BASE, WWW, Acme, changing
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.issuing import KeySigner
from web.pace import Pace

NEW_ACCOUNT = f"{BASE}/acme/new-account"


def test_the_directory_says_what_there_is(shared: Acme) -> None:
    told = shared.send("GET", f"{BASE}/acme/directory", None, {})

    assert {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"} < told.json.keys()
    assert told.json["meta"]["externalAccountRequired"] is True
    assert told.json["meta"]["caaIdentities"] == ["egov.gov.la"]


def named(value: object) -> str:
    """For the ids of tests, which are the same in every worker: a key of this run is not written out."""
    return " ".join(value) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204)])
def test_a_nonce_is_in_a_header_and_kept_by_nobody(shared: Acme, method: str, status: int) -> None:
    answer = shared.send(method, f"{BASE}/acme/new-nonce", None, {})

    assert (answer.status, answer.headers["Cache-Control"]) == (status, "no-store")
    assert answer.headers["Replay-Nonce"]
    assert answer.headers["Link"] == f'<{BASE}/acme/directory>;rel="index"'


def test_a_message_counts_once_and_the_refusal_brings_a_fresh_nonce(shared: Acme) -> None:
    client = shared.client()
    body = client.message(str(client.kid), None)
    assert client.send_body(str(client.kid), body).status == 200

    again = client.send_body(str(client.kid), body)

    assert (again.status, again.error) == (400, "badNonce")
    assert client.post(str(client.kid), nonce=again.headers["Replay-Nonce"]).status == 200


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"nonce": text(bytes(30))}, "badNonce"),
        ({"nonce": "not base64url!"}, "badNonce"),
        ({"nonce": None}, "badNonce"),
        ({"url": f"{BASE}/acme/new-account"}, "unauthorized"),
        ({"url": None}, "unauthorized"),
        ({"url": 7}, "unauthorized"),
        ({"kid": f"{BASE}/acme/account/nobody"}, "accountDoesNotExist"),
        ({"kid": "https://elsewhere.example/acme/account/1"}, "accountDoesNotExist"),
        ({"kid": None}, "malformed"),
        ({"jwk": public(KeySigner())}, "malformed"),
        ({"alg": "none"}, "badSignatureAlgorithm"),
        ({"alg": "HS256"}, "badSignatureAlgorithm"),
        ({"alg": "ES384"}, "unauthorized"),
        ({"crit": ["b64"], "b64": False}, "malformed"),
    ],
    ids=named,
)
def test_a_header_that_says_otherwise_is_refused(shared: Acme, header: dict[str, Any], error: str) -> None:
    client = shared.client()

    answer = client.post(client.url("new-order"), {"identifiers": []}, **header)

    assert answer.error == error
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Replay-Nonce"]


def test_the_algorithms_that_are_taken_are_named(shared: Acme) -> None:
    answer = shared.stranger().post(NEW_ACCOUNT, {}, alg="none")

    assert answer.json["algorithms"] == ["ES256", "ES384", "RS256", "EdDSA"]


def test_a_message_by_another_key_than_the_accounts_is_refused(shared: Acme) -> None:
    client = shared.client()
    thief = AcmeClient(shared.send, BASE, KeySigner(), client.kid)

    assert thief.order(WWW).error == "unauthorized"


def test_another_media_type_is_refused(shared: Acme) -> None:
    client = shared.client()

    answer = client.send_body(str(client.kid), client.message(str(client.kid), None), "application/json")

    assert (answer.status, answer.error) == (415, "malformed")


def test_a_giant_message_is_refused_before_it_is_read(shared: Acme) -> None:
    answer = shared.stranger().send_body(NEW_ACCOUNT, b'{"protected":"' + b"a" * 70_000 + b'"}')

    assert answer.status == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 60_000, b'{"protected":"","payload":"","signature":""}', b"\xff"])
def test_what_is_no_message_is_malformed(shared: Acme, body: bytes) -> None:
    assert shared.stranger().send_body(NEW_ACCOUNT, body).error == "malformed"


def test_an_address_that_sends_too_much_must_wait(shared: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shared.client()
    monkeypatch.setattr(shared.web.application.extensions["acme"], "pace", Pace(2, timedelta(minutes=1)))

    answers = [client.post(str(client.kid)) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert (answers[2].error, answers[2].headers["Retry-After"]) == ("rateLimited", "60")


# Accounts


def test_nobody_has_an_account_without_an_external_binding(shared: Acme) -> None:
    answer = shared.stranger().post(NEW_ACCOUNT, {"termsOfServiceAgreed": True})

    assert (answer.status, answer.error) == (403, "externalAccountRequired")


def test_a_binding_by_another_secret_for_another_key_or_place_does_not_hold(shared: Acme) -> None:
    client, kid, key = shared.stranger(), shared.secret.reference, shared.key
    wrong = [
        binding(kid, b"x" * 32, NEW_ACCOUNT, client.signer),
        binding("unknown", key, NEW_ACCOUNT, client.signer),
        binding(kid, key, NEW_ACCOUNT, KeySigner()),
        binding(kid, key, f"{BASE}/acme/new-order", client.signer),
    ]

    answers = [client.post(NEW_ACCOUNT, {"termsOfServiceAgreed": True, "externalAccountBinding": one}) for one in wrong]

    assert [answer.error for answer in answers] == ["unauthorized"] * 4


def test_the_terms_must_be_agreed_to(shared: Acme) -> None:
    answer = shared.stranger().register(shared.secret.reference, shared.key, termsOfServiceAgreed=None)

    assert (answer.status, answer.error) == (403, "userActionRequired")


@pytest.mark.parametrize(
    ("contact", "error"),
    [(["tel:+856"], "unsupportedContact"), (["mailto:nobody"], "invalidContact"), ("mailto:a@b.la", "malformed")],
)
def test_a_contact_must_be_a_mail_address(shared: Acme, contact: object, error: str) -> None:
    assert shared.stranger().register(shared.secret.reference, shared.key, contact=contact).error == error


def test_who_has_an_account_is_shown_it_again(shared: Acme) -> None:
    client = shared.client()
    again = AcmeClient(shared.send, BASE, client.signer)

    found = again.post(NEW_ACCOUNT, {"onlyReturnExisting": True})

    assert (found.status, found.place) == (200, client.kid)


def test_who_has_none_is_not_given_one_when_he_only_asks(shared: Acme) -> None:
    assert shared.stranger().post(NEW_ACCOUNT, {"onlyReturnExisting": True}).error == "accountDoesNotExist"


def test_an_account_key_that_is_too_weak_is_refused(shared: Acme) -> None:
    weak = shared.stranger(signer=KeySigner(rsa.generate_private_key(65537, 1024)))

    assert weak.register(shared.secret.reference, shared.key).error == "badPublicKey"


def test_a_deactivated_account_can_do_nothing_more(shared: Acme) -> None:
    client = shared.client()
    assert client.post(str(client.kid), {"status": "deactivated"}).json["status"] == "deactivated"

    answers = [client.post(str(client.kid)), client.order(WWW), AcmeClient(shared.send, BASE, client.signer).register(
        shared.secret.reference, shared.key)]  # fmt: skip

    assert [(answer.status, answer.error) for answer in answers] == [(401, "unauthorized")] * 3


def test_an_account_changes_its_key_and_the_old_one_is_nobodys(shared: Acme) -> None:
    client, new = shared.client(), KeySigner()
    assert client.post(client.url("key-change"), changing(client, new)).status == 200

    after = AcmeClient(shared.send, BASE, new, client.kid)

    assert after.order(WWW).status == 201
    assert client.order(WWW).error == "unauthorized"
    assert (
        client.__class__(shared.send, BASE, client.signer).register(shared.secret.reference, shared.key).status == 409
    )


@pytest.mark.parametrize(
    "bent",
    [
        {"account": f"{BASE}/acme/account/another"},
        {"oldKey": public(KeySigner())},
        {"inner_url": NEW_ACCOUNT},
        {"inner_nonce": "x"},
    ],
    ids=named,
)
def test_a_change_of_key_that_says_otherwise_inside_is_refused(shared: Acme, bent: dict[str, Any]) -> None:
    client = shared.client()

    answer = client.post(client.url("key-change"), changing(client, KeySigner(), **bent))

    assert (answer.status, answer.error) == (400, "malformed")


def test_a_change_of_key_for_an_account_of_another_server_is_refused(shared: Acme) -> None:
    client = shared.client()
    elsewhere = str(client.kid).replace(BASE, "https://elsewhere.example")

    answer = client.post(client.url("key-change"), changing(client, KeySigner(), account=elsewhere))

    assert (answer.status, answer.error) == (400, "malformed")


def test_a_key_of_another_account_is_not_changed_to(shared: Acme) -> None:
    client, other = shared.client(), shared.client()

    answer = client.post(client.url("key-change"), changing(client, other.signer))

    assert (answer.status, answer.place) == (409, other.kid)


# Orders


@pytest.mark.parametrize(
    "name",
    [
        "www.google.com", "www.mof.gov.la", "gov.la", "notmtc.gov.la", "*.mtc.gov.la", "mtc.gov.la.", "127.0.0.2",
        "xn--a.mtc.gov.la", "ab--cd.mtc.gov.la",
    ],
)  # fmt: skip
def test_a_name_that_is_not_the_accounts_is_refused_before_anything_is_looked_up(shared: Acme, name: str) -> None:
    client = shared.client()

    answer = client.order(WWW, name)

    assert (answer.status, answer.error) == (403, "rejectedIdentifier")
    [sub] = answer.json["subproblems"]
    assert sub["identifier"] == {"type": "dns", "value": name}
    assert client.post(f"{client.kid}/orders").json == {"orders": []}


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"identifiers": [{"type": "ip", "value": "127.0.0.1"}]}, "unsupportedIdentifier"),
        ({"identifiers": []}, "malformed"),
        ({"identifiers": [{"type": "dns"}]}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": 7}]}, "malformed"),
        ({"identifiers": "www"}, "malformed"),
        ({}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": WWW}], "notAfter": "2030-01-01T00:00:00Z"}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": f"a{n}.mtc.gov.la"} for n in range(MOST_NAMES + 1)]}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": WWW}], "replaces": "x.y"}, "malformed"),
        ({"identifiers": [{"type": "dns", "value": WWW}], "replaces": 7}, "malformed"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_order_that_is_none_is_refused(shared: Acme, payload: dict[str, Any], error: str) -> None:
    client = shared.client()

    assert client.post(client.url("new-order"), payload).error == error


def test_names_are_taken_once_and_in_lower_case(shared: Acme) -> None:
    order = shared.client().order("WWW.mtc.gov.la", WWW)

    assert order.json["identifiers"] == [{"type": "dns", "value": WWW}]
    assert (order.json["status"], len(order.json["authorizations"])) == ("pending", 1)


def test_what_is_another_accounts_is_not_shown(shared: Acme) -> None:
    client, other = shared.client(), shared.client()
    order = client.order(WWW)
    [authorization] = order.json["authorizations"]
    challenge = client.challenge(order, "dns-01")["url"]

    answers = [
        other.post(order.place), other.post(order.json["finalize"], {"csr": csr([WWW])}), other.post(authorization),
        other.post(challenge, {}), other.post(str(client.kid)), other.post(f"{client.kid}/orders"),
    ]  # fmt: skip

    assert [answer.error for answer in answers] == ["unauthorized"] * 6


@pytest.mark.parametrize(
    "path", ["order/x", "authorization/x", "challenge/x/http-01", "certificate/x", "order/x/finalize"]
)
def test_what_there_is_not_is_not_found(shared: Acme, path: str) -> None:
    client = shared.client()

    payload = {"csr": ""} if path.endswith("finalize") else None

    assert client.post(client.url(path), payload).status == 404


def test_an_order_is_not_finalized_before_everything_was_shown(shared: Acme) -> None:
    client = shared.client()
    order = client.order(WWW)

    answer = client.post(order.json["finalize"], {"csr": csr([WWW])})

    assert (answer.status, answer.error) == (403, "orderNotReady")


@pytest.mark.parametrize(
    "code", ["acme.seen-dns", "acme.seen-connection", "acme.seen-tls", "acme.seen-wrong", "acme.seen-caa"]
)
def test_a_challenge_that_is_not_met_says_why_and_ends_the_order(shared: Acme, code: str) -> None:
    client = shared.client()
    order = client.order(WWW)
    challenge = client.challenge(order, "http-01")
    shown = client.post(challenge["url"], {})
    assert (shown.json["status"], shown.headers["Retry-After"]) == ("processing", "1")
    shared.validate(Finding(code))

    after = client.post(challenge["url"])

    assert (after.json["status"], after.json["error"]["code"]) == ("invalid", code)
    [authorization] = order.json["authorizations"]
    shown = client.post(authorization)
    assert (shown.json["status"], [one["type"] for one in shown.json["challenges"]]) == ("invalid", ["http-01"])
    assert client.post(order.place).json["status"] == "invalid"


def test_who_answers_a_challenge_twice_is_shown_how_it_stands(shared: Acme) -> None:
    client = shared.client()
    order = client.order(WWW)
    first, second = client.challenge(order, "http-01"), client.challenge(order, "dns-01")

    answers = [client.post(one["url"], {}) for one in (first, first, second)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert shared.validate() == 1


def test_an_authorization_that_is_given_up_ends_its_order(shared: Acme) -> None:
    client = shared.client()
    order = shared.ready(client, WWW)
    [authorization] = order.json["authorizations"]

    given_up = client.post(authorization, {"status": "deactivated"})

    assert given_up.json["status"] == "deactivated"
    assert client.post(order.place).json["status"] == "invalid"


def test_an_order_that_was_left_alone_expires(shared: Acme) -> None:
    client = shared.client()
    order = shared.ready(client, WWW)
    shared.ca.ledger.clock.turn(hours=7)  # type: ignore[attr-defined]

    assert client.post(order.place).json["status"] == "invalid"
    assert client.post(order.json["authorizations"][0]).json["status"] == "expired"


def test_a_pkcs10_that_is_not_the_orders_is_refused_and_the_order_stays_ready(shared: Acme) -> None:
    client = shared.client()
    order = shared.ready(client, WWW)
    small = rsa.generate_private_key(65537, 2048)
    wrong = [
        csr([WWW, "api.mtc.gov.la"]), csr(["api.mtc.gov.la"]), csr([WWW], common_name="api.mtc.gov.la"),
        csr([WWW], client.signer.key), csr([WWW], small), text(b"0"), text(b""), "=", 7,
    ]  # fmt: skip

    answers = [client.post(order.json["finalize"], {"csr": one}) for one in wrong]

    assert [answer.error for answer in answers] == ["badCSR"] * 8 + ["malformed"]
    assert client.post(order.place).json["status"] == "ready"


def test_an_order_is_finalized_once(shared: Acme) -> None:
    client = shared.client()
    order = shared.finalized(client, WWW)

    again = client.post(order.json["finalize"], {"csr": csr([WWW])})

    assert (order.json["status"], again.error) == ("processing", "orderNotReady")


def test_a_name_that_fails_too_often_must_wait(shared: Acme) -> None:
    client = shared.client()
    for _ in range(10):
        order = client.order("fails.mtc.gov.la")
        client.post(client.challenge(order, "http-01")["url"], {})
        shared.validate(Finding("acme.seen-connection"))

    answer = client.order("fails.mtc.gov.la")

    assert (answer.status, answer.error, client.order(WWW).status) == (429, "rateLimited", 201)
    assert 3500 < int(answer.headers["Retry-After"]) <= 3601


def test_an_account_whose_names_fail_too_often_must_wait(shared: Acme) -> None:
    client = shared.client()
    names = [f"fails{number}.mtc.gov.la" for number in range(25)]
    for _ in range(4):
        order = client.order(*names)
        for which in range(len(names)):
            client.post(client.challenge(order, "http-01", which)["url"], {})
        while shared.validate(Finding("acme.seen-connection")):
            pass

    answer = client.order(WWW)

    assert (answer.error, answer.json["code"]) == ("rateLimited", "acme.rate-failures")


def test_an_address_is_no_name_though_an_allowance_has_it(shared: Acme) -> None:
    names = canonical({"zones": [], "hosts": ["127.0.0.1", WWW], "common_names": []}).decode()
    with shared.ca.ledger.read() as session:
        account = session.scalars(select(AcmeAccount)).first()
        assert account is not None
        client = client_of(session, account, shared.ca.ledger.clock.now())
        wide = Allowance(organisation_id=client.allowance.organisation_id, names=names)
        refused = may_be_named(session, replace(client, allowance=wide), ["127.0.0.1", WWW], practice=True)

    assert isinstance(refused, NamesRefused)
    assert list(refused.names or {}) == ["127.0.0.1"]


def test_an_account_that_orders_too_much_must_wait(shared: Acme) -> None:
    client = shared.client()
    ledger, account = shared.ca.ledger, str(client.kid).rsplit("/", 1)[1]
    placed = [
        AcmeOrder(id=ledger.new_id(), account_id=account, names="[]", names_sha256="0" * 64,
                  expires_at=ledger.clock.now())
        for _ in range(100)
    ]  # fmt: skip
    ledger.entries([Deed(Registered("orders"), TEST, placed[start : start + 50]) for start in (0, 50)])

    assert client.order(WWW).error == "rateLimited"
    shared.ca.ledger.clock.turn(hours=1, minutes=1)  # type: ignore[attr-defined]
    assert client.order(WWW).status == 201


def entries(acme: Acme) -> int:
    with acme.ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_what_an_account_is_refused_again_and_again_is_recorded_some_times_an_hour(shared: Acme) -> None:
    client, before = shared.client(), entries(shared)

    for _ in range(DEFAULT.machine_refusals_hour + 5):
        client.order("www.mof.gov.la")

    assert entries(shared) - before == DEFAULT.machine_refusals_hour


def test_what_strangers_are_refused_is_not_recorded(shared: Acme) -> None:
    client = shared.client()
    leaf = text(_der(client.post(shared.issued(client, "kept.mtc.gov.la").json["certificate"]).body))
    before, own = entries(shared), shared.stranger()
    bound = binding(shared.secret.reference, b"x" * 32, NEW_ACCOUNT, own.signer)

    own.post(own.url("revoke-cert"), {"certificate": leaf})
    own.post(NEW_ACCOUNT, {"termsOfServiceAgreed": True, "externalAccountBinding": bound})

    assert entries(shared) == before


# Revocation


def test_nobody_else_ends_a_certificate(shared: Acme) -> None:
    client = shared.client()
    order = shared.issued(client, WWW)
    leaf = text(_der(client.post(order.json["certificate"]).body))
    thief = shared.client()
    own = shared.stranger()

    answers = [
        thief.post(thief.url("revoke-cert"), {"certificate": leaf}),
        own.post(own.url("revoke-cert"), {"certificate": leaf}),
        client.post(client.url("revoke-cert"), {"certificate": leaf, "reason": 6}),
        client.post(client.url("revoke-cert"), {"certificate": text(b"another")}),
    ]

    assert [answer.error for answer in answers] == ["unauthorized", "unauthorized", "badRevocationReason", "malformed"]


def test_an_account_that_has_shown_all_names_ends_it(shared: Acme) -> None:
    client, other = shared.client(), shared.client()
    order = shared.issued(client, "other.mtc.gov.la")
    leaf = text(_der(client.post(order.json["certificate"]).body))
    shared.ready(other, "other.mtc.gov.la")

    assert other.post(other.url("revoke-cert"), {"certificate": leaf}).status == 200


def _der(chain: bytes) -> bytes:
    return x509.load_pem_x509_certificates(chain)[0].public_bytes(Encoding.DER)


def test_an_account_lists_its_orders_page_by_page(shared: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ca.routes.acme.PAGE", 2)
    client = shared.client()
    placed = [client.order(WWW).place for _ in range(3)]

    first = client.post(f"{client.kid}/orders")
    further = next(one for one in first.headers.getlist("Link") if 'rel="next"' in one).split(">")[0][1:]
    second = client.post(further)

    assert sorted(first.json["orders"] + second.json["orders"]) == sorted(placed)
    assert len(first.json["orders"]) == 2
