"""The port where services show certificates: tokens bound to one, and which certificates a handshake takes."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

from ca.machines.acme.judgement import certificate_met
from idp.app import build
from idp.client_authentication.tls_client_auth import is_named
from idp.client_keys import certifies_nobody
from idp.provider import Provider
from idp.trusted import registered_certificates, trust
from ledger.decision import Refuse
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Handshake, Holder, self_signed
from tests.idp.test_walk import claims_of
from tests.idp.visitor import ISSUER, PASSWORD, VERIFIER, Person, Service, Visitor
from tests.issuing import PracticeIssuer, der
from tests.serving import home_with_keys, settings_for

PORT = "https://localhost:8455"


@pytest.fixture
def clients_port(provider: Provider, tmp_path: Path) -> Flask:
    settings = settings_for("idp", home_with_keys(tmp_path / "clients", {}), provider.ledger.url)
    return build(replace(settings, process="idp-clients-mtls"), provider)


def with_certificate(jwks: str, shown: bytes) -> str:
    return jwks.replace('"use": "sig"', f'"use": "sig", "x5c": ["{b64encode(shown).decode()}"]')


@pytest.fixture
def shown() -> bytes:
    return self_signed()


@pytest.fixture
def strict(desk: Desk, shown: bytes) -> Service:
    jwks = with_certificate(Holder().jwks, shown)
    return service(desk, 8490, profile="fapi2", auth_method="self_signed_tls_client_auth", jwks=jwks)


def asked(app: Flask, path: str, form: Mapping[str, str], shown: bytes | None, **headers: str) -> dict[str, str]:
    peer = {"gunicorn.socket": Handshake(shown)}
    answer = app.test_client().post(path, base_url=PORT, data=form, headers=headers, environ_overrides=peer)
    said: dict[str, str] = answer.get_json()
    return said


def test_a_service_without_secrets_gets_tokens_that_count_with_its_certificate_alone(
    app: Flask, clients_port: Flask, visitor: Visitor, strict: Service, somphone: Person, shown: bytes
) -> None:
    own = strict.client.client_id
    pushed = asked(clients_port, "/par", strict.ask(), shown)
    visitor.get("/authorize", {"client_id": own, "request_uri": pushed["request_uri"]})
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    form = {"grant_type": "authorization_code", "client_id": own, "redirect_uri": strict.redirect_uri}
    form |= {"code": visitor.redirected()["code"], "code_verifier": VERIFIER}

    tokens = asked(clients_port, "/token", form, shown)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    right = asked(clients_port, "/userinfo", {}, shown, **bearer)
    wrong = [asked(clients_port, "/userinfo", {}, one, **bearer)["error"] for one in (self_signed(), None)]

    assert (tokens["token_type"], claims_of(tokens)["aud"]) == ("Bearer", own)
    assert right["sub"] == claims_of(tokens)["sub"]
    assert wrong == ["invalid_token"] * 2


def test_nobody_signs_in_at_the_port_for_services(clients_port: Flask) -> None:
    paths = ("/authorize", "/sign-in", "/certificate", "/end-session", "/consent")

    assert {clients_port.test_client().get(path, base_url=PORT).status_code for path in paths} == {404}


def test_discovery_names_the_port_for_services(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    assert said["mtls_endpoint_aliases"]["token_endpoint"] == f"{PORT}/token"
    assert said["tls_client_certificate_bound_access_tokens"] is True


def test_the_port_takes_what_living_services_registered(
    provider: Provider, desk: Desk, strict: Service, shown: bytes
) -> None:
    before = registered_certificates(provider.ledger)
    desk.retire(strict.client.client_id)

    assert (before, registered_certificates(provider.ledger)) == ((shown,), ())


def made(*, ca: bool, sign: bool = False) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = x509.load_der_x509_certificate(self_signed())
    builder = x509.CertificateBuilder(
        leaf.subject, leaf.subject, key.public_key(), 9, leaf.not_valid_before_utc, leaf.not_valid_after_utc
    ).add_extension(x509.BasicConstraints(ca, None), critical=True)
    if sign:
        usage = x509.KeyUsage(False, False, False, False, False, True, False, False, False)
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER), key


def test_a_certificate_that_could_certify_others_is_never_trusted() -> None:
    assert certifies_nobody(made(ca=False)[0])
    assert not certifies_nobody(made(ca=True)[0])
    assert not certifies_nobody(made(ca=False, sign=True)[0])
    assert not certifies_nobody(der(PracticeIssuer().certificate))
    assert not certifies_nobody(b"x")


@pytest.mark.parametrize(
    ("oid", "value"), [("1.3.6.1.5.5.7.1.24", "3003020163"), ("2.5.29.17", "3003a30130")], ids=["feature", "name"]
)
def test_a_certificate_with_an_extension_that_the_library_cannot_read_is_trusted_by_nobody(
    oid: str, value: str
) -> None:
    """A feature of TLS that it does not know is a KeyError to it, an EDI party an exception of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = x509.load_der_x509_certificate(self_signed())
    strange = x509.CertificateBuilder(
        leaf.subject, leaf.subject, key.public_key(), 9, leaf.not_valid_before_utc, leaf.not_valid_after_utc
    ).add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value)), critical=False)
    octets = strange.sign(key, SHA256()).public_bytes(Encoding.DER)

    assert not certifies_nobody(octets)
    assert not is_named(octets, "dns:www.mtc.gov.la")
    assert certificate_met(octets, "www.mtc.gov.la", "token", "thumbprint") == Refuse("acme.seen-wrong")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes | None:
    """The client's certificate as the server sees it; SSLError when it does not take it."""
    ends = [ssl.MemoryBIO() for _ in range(2)]
    ours = server.wrap_bio(ends[0], ends[1], server_side=True)
    theirs = client.wrap_bio(ends[1], ends[0])
    for _ in range(6):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours.getpeercert(binary_form=True)


def context_of(folder: Path, name: str, purpose: int, pair: tuple[bytes, ec.EllipticCurvePrivateKey]) -> ssl.SSLContext:
    certificate, key = pair
    file = folder / f"{name}.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(certificate))
    with file.open("ab") as both:
        both.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(purpose)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(file)
    return context


def test_the_handshake_takes_a_registered_certificate_and_no_other(tmp_path: Path) -> None:
    registered, stranger = made(ca=False), made(ca=False)
    server = context_of(tmp_path, "server", ssl.PROTOCOL_TLS_SERVER, made(ca=False))
    server.verify_mode = ssl.CERT_OPTIONAL
    trust(server, (registered[0],))

    seen = handshake(server, context_of(tmp_path, "own", ssl.PROTOCOL_TLS_CLIENT, registered))
    with pytest.raises(ssl.SSLError):
        handshake(server, context_of(tmp_path, "stranger", ssl.PROTOCOL_TLS_CLIENT, stranger))

    assert seen == registered[0]
