"""The responder and the time-stamp authority under gunicorn, over the certificates of a real practice ceremony."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import sleep

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ca.ceremonies.practice import hold_practice_ceremony
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from migrations.run import migrate
from pki.parsed import certificates_from_pem
from pki.path import PathDemands, PathMaterial, StatusNeed, verify_path
from tests.ports import free_base
from web.home import Home

GUNICORN = (sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py")


@dataclass
class Installation:
    """A home after its ceremony, with its two houses running."""

    home: Home

    @property
    def certificates(self) -> Path:
        return self.home.path / "certificates"

    def port(self, house: str) -> int:
        return self.home.port(house)

    def openssl(self, *words: str) -> str:
        """Both outputs of the command, run beside the certificates."""
        done = subprocess.run(
            ["openssl", *words], cwd=self.certificates, capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout + done.stderr

    def certificate(self, name: str) -> bytes:
        return certificates_from_pem((self.certificates / f"{name}.pem").read_bytes())[0].der


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("home")
    home = Home(folder)
    (folder / "base-port").write_text(f"{free_base()}\n")
    migrate(home.database_url)
    ledger = Ledger(home.database_url, SystemClock(), system_randomness, "0.1.0", "issue")
    hold_practice_ceremony(ledger, home, [], clock=SystemClock())
    ledger.close()
    with ExitStack() as running:
        for house in ("ocsp", "tsa"):
            running.enter_context(_gunicorn(home, house))
        yield Installation(home)


@contextmanager
def _gunicorn(home: Home, house: str) -> Iterator[None]:
    environment = {
        **os.environ,
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_PROCESS": house,
        "LAOTRUST_DATABASE_URL": home.database_url,
    }
    with subprocess.Popen([*GUNICORN, f"{house}.app:create_app()"], env=environment) as process:
        try:
            _wait_for(home.port(house), process)
            yield
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(900):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None
        sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


@pytest.mark.parametrize(
    ("issuer", "name"),
    [("root", "services"), ("root", "officers"), ("services", "token"), ("services", "tsa"), ("services", "tls-idp")],
)
def test_openssl_takes_the_answers_for_real_certificates(installation: Installation, issuer: str, name: str) -> None:
    url = f"http://127.0.0.1:{installation.port('ocsp')}/"

    said = installation.openssl(
        "ocsp", "-url", url, "-CAfile", "root.pem", "-verify_other", f"{issuer}.pem",
        "-issuer", f"{issuer}.pem", "-cert", f"{name}.pem",
    )  # fmt: skip

    assert "Response verify OK" in said
    assert f"{name}.pem: good" in said


def test_openssl_takes_the_time_stamp_of_the_real_unit(installation: Installation, tmp_path: Path) -> None:
    query, answer = tmp_path / "query.tsq", tmp_path / "answer.tsr"
    installation.openssl("ts", "-query", "-data", "root.pem", "-sha256", "-cert", "-out", str(query))
    url = f"http://127.0.0.1:{installation.port('tsa')}/"
    send = ["curl", "-s", "-H", "Content-Type: application/timestamp-query", "--data-binary", f"@{query}", url]
    answer.write_bytes(subprocess.run(send, capture_output=True, check=True, timeout=20).stdout)

    said = installation.openssl("ts", "-verify", "-in", str(answer), "-queryfile", str(query), "-CAfile", "root.pem")

    assert "Verification: OK" in said


@pytest.mark.parametrize(
    ("name", "purpose"),
    [("tsa", "time_stamping"), ("tls-idp", "server_auth"), ("ocsp-services", "ocsp_signing")],
)
def test_real_paths_hold_with_their_constraints_and_purposes(
    installation: Installation, name: str, purpose: str
) -> None:
    path = verify_path(
        installation.certificate(name),
        [installation.certificate("root")],
        SystemClock().now(),
        PathMaterial(intermediates=(installation.certificate("services"),)),
        PathDemands(frozenset({"digital_signature"}), frozenset({purpose}), status=StatusNeed.NONE),
    )

    assert path == tuple(installation.certificate(one) for one in (name, "services", "root"))


def _chunked(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "send"),
    [
        ("POST / HTTP/1.0\r\nContent-Length: {0}\r\n", bytes),
        ("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {0}\r\n", bytes),
        ("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {0}\r\n", bytes),
        ("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n", _chunked),
    ],
    ids=["HTTP/1.0", "close", "100-continue", "chunked"],
)
def test_clients_of_every_manner_are_answered(
    installation: Installation, tmp_path: Path, head: str, send: Callable[[bytes], bytes]
) -> None:
    request = tmp_path / "request.der"
    installation.openssl("ocsp", "-issuer", "root.pem", "-cert", "services.pem", "-reqout", str(request))
    body = request.read_bytes()

    received = _exchange(installation.port("ocsp"), head.format(len(body)).encode() + b"\r\n" + send(body))

    assert b" 200 OK" in received
    answer = load_der_ocsp_response(received.rpartition(b"\r\n\r\n")[2])
    assert answer.certificate_status is OCSPCertStatus.GOOD


def test_two_questions_on_one_connection_are_both_answered(installation: Installation, tmp_path: Path) -> None:
    request = tmp_path / "request.der"
    installation.openssl("ocsp", "-issuer", "root.pem", "-cert", "services.pem", "-reqout", str(request))
    body = request.read_bytes()
    one = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    received = _exchange(installation.port("ocsp"), one + one.replace(b"Host: x", b"Host: x\r\nConnection: close"))

    assert received.count(b"200 OK") == 2


def _exchange(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while block := connection.recv(65536):
            received += block
    return received


def test_a_few_connections_that_say_nothing_keep_nobody_waiting(installation: Installation, tmp_path: Path) -> None:
    request = tmp_path / "request.der"
    installation.openssl("ocsp", "-issuer", "root.pem", "-cert", "services.pem", "-reqout", str(request))
    body = request.read_bytes()

    with ExitStack() as silent:
        for _ in range(5):
            silent.enter_context(socket.create_connection(("127.0.0.1", installation.port("ocsp"))))
        head = f"POST / HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        received = _exchange(installation.port("ocsp"), head + body)

    assert b" 200 OK" in received


def test_each_answer_carries_the_hash_of_the_certificate_in_the_ledger(
    installation: Installation, tmp_path: Path
) -> None:
    request = tmp_path / "request.der"
    installation.openssl("ocsp", "-issuer", "services.pem", "-cert", "token.pem", "-reqout", str(request))
    body = request.read_bytes()

    head = f"POST / HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = load_der_ocsp_response(_exchange(installation.port("ocsp"), head + body).rpartition(b"\r\n\r\n")[2])

    cert_hash = answer.single_extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.36.8.3.13")).value
    assert cert_hash.value.endswith(sha256(installation.certificate("token")).digest())  # type: ignore[attr-defined]
