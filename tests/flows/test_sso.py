"""Sign-on by plain HTTP against real servers: two ports of the provider, TLS of our own, a browser without script."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import select

from idp.accounts import OpenedAccount
from idp.app import provider_of
from idp.clients import RegisteredClient, Registration
from idp.declared import NOTHING
from idp.factors.totp import STEP_SECONDS, code
from idp.provider import Provider
from ledger.certificates import Certificate, Intent, Issuer
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor, Event, Id
from ledger.outbox import OutboxMessage
from ledger.people import Cutoff, Person
from migrations.run import migrate
from scripts.story.browser import Browser, Page
from tests.deploy.tls import PASSPHRASE, issued, self_signed
from tests.idp.desk import desk_of
from tests.idp.visitor import CHALLENGE, PASSWORD, VERIFIER
from tests.issuing import KeySigner
from web.home import PORTS
from web.settings import HouseSettings

ROOT = Path(__file__).resolve().parents[2]
SERVER = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
DESK, CALLBACK = Actor.system("test"), "https://localhost:1/callback"
SIGNING = "https://sign.example.gov.la/v1"
BYTES_OF_SIGN_IN_PAGE = 4096


@dataclass(frozen=True)
class Arranged(Event):
    kind: ClassVar[str] = "test.arranged"
    thing: Id


def _half_minute() -> int:
    return int(SystemClock().now().timestamp()) // STEP_SECONDS


@dataclass
class Installation:
    """A running provider with one officer, who has an account and a certificate, and one service."""

    home: Path
    base: int
    provider: Provider
    account: OpenedAccount
    client: RegisteredClient
    shown_until: int = 0
    """The half minute, since 1970, whose code was shown last."""

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.base + PORTS.index('idp')}"

    def browser(self, *, certificate: bool = False) -> Browser:
        own = (self.home / "certificates/officer.pem", self.home / "officer.key")
        return Browser(self.home / "certificates/root.pem", own if certificate else None)

    def code(self) -> str:
        """One that was not shown before, since each counts once: of this half minute, of the next, or waited for."""
        half_minute = max(_half_minute(), self.shown_until + 1)
        while half_minute > _half_minute() + 1:
            sleep(0.2)
        self.shown_until = half_minute
        return code(self.account.totp_secret, datetime.fromtimestamp(half_minute * STEP_SECONDS, UTC))

    def request(self, **more: str) -> str:
        asked = {
            "response_type": "code", "client_id": self.client.client_id, "redirect_uri": CALLBACK,
            "scope": "openid profile organisation", "state": "s" * 43, "nonce": "n" * 43,
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self.issuer}/authorize?{urlencode(asked | more)}"

    def tokens(self, page: Page) -> dict[str, str]:
        found = parse_qs(urlsplit(page.url).query)
        form = {"grant_type": "authorization_code", "code": found["code"][0], "redirect_uri": CALLBACK}
        own = (self.client.client_id, self.client.client_secret)
        session = self.browser().session
        answer = session.post(f"{self.issuer}/token", data={**form, "code_verifier": VERIFIER}, auth=own, timeout=10)
        tokens: dict[str, str] = answer.json()
        return tokens

    def userinfo(self, tokens: dict[str, str]) -> int:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.browser().session.get(f"{self.issuer}/userinfo", headers=bearer, timeout=10).status_code

    def cut(self) -> None:
        with self.provider.ledger.entry(Arranged("cutoff"), DESK) as tx:
            tx.add(Cutoff(id=tx.new_id(), person_id="officer", at=tx.at, reason="keyCompromise"))

    def messages(self) -> list[str]:
        with self.provider.ledger.read() as session:
            return list(session.scalars(select(OutboxMessage.url)))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("home")
    base = prepared(home)
    environment = {"LAOTRUST_HOME": str(home), "LAOTRUST_MODE": "practice"}
    settings = HouseSettings.from_environment(environment, "idp")
    provider = provider_of(settings, SystemClock(), system_randomness)
    with ExitStack() as running:
        running.callback(provider.ledger.close)
        arranged = arrange(home, base, provider)
        for process in ("idp", "idp-mtls"):
            running.callback(stop, start(home, base, process, environment))
        yield arranged


def prepared(home: Path) -> int:
    """A practice home with keys, certificates and an empty database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base = int(probe.getsockname()[1]) - PORTS.index("idp")
    for folder in ("keys", "certificates"):
        (home / folder).mkdir()
    (home / "mode").write_text("practice")
    (home / "base-port").write_text(str(base))
    self_signed(home, "root")
    for name in ("officers", "citizens", "services"):
        issued(home, name, "root")
    issued(home, "tls-idp", "services")
    issued(home, "officer", "officers")
    key = load_pem_private_key((home / "keys/officer.key.pem").read_bytes(), PASSPHRASE)
    (home / "officer.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    token = KeySigner().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    (home / "keys/token.key.pem").write_bytes(token)
    (home / "keys/token.pass").write_bytes(PASSPHRASE)
    (home / "keys/fields.key.pem").write_text(bytes(range(32)).hex())
    for path in (home / "keys").iterdir():
        path.chmod(0o600)
    migrate(f"sqlite:///{home / 'laotrust.db'}")
    return base


def arrange(home: Path, base: int, provider: Provider) -> Installation:
    """The officer, his certificate and account, and the service are in the ledger."""
    shown = x509.load_pem_x509_certificate((home / "certificates/officer.pem").read_bytes())
    der = shown.public_bytes(Encoding.DER)
    common = {"id": "c", "issuer_id": "i", "serial_number": "1", "profile": "officer-authentication"}
    with provider.ledger.entry(Arranged("officer"), DESK) as tx:
        tx.add(
            Person(id="officer", number="10000017"),
            Issuer(id="i", name="officers", generation=1, certificate=b"-", crl_url="-", ocsp_url="-",
                   certificate_url="-"),
            Intent(**common, dense_number=1, tbs=b"-", person_id="officer"),
            Certificate(**common, sha256=sha256(der).hexdigest(), key_sha256="-", der=der, person_id="officer",
                        not_before=shown.not_valid_before_utc, not_after=shown.not_valid_after_utc),
        )  # fmt: skip
    desk = desk_of(provider.ledger)
    account = desk.open(provider.fields, "10000017", PASSWORD)
    wanted = Registration("ເອກະສານ", "e-Document", "standard", (CALLBACK,), backchannel_logout_uri="https://localhost:1/out",
                          first_party=True, resources=(SIGNING,),
                          declared=replace(NOTHING, details_types=("sign",)))  # fmt: skip
    client = desk.register(wanted)
    assert isinstance(account, OpenedAccount)
    assert isinstance(client, RegisteredClient)
    return Installation(home, base, provider, account, client)


def start(home: Path, base: int, process: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The provider's process, once its port answers."""
    with (home / f"{process}.log").open("wb") as log:
        own = os.environ | environment | {"LAOTRUST_PROCESS": process}
        server = subprocess.Popen([*SERVER, "idp.app:create_app()"], cwd=ROOT, env=own, stderr=log)
    until = monotonic() + 30
    while monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", base + PORTS.index(process))) == 0:
                return server
        sleep(0.05)
    stop(server)
    raise AssertionError((home / f"{process}.log").read_text())


def stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(20)


def test_the_sign_in_page_costs_at_most_four_kilobytes_with_its_headers(installation: Installation) -> None:
    context = ssl.create_default_context(cafile=str(installation.home / "certificates/root.pem"))
    path = installation.request().removeprefix(installation.issuer)
    port = installation.base + PORTS.index("idp")
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        wanted = "Accept: text/html\r\nAccept-Encoding: gzip\r\nConnection: close"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{wanted}\r\n\r\n".encode())
        octets = b"".join(iter(lambda: line.recv(65536), b""))

    assert octets.startswith(b"HTTP/1.1 200")
    assert len(octets) <= BYTES_OF_SIGN_IN_PAGE


def test_an_officer_signs_in_with_his_certificate_on_a_port_of_its_own(installation: Installation) -> None:
    browser = installation.browser(certificate=True)
    page = browser.open(installation.request())
    link = next(word for word in page.text.split('"') if "/certificate?" in word).replace("&amp;", "&")

    answer = browser.open(link, stop_at=CALLBACK)
    again = browser.open(installation.request(), stop_at=CALLBACK)

    assert installation.userinfo(installation.tokens(answer)) == 200
    assert again.url.startswith(CALLBACK)


def test_without_a_certificate_a_page_says_what_to_do(installation: Installation) -> None:
    browser = installation.browser()
    page = browser.open(installation.request())
    link = next(word for word in page.text.split('"') if "/certificate?" in word).replace("&amp;", "&")

    explained = browser.open(link)

    assert (explained.status, "sign-in.certificate-missing" in explained.text) == (403, True)


def test_after_a_cutoff_tokens_are_dead_at_once_and_services_are_being_told_within_a_second(
    installation: Installation,
) -> None:
    browser = installation.browser()
    page = browser.open(installation.request())
    page = browser.submit(page, page.form_with("username"), {"username": "10000017", "current-password": PASSWORD})
    answer = browser.submit(page, page.form_with("one-time-code"), {"one-time-code": installation.code()}, CALLBACK)
    tokens = installation.tokens(answer)
    before = installation.userinfo(tokens)

    installation.cut()
    after = installation.userinfo(tokens)
    sleep(1)

    assert (before, after) == (200, 401)
    assert "https://localhost:1/out" in installation.messages()
