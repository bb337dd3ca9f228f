"""One configuration serves every house: real gunicorn, real TLS, on ports of its own."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from idp.tables import Client
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from migrations.run import migrate
from tests.deploy.tls import PASSPHRASE, issued, self_signed
from tests.idp.desk import TEST, Arranged
from tests.idp.keys import Holder, self_signed_pair
from web.home import PORTS, Home
from web.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
SERVER = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
PLAIN = "tests.deploy.served:create_app()"
COMMAND = [*SERVER, PLAIN]


def free_base(offset: int) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]) - offset


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "certificates").mkdir()
    (tmp_path / "mode").write_text("practice")
    self_signed(tmp_path, "root")
    for name in ("officers", "citizens", "services"):
        issued(tmp_path, name, "root")
    issued(tmp_path, "tls-idp", "services")
    issued(tmp_path, "officer", "officers")
    return tmp_path


@contextmanager
def served(
    home: Path, process: str, application: str = PLAIN, **further: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The server while it runs, and its port; `further` is what its environment has besides."""
    base = free_base(PORTS.index(process))
    (home / "base-port").write_text(str(base))
    environment = os.environ | {"LAOTRUST_HOME": str(home), "LAOTRUST_MODE": "practice", "LAOTRUST_PROCESS": process}
    log = (home / "log").open("wb")
    server = subprocess.Popen([*SERVER, application], cwd=ROOT, env=environment | further, stderr=log)
    try:
        wait_for(base + PORTS.index(process), server)
        yield server, base + PORTS.index(process)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        log.close()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = monotonic() + 60  # a machine may be busy with other things; one that has ended is not waited for
    while monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError("the server did not start")


