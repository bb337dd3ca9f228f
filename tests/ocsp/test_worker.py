"""The worker under gunicorn, two processes of it: what holds across processes."""

import os
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
import requests
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from tests.ocsp.conftest import Ask
from tests.ocsp.running import Running, gunicorn
from tests.recorded import RecordedIssuer
from web.connection import HEAD_SECONDS

pytestmark = pytest.mark.sqlite_only(
    "processes and sockets are what is looked at; the store has its tests on both engines"
)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """The processes go by the machine's clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@contextmanager
def _connections(running: Running, number: int) -> Iterator[None]:
    """So many connections on each of which an answer was read."""
    with ExitStack() as stack:
        for _ in range(number):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=10))
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        yield


def _taken(running: Running, number: int) -> list[int]:
    """How many of so many connections each worker takes."""
    before = running.sockets()
    with _connections(running, number):
        return [after - was for was, after in zip(before, running.sockets(), strict=True)]


def _wait_until_both_listen(running: Running) -> None:
    until = monotonic() + 30
    while min(_taken(running, 4)) < 1:
        assert monotonic() < until
        sleep(0.2)


@pytest.fixture
def ask_one(issuer: RecordedIssuer, ask: Ask) -> bytes:
    _, certificate = issuer.issue()
    return ask(certificate, issuer.issuer)


@pytest.fixture
def running(issuer: RecordedIssuer, ledger: Ledger, tmp_path: Path, free_port: int) -> Iterator[Running]:
    with gunicorn(issuer, ledger.url, tmp_path, free_port) as running:
        yield running


@dataclass
class Asker:
    """Asks without end, a new connection each time, and notes what it hears."""

    url: str
    question: bytes
    certificate_id: str
    stop: Event = field(default_factory=Event)
    heard: list[tuple[float, object]] = field(default_factory=list)

    def go_on(self) -> None:
        while not self.stop.is_set():
            with suppress(requests.ConnectionError):
                body = requests.post(self.url, data=self.question, timeout=10).content
                self.heard.append((monotonic(), load_der_ocsp_response(body).certificate_status))


@pytest.fixture
def asker(running: Running, issuer: RecordedIssuer, ask: Ask) -> Iterator[Asker]:
    certificate_id, certificate = issuer.issue()
    asker = Asker(running.url, ask(certificate, issuer.issuer), certificate_id)
    sleep(1.0)
    thread = Thread(target=asker.go_on)
    thread.start()
    yield asker
    asker.stop.set()
    thread.join()


def test_no_worker_says_good_a_second_after_a_revocation(asker: Asker, issuer: RecordedIssuer, ledger: Ledger) -> None:
    sleep(0.5)

    issuer.revoke(asker.certificate_id, ledger.clock.now())
    at = monotonic()
    sleep(2.0)

    late = [status for when, status in asker.heard if when > at + 1.0]
    assert asker.heard[0][1] is OCSPCertStatus.GOOD
    assert len(late) > 10
    assert set(late) == {OCSPCertStatus.REVOKED}


def test_connections_spread_over_the_workers(running: Running) -> None:
    _wait_until_both_listen(running)

    assert min(_taken(running, 40)) >= 12  # those of before, which are closing, may count


def test_a_worker_that_stands_still_keeps_no_connection_from_the_others(running: Running, ask_one: bytes) -> None:
    _wait_until_both_listen(running)
    still, _ = running.workers()
    with _connections(running, 12):
        os.kill(still, signal.SIGSTOP)
        try:
            sleep(1.2)  # what came to it before the others knew may wait in it
            answers = [requests.post(running.url, data=ask_one, timeout=5).status_code for _ in range(20)]
        finally:
            os.kill(still, signal.SIGCONT)

    assert answers == [200] * 20


def test_workers_share_what_one_of_them_has_signed(running: Running, issuer: RecordedIssuer, ask: Ask) -> None:
    _, certificate = issuer.issue()
    question = ask(certificate, issuer.issuer)
    sleep(1.0)

    bodies = {requests.post(running.url, data=question, timeout=10).content for _ in range(30)}

    assert len(bodies) == 1
    assert load_der_ocsp_response(bodies.pop()).certificate_status is OCSPCertStatus.GOOD


def test_ten_thousand_silent_connections_hurt_nobody(asker: Asker, running: Running) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 11_000), hard))
    port, before = int(running.url.split(":")[2].strip("/")), len(asker.heard)
    began = _memory(running)
    with ExitStack() as stack:
        for number in range(10_000):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            silent.send(b"POST / HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"\r\n")
        sleep(1.0)
        grown = _memory(running) - began
        heard = len(asker.heard)
        sleep(1.0)
        during = asker.heard[heard:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert before < heard
    assert len(during) > 10
    assert {status for _, status in asker.heard} == {OCSPCertStatus.GOOD}
    assert grown < 200_000_000


SLOW = (
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    b"GET /",
    b"B",
)
"""How those begin who then send an octet at a time."""


def test_who_sends_an_octet_at_a_time_is_cut_off_and_hurts_nobody(asker: Asker, running: Running) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=10)) for _ in range(200)
        ]
        for number, one in enumerate(slow):
            one.sendall(SLOW[number % len(SLOW)])
            one.setblocking(False)
        heard, early = len(asker.heard), _trickled(slow, HEAD_SECONDS / 2)
        during = len(asker.heard) - heard
        at_last = _trickled(early, HEAD_SECONDS * 4)

    assert early
    assert at_last == []
    assert during > 10
    assert {status for _, status in asker.heard} == {OCSPCertStatus.GOOD}


def _trickled(connections: list[socket.socket], seconds: float) -> list[socket.socket]:
    """Those that were not ended by the server within so many seconds; it takes no longer than all of them live."""
    until, living = monotonic() + seconds, connections
    while living and monotonic() < until:
        sleep(0.25)
        living = [one for one in living if not _ended(one)]
    return living


def _ended(connection: socket.socket) -> bool:
    """Whether the server has ended it; else it has got one octet more."""
    try:
        connection.send(b"x")
        while connection.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


FLOODS = [
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n", bytes(65536)),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(65536) + b"\r\n"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Flood: yes\r\n" * 4096),
    (b"GET /", b"A" * 65536),
    (b"", b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n" * 2048),
]
"""How each begins, and what then comes over and over."""


def test_floods_take_no_memory_and_hurt_nobody(asker: Asker, running: Running) -> None:
    port, began, heard = int(running.url.split(":")[2].strip("/")), _memory(running), len(asker.heard)

    sent = [_flood(port, first, again) for _ in range(4) for first, again in FLOODS]

    assert max(sent) < 16_000_000
    assert _memory(running) - began < 30_000_000
    assert len(asker.heard) > heard
    assert {status for _, status in asker.heard} == {OCSPCertStatus.GOOD}


def _flood(port: int, first: bytes, again: bytes) -> int:
    """How many octets could be sent, of a gigabyte at most, before the connection was ended."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(OSError):
        connection.sendall(first)
        while sent < 1 << 30:
            connection.sendall(again)
            sent += len(again)
    return sent


def _memory(running: Running) -> int:
    """Octets of memory that the workers have for themselves."""
    lines = [line for pid in running.workers() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty", "Private_Clean")))
