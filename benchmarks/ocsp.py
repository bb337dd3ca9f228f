"""OCSP answers, each signed as it is asked for: in process beside cryptography's builder, over HTTP beside nginx.

nginx sends one ready answer from its open-file cache and signs nothing: it is the ceiling, not a rival. Both
are asked by the same client over one connection that is kept.
"""

import os
import shutil
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from benchmarks.result import Result
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from migrations.run import migrate
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from tests.issuing import PracticeIssuer
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys

ROUNDS, IN_PROCESS, OVER_HTTP = 5, 2_000, 1_000
NONCE = bytes(range(16))
_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; keepalive_requests 1000000; open_file_cache max=10; default_type application/ocsp-response;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; try_files /answer.der =404; }} }}
}}
"""


def run() -> list[Result]:
    """Answers a second: in process without and with a nonce, then by GET over HTTP."""
    with TemporaryDirectory(prefix="laotrust-bench-") as folder:
        path = Path(folder)
        url = f"sqlite:///{path / 'laotrust.db'}"
        migrate(url)
        ledger = Ledger(url, SystemClock(), system_randomness, "bench", "bench")
        issuer = RecordedIssuer(ledger)
        _, delegated = issuer.delegate()
        _, certificate = issuer.issue()
        results = [*_in_process(ledger, issuer, delegated, certificate), _over_http(path, ledger, issuer, certificate)]
        ledger.close()
        return results


def _in_process(
    ledger: Ledger, issuer: RecordedIssuer, delegated: x509.Certificate, certificate: x509.Certificate
) -> list[Result]:
    responder = OcspResponder(StatusStore(ledger), lambda _name: issuer.responder_signer, ledger.clock)
    results = []
    for words, nonce in (("", None), (" with a nonce", NONCE)):
        request = _request(certificate, issuer.issuer, nonce)
        peer = _rate(IN_PROCESS, lambda: _by_library(request, issuer, delegated, ledger))  # noqa: B023
        # The store is not followed here, so it is asked to look before it counts as stale.
        responder.store.look()
        ours = _rate(IN_PROCESS, lambda: responder.respond(request), before=responder.store.look)  # noqa: B023
        results.append(
            Result(f"OCSP answer in process{words}", ours, "answers/s", "cryptography's builder", ours / peer)
        )
    return results


def _over_http(folder: Path, ledger: Ledger, issuer: RecordedIssuer, certificate: x509.Certificate) -> Result:
    request = _request(certificate, issuer.issuer, None)
    path = f"/{quote(b64encode(request), safe='')}"
    with _gunicorn(folder, issuer, ledger.url) as port:
        ours, answer = _asked(port, path)
    if shutil.which("nginx") is None:
        return Result("OCSP answer by GET, one connection", ours, "answers/s")
    (folder / "answer.der").write_bytes(answer)
    with _nginx(folder) as port:
        peer, _ = _asked(port, path)
    return Result("OCSP answer by GET, one connection", ours, "answers/s", "nginx static file", ours / peer)


def _by_library(request: bytes, issuer: RecordedIssuer, delegated: x509.Certificate, ledger: Ledger) -> bytes:
    """What a responder costs that is made of cryptography's parser and builder."""
    asked = library.load_der_ocsp_request(request)
    now = ledger.clock.now()
    builder = library.OCSPResponseBuilder().add_response_by_hash(
        asked.issuer_name_hash,
        asked.issuer_key_hash,
        asked.serial_number,
        asked.hash_algorithm,
        library.OCSPCertStatus.GOOD,
        now,
        now + timedelta(hours=12),
        None,
        None,
    )
    builder = builder.responder_id(library.OCSPResponderEncoding.HASH, delegated).certificates([delegated])
    for extension in asked.extensions:
        builder = builder.add_extension(extension.value, critical=False)
    signed = builder.sign(issuer.responder_signer.key, SHA256())
    return signed.public_bytes(Encoding.DER)


def _request(certificate: x509.Certificate, issuer: PracticeIssuer, nonce: bytes | None) -> bytes:
    builder = library.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, SHA256())
    builder = builder if nonce is None else builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def _rate(number: int, work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    return median(_once(number, work, before) for _ in range(ROUNDS))


def _once(number: int, work: Callable[[], object], before: Callable[[], object]) -> float:
    before()
    start = perf_counter()
    for _ in range(number):
        work()
    return number / (perf_counter() - start)


def _asked(port: int, path: str) -> tuple[float, bytes]:
    """Answers a second over one kept connection, and the last answer."""
    question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        rates = [_once(OVER_HTTP, lambda: _exchange(connection, question), lambda: None) for _ in range(ROUNDS)]
        return median(rates), _exchange(connection, question)


def _exchange(connection: socket.socket, question: bytes) -> bytes:
    connection.sendall(question)
    received = connection.recv(65536)
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return body


@contextmanager
def _gunicorn(folder: Path, issuer: RecordedIssuer, url: str) -> Iterator[int]:
    port = _free_port()
    home = home_with_keys(folder / "home", {"ocsp-officers": issuer.responder_signer}, base_port=port - 1)
    environment = {
        **os.environ,
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_DATABASE_URL": url,
        "LAOTRUST_PROCESS": "ocsp",
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
    with _running([*command, "ocsp.app:create_app()"], port, environment):
        yield port


@contextmanager
def _nginx(folder: Path) -> Iterator[int]:
    port = _free_port()
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port))
    folder.chmod(0o755)
    with _running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port, dict(os.environ)):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    # The command is ours, word for word.
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