def in_patience(home: Path, port: int, path: str) -> int:
    """The status, however long it takes."""
    context = ssl.create_default_context(cafile=str(home / "certificates/root.pem"))
    connection = HTTPSConnection("localhost", port, context=context, timeout=25)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def get(home: Path, port: int, path: str, show: str | None = None) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=str(home / "certificates/root.pem"))
    if show:
        key, passphrase = home / f"keys/{show}.key.pem", PASSPHRASE.decode()
        context.load_cert_chain(home / f"certificates/{show}.pem", key, passphrase)
    connection = HTTPSConnection("localhost", port, context=context, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_house_is_served_with_its_encrypted_key_to_who_has_the_root_and_stops_at_a_signal(home: Path) -> None:
    with served(home, "idp") as (server, port):
        status, body = get(home, port, "/healthz")

    assert status == 200
    assert b'"alive": true' in body
    assert server.returncode == 0


def test_who_asks_for_it_has_his_connection_closed_behind_the_answer(home: Path) -> None:
    context = ssl.create_default_context(cafile=str(home / "certificates/root.pem"))

    with (
        served(home, "idp") as (_, port),
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        octets = b"".join(iter(lambda: line.recv(65536), b""))

    assert octets.startswith(b"HTTP/1.1 200")


def test_a_hostile_path_reaches_the_house_as_it_was_sent(home: Path) -> None:
    with served(home, "idp") as (_, port):
        status, body = get(home, port, "/a/..;/healthz")

    assert status == 400
    assert b"request.hostile-path" in body


def handshake(port: int, ciphers: str, newest: ssl.TLSVersion) -> str | None:
    """The version that was agreed on, or None."""
    found = shaken(port, ciphers, newest)
    return found[0] if found else None


def shaken(port: int, ciphers: str, newest: ssl.TLSVersion) -> tuple[str | None, str, type] | None:
    """Version, suite and the kind of the server's key; None when they did not agree."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    context.set_ciphers(ciphers)
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as wrapped:
            certificate = load_der_x509_certificate(wrapped.getpeercert(binary_form=True) or b"")
            return wrapped.version(), (wrapped.cipher() or ("",))[0], type(certificate.public_key())
    except (ssl.SSLError, OSError):
        return None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_is_no_older_than_1_2_and_has_the_advised_suites_alone(home: Path) -> None:
    v1_1, v1_2, v1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    with served(home, "idp") as (_, port):
        good = [handshake(port, "ECDHE+AESGCM", v1_2), handshake(port, "ALL", v1_3)]
        old = handshake(port, "ALL:@SECLEVEL=0", v1_1)
        weak = {
            suites: handshake(port, f"{suites}:@SECLEVEL=0", v1_2)
            for suites in ("ECDHE+SHA384:!AESGCM", "kRSA", "DHE", "ECDHE+CHACHA20", "aNULL", "ECDHE+SHA1")
        }

    assert good == ["TLSv1.2", "TLSv1.3"]
    assert old is None
    assert {suites: version for suites, version in weak.items() if version} == {}


def test_with_a_certificate_for_an_rsa_key_too_tls_1_2_uses_that_alone_and_tls_1_3_the_shorter_one(home: Path) -> None:
    issued(home, "tls-idp-rsa", "services", by_rsa=True)
    v1_2, v1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    with served(home, "idp") as (_, port):
        old, new = shaken(port, "ALL", v1_2), shaken(port, "ALL", v1_3)
        by_curve = shaken(port, "ECDHE+aECDSA", v1_2)

    assert old is not None
    assert new is not None
    assert (old[0], old[1].startswith("ECDHE-RSA-AES"), issubclass(old[2], RSAPublicKey)) == ("TLSv1.2", True, True)
    assert (new[0], issubclass(new[2], EllipticCurvePublicKey)) == ("TLSv1.3", True)
    assert by_curve is None


def test_the_port_of_mutual_tls_takes_certificates_of_ours_and_people_without_one(home: Path) -> None:
    with served(home, "idp-mtls") as (_, port):
        shown = get(home, port, "/peer", show="officer")
        none = get(home, port, "/peer")

    assert shown[0] == 200
    assert shown[1] != none[1]
    assert b'"octets": 0' in none[1] or b'"octets":0' in none[1]


def test_a_strangers_certificate_ends_the_handshake(home: Path) -> None:
    self_signed(home, "stranger")

    with served(home, "idp-mtls") as (_, port), pytest.raises((ssl.SSLError, OSError)):
        get(home, port, "/peer", show="stranger")


def register(ledger: Ledger, certificate: bytes) -> None:
    """A service of this very certificate is in the ledger."""
    key = {**Holder().key.as_dict(private=False), "x5c": [b64encode(certificate).decode()]}
    with ledger.entry(Arranged("own"), TEST) as tx:
        tx.add(
            Client(
                id="own", name_lo="x", name_en="x", profile="fapi2", first_party=True, minimum_level=1, sector="x",
                scopes="openid", redirect_uris="https://x.gov.la/", post_logout_redirect_uris="", secret_sha256="",
                auth_method="self_signed_tls_client_auth", jwks=json.dumps({"keys": [key]}),
            )
        )  # fmt: skip


def test_the_port_for_services_takes_a_certificate_from_the_moment_that_it_is_registered(home: Path) -> None:
    certificate, key = self_signed_pair()
    (home / "certificates/own.pem").write_text(ssl.DER_cert_to_PEM_cert(certificate))
    encryption = BestAvailableEncryption(PASSPHRASE)
    (home / "keys/own.key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    migrate(Home(home).database_url)
    ledger = Ledger(Home(home).database_url, SystemClock(), system_randomness, "0.1.0", "test")

    with served(home, "idp-clients-mtls") as (_, port):
        with pytest.raises((ssl.SSLError, OSError)):
            get(home, port, "/peer", show="own")
        register(ledger, certificate)
        sleep(1.1)
        shown = get(home, port, "/peer", show="own")
        none = get(home, port, "/peer")
    ledger.close()

    assert (shown[0], none[0]) == (200, 200)
    assert shown[1] != none[1]


def test_every_line_that_the_server_writes_is_json(home: Path) -> None:
    with served(home, "idp") as (_, port):
        get(home, port, "/peer")

    lines = (home / "log").read_text().splitlines()
    assert lines
    assert [line for line in lines if not line.startswith("{")] == []


def silent(home: Path, port: int, begun: bytes) -> ssl.SSLSocket:
    """A connection that begins to say something and never goes on."""
    context = ssl.create_default_context(cafile=str(home / "certificates/root.pem"))
    connection = context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost")
    connection.sendall(begun)
    return connection


def test_as_many_silent_connections_as_there_are_threads_do_not_stop_a_house(home: Path) -> None:
    with served(home, "idp") as (_, port), ExitStack() as silence:
        for _ in range(8):
            silence.enter_context(silent(home, port, b"GET /healthz HTTP/1.1\r\nHost: "))
        begun = monotonic()
        status = in_patience(home, port, "/healthz")
        waited = monotonic() - begun

    assert status == 200
    assert waited < 15


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"LAOTRUST_PROCESS": "nonsense"}, "LAOTRUST_PROCESS"), ({"LAOTRUST_MODE": "production"}, "LAOTRUST_MODE")],
)
def test_a_wrong_setting_stops_the_start_in_both_languages(home: Path, changes: dict[str, str], said: str) -> None:
    (home / "base-port").write_text("8440")
    environment = os.environ | {"LAOTRUST_HOME": str(home), "LAOTRUST_MODE": "practice", "LAOTRUST_PROCESS": "idp"}

    ended = subprocess.run(
        COMMAND,
        cwd=ROOT, env=environment | changes, capture_output=True, timeout=30, check=False,
    )  # fmt: skip

    assert ended.returncode != 0
    told = ended.stderr.decode()
    assert said in told
    assert [sentence in told for sentence in WORDS["home.settings"]] == [True, True]


def test_a_key_that_does_not_open_stops_the_start(home: Path) -> None:
    (home / "keys/tls-idp.pass").write_text("not this one")
    (home / "base-port").write_text(str(free_base(PORTS.index("idp"))))
    environment = os.environ | {"LAOTRUST_HOME": str(home), "LAOTRUST_MODE": "practice", "LAOTRUST_PROCESS": "idp"}

    ended = subprocess.run(
        COMMAND,
        cwd=ROOT, env=environment, capture_output=True, timeout=30, check=False,
    )  # fmt: skip

    assert ended.returncode != 0
    assert "not this one" not in ended.stderr.decode()
