"""The port of mutual TLS writes nothing for an address that no page of ours can have led to."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

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


OWN, OTHER = "own-cookie", "of-another"


def of(cookie: str) -> str:
    """What stands for the browser with this form cookie."""
    return sha256(f"browser\n{cookie}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("cookie", "browser", "status", "kept"),
    [(OWN, of(OWN), 303, 1), ("", of(OWN), 400, 0), (OTHER, of(OWN), 400, 0), (OWN, "", 400, 0), (OWN, "ລ", 400, 0)],
    ids=["its own", "no cookie", "of another", "no address", "no digest"],
)
def test_a_proof_is_of_the_browser_whose_cookie_came_or_is_not_taken(
    mutual: Flask, provider: Provider, somphone: Person, edocument: Service,
    cookie: str, browser: str, status: int, kept: int,
) -> None:  # fmt: skip
    handshake = Handshake(certified(provider, somphone, "officer-authentication"))
    query = edocument.ask() | {"browser": browser}
    client = mutual.test_client()
    if cookie:
        client.set_cookie("__Host-idp-form", cookie, domain=urlsplit(ISSUER).hostname or "", secure=True)

    answer = client.get(
        "/certificate", base_url=ISSUER, query_string=query, environ_overrides={"gunicorn.socket": handshake}
    )

    with provider.ledger.read() as reading:
        count = reading.scalar(select(func.count()).select_from(AuthorizationRequest))
    assert (answer.status_code, count) == (status, kept)
