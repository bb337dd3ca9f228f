"""A server of PostgreSQL that crashes gives the numbers of transactions again that it had not on its disk."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from ledger.clock import SystemClock, system_randomness
from ledger.entry import Entry
from ledger.follow import Follower, Start
from ledger.ledger import Ledger, LedgerUnavailable
from migrations.run import migrate
from tests.ledger.doubles import note_people
from tests.postgresql import OWNER, Cluster, durable_cluster, room

pytestmark = pytest.mark.postgresql_only("SQLite shows nothing that is not on the disk")
PATIENCE = 60
T = TypeVar("T")


@dataclass
class Doomed:
    """A ledger whose server crashes when it is told to."""

    cluster: Cluster
    ledger: Ledger

    def crash(self, beats: int) -> None:
        """So many transactions that change nothing, and then what is in the server's memory is gone."""
        with self.connection() as one:
            for _ in range(beats):
                one.execute("SELECT pg_current_xact_id()")
            self.before()
            os.kill(one.info.backend_pid, signal.SIGKILL)

    def before(self) -> None:
        """What happens just before."""

    def connection(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.cluster.port, dbname="laotrust", user=OWNER, autocommit=True
        )


@pytest.fixture
def doomed(cluster: Cluster) -> Iterator[Doomed]:
    with TemporaryDirectory(prefix="laotrust-crash-", dir=room()) as above:
        Path(above).chmod(0o755)
        with durable_cluster(Path(above) / "one", wal_writer_delay="10s", fsync="off") as (one, _):
            one.execute(f"CREATE DATABASE laotrust OWNER {OWNER}")
            migrate(one.url("laotrust"))
            ledger = Ledger(one.url("laotrust"), SystemClock(), system_randomness, "0.1.0", "test")
            yield Doomed(one, ledger)
            ledger.close()


def at_last(do: Callable[[], T]) -> T:
    """What it returns when the server is back."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return do()
        except (LedgerUnavailable, DBAPIError):
            assert time.monotonic() < until
            time.sleep(0.05)


def ids(entries: list[Entry]) -> list[str]:
    return [entry.id for entry in entries]


@pytest.mark.parametrize("start", Start)
def test_a_follower_passes_on_what_is_committed_after_the_server_crashed(doomed: Doomed, start: Start) -> None:
    first = note_people(doomed.ledger, 1)
    follower = Follower(doomed.ledger, start)
    earlier: list[str] = []
    doomed.before = lambda: earlier.extend(ids(follower.look()))  # type: ignore[method-assign]
    doomed.crash(beats=20)

    later = at_last(lambda: note_people(doomed.ledger, 2))

    assert at_last(lambda: ids(follower.look())) == later
    assert first[0] in earlier or start is Start.NOW
    assert at_last(follower.look) == []
