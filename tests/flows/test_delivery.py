"""The worker as a process: receivers that are down, that hang, and a kill between sending and recording."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep
from typing import ClassVar

import pytest
from sqlalchemy import select

from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor, Event
from ledger.ledger import Ledger
from ledger.outbox import OutboxAttempt, OutboxDelivery, OutboxMessage
from migrations.run import migrate
from tests.serving import home_with_keys

ROOT = Path(__file__).resolve().parents[2]
IDP = Actor.system("idp")


@dataclass(frozen=True)
class SessionOver(Event):
    kind: ClassVar[str] = "test.session-over"


@dataclass
class Receiver:
    """A service that takes logouts; what it does with one is up to the test."""

    on_arrival: Callable[[], None] = lambda: None
    arrived: list[bytes] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def open(self, port: int = 0) -> int:
        """Takes messages from now on. Returns the port."""
        receiver = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.arrived.append(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.on_arrival()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Take)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return int(self.server.server_port)

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


@dataclass
class Office:
    """A home with a ledger, and the workers that were started in it."""

    home: Path
    ledger: Ledger
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"LAOTRUST_OUTBOUND_ALLOW": "127.0.0.0/8", "LAOTRUST_DATABASE_URL": self.ledger.url}
        command = [sys.executable, "-m", "scripts", "work", "--home", str(self.home)]
        with (self.home / "work.log").open("ab") as log:
            self.workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        return self.workers[-1]

    def post(self, port: int, body: bytes = b"logout_token=x") -> str:
        message = OutboxMessage(
            id=self.ledger.new_id(), kind="backchannel-logout", url=f"http://127.0.0.1:{port}/logout", client_id="c",
            content_type="application/x-www-form-urlencoded", body=body,
            not_after=self.ledger.clock.now() + timedelta(hours=1),
        )  # fmt: skip
        with self.ledger.entry(SessionOver(), IDP) as tx:
            tx.add(message)
        return message.id

    def taken(self, message: str) -> bool:
        with self.ledger.read() as session:
            found = session.get(OutboxDelivery, message)
        return found is not None and found.taken

    def attempts(self, message: str) -> list[OutboxAttempt]:
        of_it = select(OutboxAttempt).where(OutboxAttempt.message_id == message).order_by(OutboxAttempt.number)
        with self.ledger.read() as session:
            return list(session.scalars(of_it))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    home = home_with_keys(tmp_path / "home", {})
    migrate(home.database_url)
    office = Office(home.path, Ledger(home.database_url, SystemClock(), system_randomness, "0.1.0", "test"))
    yield office
    for worker in office.workers:
        worker.kill()
        worker.wait(20)
    office.ledger.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether it came true in that time."""
    until = monotonic() + seconds
    while not holds() and monotonic() < until:
        sleep(0.02)
    return holds()


def test_a_receiver_that_is_down_is_tried_after_growing_pauses_until_it_is_up(
    office: Office, receiver: Receiver
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    message = office.post(port)
    office.start()
    tried = within(25, lambda: len(office.attempts(message)) == 3)

    receiver.open(port)
    arrived = within(10, lambda: office.taken(message))

    first, second, third, *_ = office.attempts(message)
    assert (tried, arrived, len(receiver.arrived)) == (True, True, 1)
    assert [one.outcome for one in (first, second, third)] == ["unreachable"] * 3
    assert second.at - first.at >= timedelta(seconds=1)
    assert third.at - second.at >= timedelta(seconds=2)


def test_a_receiver_that_hangs_holds_up_the_others_for_less_than_a_second(office: Office, receiver: Receiver) -> None:
    let_go = Signal()

    def hang() -> None:
        let_go.wait(30)

    hanging = Receiver(hang)
    port, silent = receiver.open(), hanging.open()
    for _ in range(20):
        office.post(silent)
    office.start()
    hangs = within(25, lambda: bool(hanging.arrived))

    office.post(port, b"logout_token=later")
    arrived = within(1, lambda: receiver.arrived == [b"logout_token=later"])
    let_go.set()
    hanging.close()

    assert (hangs, arrived) == (True, True)


def test_a_worker_killed_between_sending_and_recording_loses_nothing(office: Office, receiver: Receiver) -> None:
    first = office.start()
    receiver.on_arrival = lambda: first.send_signal(signal.SIGKILL)
    message = office.post(receiver.open(), b"logout_token=once")
    died = within(25, lambda: first.poll() is not None)
    before = office.attempts(message)

    office.start()
    taken = within(25, lambda: office.taken(message))

    assert (died, before, taken) == (True, [], True)
    assert receiver.arrived == [b"logout_token=once"] * 2
    assert [one.number for one in office.attempts(message)] == [1]


def test_a_worker_that_is_told_to_stop_records_what_it_sent(office: Office, receiver: Receiver) -> None:
    worker = office.start()
    receiver.on_arrival = lambda: worker.send_signal(signal.SIGTERM)
    message = office.post(receiver.open())

    ended = worker.wait(25)

    assert (ended, office.taken(message)) == (0, True)
