"""Signing in with a certificate: through the port of mutual TLS and back, and when the certificate will not do."""

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import build
from idp.provider import Provider
from idp.tables import Session
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, KeyBlock, KeyUse, Revocation
from ledger.entry import Entry
from ledger.people import Person as PersonRow
from tests.idp.desk import TEST, Arranged, certify
from tests.idp.test_sign_in import cut, refusals
from tests.idp.test_walk import bearer, claims_of
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner, PracticeIssuer, der
from tests.serving import home_with_keys, settings_for

FORM_COOKIE = "__Host-idp-form"


@dataclass(frozen=True)
class Handshake:
    """What a finished TLS handshake left on the connection."""

    certificate: bytes | None

    def getpeercert(self, *, binary_form: bool) -> bytes | None:
        assert binary_form
        return self.certificate


@dataclass(frozen=True)
class Port:
    """The port of mutual TLS."""

    app: Flask

    def show(self, visitor: Visitor, certificate: bytes | None) -> TestResponse:
        """The visitor follows the page's link to this port, and his browser shows the certificate."""
        link = next(word for word in visitor.page.text.split('"') if "/certificate?" in word)
        parts = urlsplit(unescape(link))
        environ = {"gunicorn.socket": Handshake(certificate)}
        base, client = f"https://{parts.netloc}", self.app.test_client()
        if (cookie := visitor.client.get_cookie(FORM_COOKIE)) is not None:  # cookies know no ports
            client.set_cookie(FORM_COOKIE, cookie.value, secure=True)
        visitor.page = client.get(
            f"{parts.path}?{parts.query}", base_url=base, environ_overrides=environ, headers={"Accept": "text/html"}
        )
        return visitor.page

    def sign_in(self, visitor: Visitor, service: Service, certificate: bytes) -> dict[str, str]:
        visitor.get("/authorize", service.ask())
        self.show(visitor, certificate)
        visitor.get(visitor.page.headers["Location"].removeprefix(ISSUER))
        return visitor.redirected()


@pytest.fixture
def port(provider: Provider, tmp_path: Path) -> Port:
    settings = settings_for("idp", home_with_keys(tmp_path / "mtls", {}), provider.ledger.url)
    return Port(build(replace(settings, process="idp-mtls"), provider))


@pytest.fixture
def shown() -> bytes:
    return der(PracticeIssuer().leaf("somebody", 7, KeySigner()))


def arrange(provider: Provider, *facts: Fact) -> None:
    with provider.ledger.entry(Arranged("it"), TEST) as tx:
        tx.add(*facts)


def test_an_officer_signs_in_with_his_certificate_at_level_two(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    certify(provider.ledger, somphone.id, shown)

    code = port.sign_in(visitor, edocument, shown)["code"]

    claims = claims_of(edocument.redeem(app, code).get_json())
    assert (claims["acr"], claims["amr"]) == ("urn:laotrust:acr:2", ["pop", "swk"])


def test_a_citizen_without_an_account_signs_in_with_his_certificate(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, shown: bytes
) -> None:
    arrange(provider, PersonRow(id="citizen", number="20000017"))
    certify(provider.ledger, "citizen", shown, "citizen-authentication")

    first = edocument.redeem(app, port.sign_in(visitor, edocument, shown)["code"]).get_json()
    again = edocument.redeem(app, port.sign_in(Visitor(app), edocument, shown)["code"]).get_json()

    person = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(first["access_token"])).get_json()
    assert person["person_number"] == "20000017"
    assert claims_of(first)["sub"] == claims_of(again)["sub"]


@pytest.mark.parametrize(
    ("profile", "days", "code"),
    [
        ("officer-signing", 30, "sign-in.certificate-purpose"),
        ("tls-server", 30, "sign-in.certificate-purpose"),
        ("officer-authentication", -1, "sign-in.certificate-expired"),
    ],
)
def test_a_certificate_that_will_not_do_is_explained_and_entered(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person,
    profile: str, days: int, code: str,
) -> None:  # fmt: skip
    shown = der(PracticeIssuer().leaf("somebody", 7, KeySigner()))
    certify(provider.ledger, somphone.id, shown, profile, provider.ledger.clock.now() + timedelta(days=days))
    visitor.get("/authorize", edocument.ask())

    page = port.show(visitor, shown)

    assert (page.status_code, code in page.text) == (403, True)
    assert [code in body for body in refusals(provider)] == [True]


