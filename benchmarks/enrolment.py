"""Certificates over HTTP, from a machine's question to its certificate in the answer, beside CFSSL's `/sign`.

Ours by CMP (RFC 9483), through the processes that every installation runs: the door verifies the message's protection
and the proof of possession, the signing room verifies both again and does all that it does in bulk, and each answer
waits for its certificate. CFSSL verifies the request's signature, signs, and stores nothing. Both are asked over the
same connections by the same client.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.databases import databases
from benchmarks.installation import at_database, certificates, installation, request, sealer, signing_room
from benchmarks.ocsp_servers import free_port, running, wait_for_answer
from benchmarks.open_loop import each
from benchmarks.result import Result, times_the_peer
from ca.machines.doors import Made
from ca.machines.rules import Protocol
from ledger.ledger import Ledger
from pki.cmp.message import Body
from tests.ca.conftest import PracticeCa
from tests.ca.machines.cmp_client import Client, asked, key
from tests.ca.machines.ministry import Ministry
from tests.issuing import KeySigner, PracticeIssuer, pem
from web.home import Home

COUNT, PEERS_COUNT, CONNECTIONS = 1200, 4000, 48
"""So many machines are at the door at a time: fifty may wait under one allowance (`machine_requests_open`)."""
FIRST, SETTLES = 96, 4.0
"""So many ask before the time is taken, and so many seconds pass then: the second judge takes them to load."""
TRIES = 30
BASE_PORT = 8470
_ZONE = b".mtc.gov.la"
"""Stands in each certificate, and so in each answer that has one."""


def run() -> list[Result]:
    """Certificates a second on each engine, beside CFSSL's in the same run."""
    with TemporaryDirectory(prefix="laotrust-bench-") as name, databases(folder := Path(name)) as several:
        ours = {engine: _ours(folder / engine, url) for engine, url in several}
        peer = _cfssl(folder / "cfssl") if shutil.which("cfssl") else None
    return [
        Result(f"enrolment over HTTP, {engine}", rate, "certificates/s", "CFSSL /sign", rate / peer if peer else None,
               times_the_peer(0.3))
        for engine, rate in ours.items()
    ]  # fmt: skip


def _ours(folder: Path, url: str) -> float:
    folder.mkdir()
    with at_database(url):
        ledger, home = installation(folder, BASE_PORT)
        with sealer(ledger, home):
            made = Ministry.of(PracticeCa.at(ledger, home))
            secret = made.secret(made.allowed(most=FIRST + COUNT), Protocol.CMP)
            with signing_room(home), _door(home):
                port, questions = home.port("machines-http"), _questions(ledger, secret)
                _await_the_room(port, questions[:FIRST])
                time.sleep(SETTLES)
                before, began = certificates(ledger), time.perf_counter()
                answers = each(port, questions[FIRST:], CONNECTIONS)
                taken = time.perf_counter() - began
        issued = certificates(ledger) - before
        ledger.close()
    if issued != COUNT or not all(_ZONE in answer for answer in answers):
        raise RuntimeError(f"{issued} of {COUNT} machines have a certificate")
    return COUNT / taken


def _await_the_room(port: int, questions: list[bytes]) -> None:
    """Until it issues: who asks again hears what became of his request. Raises RuntimeError."""
    for _ in range(TRIES):
        if all(_ZONE in answer for answer in each(port, questions, CONNECTIONS)):
            return
        time.sleep(1)
    raise RuntimeError(f"the first {len(questions)} machines have no certificate after {TRIES} tries")


@contextmanager
def _door(home: Home) -> Iterator[None]:
    own = {
        "LAOTRUST_HOME": str(home.path.resolve()), "LAOTRUST_MODE": "practice", "LAOTRUST_PROCESS": "machines-http",
        "LAOTRUST_THREADS": str(CONNECTIONS),
    }  # fmt: skip
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    with running([*gunicorn, "benchmarks.machines_app:create_app()"], {**os.environ, **own}):
        wait_for_answer(f"{home.url('machines-http')}/readyz")
        yield


def _questions(ledger: Ledger, secret: Made) -> list[bytes]:
    """Each machine asks in a transaction of its own, for its own host and key."""
    now = ledger.clock.now()
    clients = [Client(secret, now, transaction=number.to_bytes(16, "big")) for number in range(FIRST + COUNT)]
    bodies = [
        client.message(Body.IR, asked(key(), f"h{number}{_ZONE.decode()}")) for number, client in enumerate(clients)
    ]
    return [_post("/.well-known/cmp", "application/pkixcmp", body) for body in bodies]


def _cfssl(folder: Path) -> float:
    folder.mkdir()
    signer = KeySigner()
    (folder / "ca.pem").write_bytes(pem(PracticeIssuer("Peer", signer=signer).certificate))
    (folder / "ca-key.pem").write_bytes(signer.pem)
    port = free_port()
    files = [f"-ca={folder / 'ca.pem'}", f"-ca-key={folder / 'ca-key.pem'}"]
    command = ["cfssl", "serve", "-address=127.0.0.1", f"-port={port}", *files, "-loglevel=5"]
    requests = [x509.load_der_x509_csr(request()).public_bytes(Encoding.PEM).decode() for _ in range(PEERS_COUNT)]
    asked_for = [dumps({"certificate_request": one, "hosts": ["h.mtc.gov.la"]}).encode() for one in requests]
    questions = [_post("/api/v1/cfssl/sign", "application/json", body) for body in asked_for]
    with running(command, dict(os.environ)):
        wait_for_answer(f"http://127.0.0.1:{port}/api/v1/cfssl/info", b"{}")
        began = time.perf_counter()
        answers = each(port, questions, CONNECTIONS)
        taken = time.perf_counter() - began
    if not all(b"BEGIN CERTIFICATE" in answer for answer in answers):
        raise RuntimeError("CFSSL did not sign")
    return PEERS_COUNT / taken


def _post(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
