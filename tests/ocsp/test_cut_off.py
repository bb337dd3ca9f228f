"""Workers that the ledger is cut off from: they stop saying good, and go on by themselves when it is back."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from sqlalchemy import make_url

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.policy import STALE_AFTER
from tests.conftest import url_of
from tests.ocsp.conftest import Ask
from tests.ocsp.running import Running, gunicorn
from tests.ocsp.serving import heard
from tests.recorded import RecordedIssuer
from tests.relay import Relay, relayed

GOOD, REVOKED, TRY_LATER = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED, OCSPResponseStatus.TRY_LATER
PATIENCE = 60
"""Seconds that a busy machine may take for what takes one."""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """The processes go by the machine's clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@dataclass
class Crowd:
    """Connections that stay open, some to each worker."""

    running: Running
    connections: list[socket.socket]

    def told(self, question: bytes) -> set[object]:
        """What all workers together say now."""
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
        return {_status(self._heard(one, head % len(question) + question)[1]) for one in self.connections}

    def ready(self) -> set[int]:
        """The status of every worker's /readyz."""
        return {self._heard(one, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")[0] for one in self.connections}

    def _heard(self, connection: socket.socket, octets: bytes) -> tuple[int, bytes]:
        connection.sendall(octets)
        answer = heard(connection)
        return answer.status, answer.body


def _status(body: bytes) -> object:
    answer = load_der_ocsp_response(body)
    successful = answer.response_status is OCSPResponseStatus.SUCCESSFUL
    return answer.certificate_status if successful else answer.response_status


@contextmanager
def crowd(running: Running) -> Iterator[Crowd]:
    """As many connections as it takes until each worker has two."""
    with ExitStack() as stack:
        connections: list[socket.socket] = []
        while min(running.taken()) < 2:
            assert len(connections) < 100
            connections.append(
                stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE))
            )
            sleep(0.05)
        yield Crowd(running, connections)


def within_patience(holds: Callable[[], bool]) -> None:
    until = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < until
        sleep(0.1)


def told_until(told: Callable[[], set[object]], at_last: set[object]) -> set[object]:
    """All that was said until this, and nothing else, was said by all."""
    found: set[object] = set()
    until = monotonic() + PATIENCE
    while (said := told()) != at_last:
        found |= said
        assert monotonic() < until
        sleep(0.1)
    return found | at_last


@dataclass
class Cut:
    """The workers, and how the ledger is taken from them and given back."""

    running: Running
    off: Callable[[], object]
    mend: Callable[[], object]


def _relay_cut(running: Running, relay: Relay, how: str) -> Cut:
    return Cut(running, {"broken": relay.break_off, "silent": relay.fall_silent}[how], relay.mend)


@pytest.fixture(params=["broken", "silent"])
def by_network(
    request: pytest.FixtureRequest, issuer: RecordedIssuer, database_url: str, tmp_path: Path, free_port: int
) -> Iterator[Cut]:
    """PostgreSQL behind a network that resets connections, or loses what is sent."""
    url = make_url(url_of("ocsp", database_url))
    with relayed(int(url.port or 0)) as relay:
        there = url.set(port=relay.port).render_as_string(hide_password=False)
        with gunicorn(issuer, there, tmp_path, free_port) as running:
            yield _relay_cut(running, relay, request.param)


@pytest.fixture
def by_file(issuer: RecordedIssuer, database_url: str, tmp_path: Path, free_port: int) -> Iterator[Cut]:
    """SQLite's file is moved away, and back."""
    file, elsewhere = Path(str(make_url(database_url).database)), tmp_path / "elsewhere"
    with gunicorn(issuer, database_url, tmp_path, free_port) as running:
        yield Cut(running, lambda: file.rename(elsewhere), lambda: elsewhere.rename(file))


@dataclass
class Asked:
    """Questions about a certificate that stays good, and one that is revoked while the workers are cut off."""

    good: bytes
    revoked: bytes
    revoke: Callable[[], object]


@pytest.fixture
def asked(issuer: RecordedIssuer, ledger: Ledger, ask: Ask) -> Asked:
    (_, good), (ending, revoked) = issuer.issue(), issuer.issue()
    return Asked(
        ask(good, issuer.issuer),
        ask(revoked, issuer.issuer),
        lambda: issuer.revoke(ending, ledger.clock.now()),
    )


def stays_true(cut: Cut, asked: Asked, *, meanwhile: bool) -> None:
    """All that a cut may do to what the workers say. Something is revoked `meanwhile`, or when it is over."""
    workers = cut.running.workers()
    with crowd(cut.running) as all_of_them:
        within_patience(lambda: all_of_them.told(asked.good) | all_of_them.told(asked.revoked) == {GOOD})
        cut.off()
        sleep(STALE_AFTER.total_seconds() + 1)  # the bound of the product itself, and a look at the clock
        away = all_of_them.told(asked.good), all_of_them.told(asked.revoked), all_of_them.ready()
        for act in (asked.revoke, cut.mend) if meanwhile else (cut.mend, asked.revoke):
            act()
        since = told_until(lambda: all_of_them.told(asked.revoked), {REVOKED})
        within_patience(lambda: all_of_them.told(asked.good) == {GOOD} and all_of_them.ready() == {200})

    assert away == ({TRY_LATER}, {TRY_LATER}, {503})
    assert not meanwhile or GOOD not in since
    assert cut.running.workers() == workers


@pytest.mark.postgresql_only("a network is between")
def test_workers_whose_network_to_the_database_fails_say_good_of_nothing_until_it_is_back(
    asked: Asked, by_network: Cut
) -> None:
    stays_true(by_network, asked, meanwhile=True)


@pytest.mark.sqlite_only("the database is a file")
def test_workers_whose_database_file_is_moved_away_say_good_of_nothing_until_it_is_back(
    asked: Asked, by_file: Cut
) -> None:
    stays_true(by_file, asked, meanwhile=False)