def test_a_certificate_that_is_revoked_opens_nothing(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    own = certify(provider.ledger, somphone.id, shown)
    arrange(provider, Revocation(certificate_id=own, at=provider.ledger.clock.now(), reason="keyCompromise"))
    visitor.get("/authorize", edocument.ask())

    page = port.show(visitor, shown)

    assert (page.status_code, "sign-in.certificate-revoked" in page.text) == (403, True)


def test_a_certificate_on_hold_opens_nothing_until_it_is_released(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    own = certify(provider.ledger, somphone.id, shown)
    arrange(provider, Hold(id="h", certificate_id=own, at=provider.ledger.clock.now()))
    visitor.get("/authorize", edocument.ask())

    held = port.show(visitor, shown)
    arrange(provider, HoldRelease(hold_id="h", at=provider.ledger.clock.now()))
    released = port.sign_in(visitor, edocument, shown)

    assert (held.status_code, "sign-in.certificate-revoked" in held.text) == (403, True)
    assert "code" in released


def test_a_person_who_was_cut_off_is_not_let_in_by_an_older_certificate(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    certify(provider.ledger, somphone.id, shown)
    cut(provider, somphone)
    visitor.get("/authorize", edocument.ask())

    page = port.show(visitor, shown)

    assert (page.status_code, "sign-in.certificate-revoked" in page.text) == (403, True)


def test_a_certificate_revoked_between_the_two_ports_begins_no_session(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    own = certify(provider.ledger, somphone.id, shown)
    visitor.get("/authorize", edocument.ask())
    back = port.show(visitor, shown).headers["Location"].removeprefix(ISSUER)

    arrange(provider, Revocation(certificate_id=own, at=provider.ledger.clock.now(), reason="superseded"))
    page = visitor.get(back)

    with provider.ledger.read() as session:
        assert session.scalars(select(Session)).all() == []
    assert (page.status_code, "sign-in.cut-off" in page.text) == (400, True)


def test_a_session_dies_with_the_certificate_that_began_it(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    own = certify(provider.ledger, somphone.id, shown)
    tokens = edocument.redeem(app, port.sign_in(visitor, edocument, shown)["code"]).get_json()
    before = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).status_code

    arrange(provider, Hold(id="h", certificate_id=own, at=provider.ledger.clock.now()))
    after = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).status_code
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert (before, after) == (200, 401)
    assert visitor.redirected()["error"] == "login_required"


def test_who_shows_none_or_a_foreign_one_is_told_what_to_do_and_can_go_back(
    visitor: Visitor, port: Port, provider: Provider, edocument: Service, shown: bytes
) -> None:
    visitor.get("/authorize", edocument.ask())
    page = visitor.page

    none = port.show(visitor, None)
    visitor.page = page
    foreign = port.show(visitor, shown)

    assert [none.status_code, foreign.status_code] == [403, 403]
    assert "sign-in.certificate-missing" in none.text
    assert "sign-in.certificate-unknown" in foreign.text
    assert f"{ISSUER}/authorize?" in foreign.text


def test_the_handle_from_the_other_port_is_of_no_use_in_another_browser(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes
) -> None:
    certify(provider.ledger, somphone.id, shown)
    visitor.get("/authorize", edocument.ask())
    back = port.show(visitor, shown).headers["Location"].removeprefix(ISSUER)
    thief = Visitor(app)
    thief.get("/authorize", edocument.ask())

    stolen = thief.get(back)

    with provider.ledger.read() as session:
        begun = session.scalars(select(Entry.id).where(Entry.kind == "session.begun")).all()
    assert (stolen.status_code, begun) == (400, [])


@pytest.mark.parametrize("reason", ["cACompromise", None])
def test_a_certificate_is_lost_with_its_ca_before_its_own_end_is_entered(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes,
    reason: str | None,
) -> None:  # fmt: skip
    ca = der(PracticeIssuer().leaf("officers", 8, KeySigner()))
    certify(provider.ledger, somphone.id, shown, issuer_der=ca)
    own = certified_by_the_root(provider, ca)
    tokens = edocument.redeem(app, port.sign_in(visitor, edocument, shown)["code"]).get_json()

    if reason:
        arrange(provider, Revocation(certificate_id=own, at=provider.ledger.clock.now(), reason=reason))
    held = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).status_code
    again = Visitor(app)
    again.get("/authorize", edocument.ask())
    page = port.show(again, shown)

    assert (held, page.status_code) == ((401, 403) if reason else (200, 303))


@pytest.mark.parametrize(
    "case",
    [
        (1, False, "officers", True), (2, False, "officers-2", True), (2, False, "officers", False),
        (1, False, "root", False), (1, True, "root", True), (1, True, None, False),
    ],
)  # fmt: skip
def test_a_certificate_is_lost_with_the_key_of_a_ca_of_ours_above_it_whoever_certified_that_one(
    app: Flask, visitor: Visitor, port: Port, provider: Provider, edocument: Service, somphone: Person, shown: bytes,
    case: tuple[int, bool, str | None, bool],
) -> None:  # fmt: skip
    generation, under_root, blocked, lost = case
    ca = der(PracticeIssuer().leaf("officers", 8, KeySigner()))
    certify(provider.ledger, somphone.id, shown, issuer_der=ca, issuer=("officers", generation))
    if under_root:
        certified_by_the_root(provider, ca)
    tokens = edocument.redeem(app, port.sign_in(visitor, edocument, shown)["code"]).get_json()

    if blocked:
        at = provider.ledger.clock.now()
        arrange(provider, KeyUse(key_sha256="f" * 64, subject=blocked), KeyBlock(key_sha256="f" * 64, at=at))
    held = app.test_client().get("/userinfo", base_url=ISSUER, headers=bearer(tokens["access_token"])).status_code
    again = Visitor(app)
    again.get("/authorize", edocument.ask())
    page = port.show(again, shown)

    assert (held, page.status_code) == ((401, 403) if lost else (200, 303))


def certified_by_the_root(provider: Provider, ca: bytes) -> str:
    """The id of the certificate of a CA, which the root has issued."""
    at, own = provider.ledger.clock.now(), "c-officers"
    common = {"id": own, "issuer_id": "root", "serial_number": "8", "profile": "officers-ca"}
    root = Issuer(
        id="root", name="root", generation=1, certificate=b"-", crl_url="-", ocsp_url="-", certificate_url="-",
    )  # fmt: skip
    certificate = Certificate(
        **common, sha256=sha256(ca).hexdigest(), key_sha256="-", der=ca, not_before=at - timedelta(days=1),
        not_after=at + timedelta(days=1),
    )  # fmt: skip
    arrange(provider, root, Intent(**common, dense_number=1, tbs=b"-"), certificate)
    return own
