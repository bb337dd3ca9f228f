"""The port of mutual TLS writes nothing for an address that no page of ours can have led to."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.app import build
from idp.provider import Provider
from idp.tables import AuthorizationRequest
from tests.idp.test_certificate_factor import certified
from tests.idp.visitor import ISSUER, Person, Service
from tests.serving import home_with_keys, settings_for


class Handshake:
    """The server's side of a connection whose client has shown a certificate."""

    def __init__(self, der: bytes) -> None:
        self.der = der

    def getpeercert(self, *, binary_form: bool) -> bytes:
        return self.der if binary_form else b""


@pytest.fixture
def mutual(provider: Provider, tmp_path: Path) -> Flask:
    settings = settings_for("idp", home_with_keys(tmp_path / "mtls", {}), provider.ledger.url)
    return build(replace(settings, process="idp-mtls"), provider)


@pytest.mark.parametrize(("browser", "status", "kept"), [("ab" * 32, 303, 1), ("", 400, 0), ("x" * 4000, 400, 0)])
def test_a_proof_is_bound_to_a_browser_or_is_not_taken(
    mutual: Flask, provider: Provider, somphone: Person, edocument: Service, browser: str, status: int, kept: int
) -> None:
    handshake = Handshake(certified(provider, somphone, "officer-authentication"))
    query = edocument.ask() | {"browser": browser}
    client = mutual.test_client()

    answer = client.get(
        "/certificate", base_url=ISSUER, query_string=query, environ_overrides={"gunicorn.socket": handshake}
    )

    with provider.ledger.read() as reading:
        count = reading.scalar(select(func.count()).select_from(AuthorizationRequest))
    assert (answer.status_code, count) == (status, kept)
