"""`kill -9` in the midst of answers: those who had that worker are cut off, all others get right answers, and who takes
its place knows what was committed meanwhile before it says anything."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from tests.ocsp.conftest import asked
from tests.ocsp.running import Running, gunicorn
from tests.ocsp.serving import heard, posted
from tests.recorded import RecordedIssuer

pytestmark = pytest.mark.sqlite_only("processes and sockets are what is looked at")
AHEAD, ASKERS, PATIENCE = 16, 6, 30.0
GOOD, REVOKED = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """The processes go by the machine's clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@dataclass
class Asker:
    """Asks ahead over one connection without a pause, until it is cut off or told to stop."""

    connection: socket.socket
    questions: bytes
    stop: Event = field(default_factory=Event)
    heard: list[tuple[float, OCSPCertStatus]] = field(default_factory=list)
    cut_off: bool = False

    def go_on(self) -> None:
        try:
            while not self.stop.is_set():
                self.connection.sendall(self.questions)
                for _ in range(AHEAD):
                    status = load_der_ocsp_response(heard(self.connection).body).certificate_status
                    self.heard.append((monotonic(), status))
        except (OSError, EOFError):
            self.cut_off = True


@contextmanager
def asking(running: Running, questions: bytes) -> Iterator[list[Asker]]:
    """So many askers at work, some at each worker."""
    with ExitStack() as stack:
        askers = [Asker(stack.enter_context(_connected(running)), questions) for _ in range(ASKERS)]
        threads = [Thread(target=one.go_on) for one in askers]
        for thread in threads:
            thread.start()
        yield askers
        for one in askers:
            one.stop.set()
        for thread in threads:
            thread.join()


def _connected(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=10)


def _asked_of(running: Running, question: bytes) -> tuple[int | None, OCSPCertStatus | None]:
    """Which worker answered over a new connection, and what; None where the connection was cut."""
    with _connected(running) as connection, suppress(OSError, EOFError):
        connection.sendall(posted(question))
        answer = heard(connection)
        return running.worker_of(connection), load_der_ocsp_response(answer.body).certificate_status
    return None, None


def test_who_is_not_killed_goes_on_and_who_comes_is_fresh_before_it_says_good(
    issuer: RecordedIssuer, ledger: Ledger, tmp_path: Path, free_port: int
) -> None:
    (_, good), (revoked_id, revoked) = issuer.issue(), issuer.issue()
    plain, about_revoked = asked(good, issuer.issuer), asked(revoked, issuer.issuer)
    questions = (posted(plain) + posted(asked(good, issuer.issuer, b"n" * 16))) * (AHEAD // 2)
    with gunicorn(issuer, ledger.url, tmp_path, free_port) as running:
        _wait_until_both_listen(running)
        assert {_asked_of(running, about_revoked)[1] for _ in range(10)} == {GOOD}
        with asking(running, questions) as askers:
            sleep(0.5)
            before = running.workers()
            had = {id(one): running.worker_of(one.connection) for one in askers}

            os.kill(before[0], signal.SIGKILL)
            killed_at = monotonic()
            issuer.revoke(revoked_id, ledger.clock.now())
            told = _told_by_the_newcomer(running, before, about_revoked)
            sleep(0.5)

    lost = [one for one in askers if had[id(one)] == before[0]]
    others = [one for one in askers if had[id(one)] == before[1]]
    assert lost and others
    assert [one.cut_off for one in (*lost, *others)] == [True] * len(lost) + [False] * len(others)
    assert {status for one in askers for _, status in one.heard} == {GOOD}
    assert all(one.heard[-1][0] > killed_at + 0.5 for one in others)
    assert [min(at for at, _ in one.heard if at > killed_at) < killed_at + 1 for one in others] == [True] * len(others)
    assert told == [REVOKED] * 5


def _wait_until_both_listen(running: Running) -> None:
    until = monotonic() + PATIENCE
    with ExitStack() as stack:
        while min(running.taken()) < 1 and monotonic() < until:
            stack.enter_context(_connected(running))
            sleep(0.05)


def _told_by_the_newcomer(running: Running, before: list[int], question: bytes) -> list[OCSPCertStatus | None]:
    """The first five answers of the worker that takes the place of the killed one."""
    told: list[OCSPCertStatus | None] = []
    until = monotonic() + PATIENCE
    while len(told) < 5 and monotonic() < until:
        worker, status = _asked_of(running, question)
        if worker is not None and worker not in before:
            told.append(status)
    return told
