"""Both samples, as they are, with our provider: over real TLS, by a browser without JavaScript."""

import json
import ssl
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pyotp
import pytest
import requests
from flask import Flask
from joserfc.jwk import ECKey
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, make_server

import examples.edocument.app as edocument
import examples.estaff.app as estaff
from idp.accounts import OpenedAccount
from idp.app import build
from idp.clients import RegisteredClient, Registration
from idp.provider import Provider
from idp.tables import Session, Subject
from idp.tokens import LOGOUT_TOKEN, logout_token
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor, Event
from ledger.ledger import Ledger
from ledger.people import Person, PersonDetail
from ledger.sealed_fields import SealedFields
from pki.jws import sign
from scripts.story.browser import Browser, Page
from tests.deploy.tls import PASSPHRASE, self_signed
from tests.idp.desk import Desk, desk_of
from tests.issuing import KeySigner
from web.home import Home, Mode
from web.settings import HouseSettings

NUMBER, PASSWORD = "10000017", "correct horse battery staple"
DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonCame(Event):
    kind: ClassVar[str] = "test.person-came"


@dataclass
class World:
    """A provider, two services and one officer."""

    provider: Provider
    account: OpenedAccount
    client: RegisteredClient
    browser: Browser
    issuer: str
    edocument: str
    estaff: str

    def sign_in(self) -> Page:
        """The page of e-Document after password and code."""
        page = self.browser.open(f"{self.edocument}/login")
        given = {"username": NUMBER, "current-password": PASSWORD}
        page = self.browser.submit(page, page.form_with("current-password"), given)
        code = pyotp.TOTP(b32encode(self.account.totp_secret).decode()).now()
        return self.browser.submit(page, page.form_with("one-time-code"), {"one-time-code": code})


class Servers:
    """TLS servers in threads, on ports that the system gives."""

    def __init__(self, folder: Path) -> None:
        (folder / "keys").mkdir()
        (folder / "certificates").mkdir()
        self_signed(folder, "tls")
        self.authority = folder / "certificates/tls.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.authority, folder / "keys/tls.key.pem", PASSPHRASE.decode())
        self._running: list[tuple[BaseWSGIServer, Thread]] = []

    def open(self) -> BaseWSGIServer:
        """A server that serves nothing yet, so that its address is known before its application."""
        server = make_server("127.0.0.1", 0, Flask("empty"), threaded=True, ssl_context=self._context)
        server.log = lambda *_: None  # type: ignore[method-assign]
        return server

    def serve(self, server: BaseWSGIServer, app: Flask) -> None:
        server.app = app
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self._running.append((server, thread))

    def close(self) -> None:
        for server, thread in self._running:
            server.shutdown()
            thread.join()
            server.server_close()


def registered(desk: Desk, url: str, key: ECKey) -> RegisteredClient:
    wanted = Registration(
        name_lo="ບໍລິການ",
        name_en="service",
        profile="gov",
        redirect_uris=(f"{url}/callback",),
        post_logout_redirect_uris=(f"{url}/signed-out",),
        backchannel_logout_uri=f"{url}/backchannel-logout",
        first_party=True,
        auth_method="private_key_jwt",
        jwks=json.dumps({"keys": [key.as_dict(private=False)]}),
    )
    client = desk.register(wanted)
    assert isinstance(client, RegisteredClient)
    return client


def somebody(desk: Desk, provider: Provider) -> OpenedAccount:
    with provider.ledger.entry(PersonCame(), DESK) as tx:
        tx.add(Person(id="p1", number=NUMBER))
        tx.add(
            PersonDetail(
                id="d1", person_id="p1", number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
                family_en="Vongsa", search_key="x", source="officers",
            )
        )  # fmt: skip
    account = desk.open(provider.fields, NUMBER, PASSWORD)
    assert isinstance(account, OpenedAccount)
    return account


@pytest.fixture
def world(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    servers = Servers(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(servers.authority))
    (tmp_path / "base-port").write_text("8440")
    opened = [servers.open() for _ in range(3)]
    issuer, first, second = (f"https://localhost:{server.port}" for server in opened)
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "idp")
    provider = Provider(ledger, SealedFields([b"k" * 32]), KeySigner(), issuer)
    settings = HouseSettings("idp", Home(tmp_path), Mode.PRACTICE, database_url, issuer, process="idp")
    desk = desk_of(ledger)
    key = ECKey.generate_key("P-256")
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    clients = [registered(desk, url, key) for url in (first, second)]
    servers.serve(opened[0], build(settings, provider))
    for server, module, client, url in zip(opened[1:], (edocument, estaff), clients, (first, second), strict=True):
        environment = {
            "ISSUER": issuer, "CLIENT_ID": client.client_id, "CLIENT_KEY_FILE": str(tmp_path / "key.pem"),
            "SERVICE_URL": url, "VALIDATION_URL": "https://localhost:1",
        }  # fmt: skip
        servers.serve(server, module.create_app(environment))
    browser = Browser(servers.authority)
    yield World(provider, somebody(desk, provider), clients[0], browser, issuer, first, second)
    browser.session.close()
    servers.close()
    ledger.close()


def test_an_officer_signs_in_once_and_both_services_know_him(world: World) -> None:
    first = world.sign_in()
    second = world.browser.open(f"{world.estaff}/login")

    assert first.url == f"{world.edocument}/"
    for shown in (NUMBER, "ສົມພອນ ວົງສາ", "Somphone Vongsa", "urn:laotrust:acr:2", "pwd", "otp"):
        assert shown in first.text
        assert shown in second.text


def test_a_logout_told_by_the_provider_ends_the_session_at_the_service(world: World) -> None:
    world.sign_in()
    sub, sid = named_in(world)
    said = logout_token(world.issuer, world.client.client_id, sub, sid, "jti-1", world.provider.ledger.clock.now())
    token = sign({"typ": LOGOUT_TOKEN}, said, world.provider.signer)

    told = requests.post(f"{world.edocument}/backchannel-logout", data={"logout_token": token}, timeout=5)
    page = world.browser.open(f"{world.edocument}/")

    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "no-store"
    assert NUMBER not in page.text


def test_a_logout_of_strangers_ends_nothing(world: World) -> None:
    world.sign_in()

    told = requests.post(f"{world.edocument}/backchannel-logout", data={"logout_token": "a.b.c"}, timeout=5)
    page = world.browser.open(f"{world.edocument}/")

    assert told.status_code == 400
    assert NUMBER in page.text


def test_a_validation_service_that_does_not_answer_is_said_in_plain_words(world: World) -> None:
    page = world.sign_in()
    form = next(form for form in page.forms if "file" in form.fields)

    answer = world.browser.upload(page, form, "file", b"%PDF-1.7")

    assert answer.status == 502
    assert "ລະບົບກາງບໍ່ຕອບ" in answer.text


def named_in(world: World) -> tuple[str, str]:
    """The `sub` and `sid` by which e-Document knows its one session."""
    with world.provider.ledger.read() as reading:
        sub = reading.scalars(select(Subject.sub)).first()
        sid = reading.scalars(select(Session.id)).first()
    return str(sub), str(sid)
