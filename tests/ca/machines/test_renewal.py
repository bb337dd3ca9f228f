"""A machine renews by the certificate that it shows: by a key that signs alike, by a new one, under its own name."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ca.app import create_machines_app
from ca.machines import requests
from ca.machines.rules import CredentialKind, Worn
from ca.routes import est
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.ledger import Deed
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.ministry import Ministry, csr
from tests.issuing import new_key
from tests.serving import settings_for

pytestmark = pytest.mark.sqlite_only("the door and the rules are the same on both engines")
DEVICES: dict[str, Any] = {"profile": "device", "zones": [], "hosts": [], "common_names": ["Kiosk 7", "Kiosk 8"]}


@pytest.fixture
def app(ministry: Ministry) -> Flask:
    app = create_machines_app(settings_for("machines", ministry.ca.home, ministry.ca.ledger.url), ministry.ca.ledger)
    app.extensions["patience"] = timedelta()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def renew(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, shown: Certificate, request: bytes) -> TestResponse:
    monkeypatch.setattr(est, "peer_certificate", lambda _: bytes(shown.der))
    return client.post(
        "/.well-known/est/simplereenroll", data=b64encode(request), content_type="application/pkcs10"
    )


def serial(response: TestResponse) -> int:
    [found] = pkcs7.load_der_pkcs7_certificates(b64decode(response.data))
    return found.serial_number


def by(shown: Certificate, **more: Any) -> dict[str, Any]:
    """What is written of a request by this certificate."""
    return {
        "credential_kind": CredentialKind.CERTIFICATE, "credential": shown.sha256, "proof": b"", "uses_up": False,
    } | more  # fmt: skip


def test_a_renewal_of_the_same_octets_is_a_new_request_and_its_repetition_is_none(
    ministry: Ministry, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key: Any = rsa.generate_private_key(65537, 3072)
    first = ministry.issued(ministry.allowed(**DEVICES), called="Kiosk 7", key=key)
    octets = csr(key, common_name="Kiosk 7")

    waiting = renew(client, monkeypatch, first, octets)
    [second] = ministry.ca.room().turn().issued
    got = renew(client, monkeypatch, first, octets)

    assert waiting.status_code == 202
    assert serial(got) == int(second.serial_number, 16)
    assert second.id != first.id


def test_who_asks_again_is_not_given_a_certificate_that_has_ended(
    ministry: Ministry, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key: Any = rsa.generate_private_key(65537, 3072)
    first = ministry.issued(ministry.allowed(**DEVICES), called="Kiosk 7", key=key)
    octets = csr(key, common_name="Kiosk 7")
    renew(client, monkeypatch, first, octets)
    [second] = ministry.ca.room().turn().issued
    over = Revocation(certificate_id=second.id, at=ministry.ca.ledger.clock.now(), reason="superseded")
    ministry.ca.ledger.entries([Deed(Registered("r"), TEST, [over])])

    again = renew(client, monkeypatch, first, octets)

    assert again.status_code == 202


def test_a_machine_gets_no_other_machines_name(ministry: Ministry, monkeypatch: pytest.MonkeyPatch) -> None:
    allowance = ministry.allowed(**DEVICES)
    own = ministry.issued(allowance, called="Kiosk 7")
    refused = ministry.ask(allowance, called="Kiosk 8", **by(own))
    monkeypatch.setattr(requests, "worn", lambda *_: Worn(frozenset(), "Kiosk 8"))
    planted = ministry.ask(allowance, called="Kiosk 8", **by(own))

    turn = ministry.ca.room().turn()

    assert refused == Refuse("machine.other-names")
    assert (turn.issued, turn.refused) == ([], [(planted, "machine.other-names")])


def test_a_key_is_known_by_its_certificates_and_not_by_requests(ministry: Ministry) -> None:
    allowance, key = ministry.allowed(**DEVICES, new_keys=False), new_key()
    own = ministry.issued(allowance, called="Kiosk 7")
    ministry.ask(allowance, called="Kiosk 7", key=key, proof=b"MADE-UP")
    ministry.ca.room().turn()

    asked = ministry.ask(allowance, called="Kiosk 7", key=key, **by(own))

    assert asked == Refuse("machine.new-key")


def test_no_servers_certificate_is_renewed_by_a_handshake(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    own = ministry.issued(allowance, "a.mtc.gov.la")
    asked = ministry.ask(allowance, "a.mtc.gov.la", **by(own))

    turn = ministry.ca.room().turn()

    assert turn.refused == [(asked, "machine.credential")]


def test_a_certificate_that_is_no_machines_lets_nobody_in(ministry: Ministry) -> None:
    allowance = ministry.allowed(**DEVICES)
    own = by(ministry.issued(allowance, called="Kiosk 7"), credential="0" * 64)

    assert ministry.ask(allowance, called="Kiosk 7", **own) == Refuse("machine.certificate-unknown")
