"""A responder whose database is a replica: it tells status only as long as that hears from its primary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError

from ledger.clock import SystemClock, system_randomness
from ledger.decision import Refuse
from ledger.follow import Follower, Start
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.seal import run as keep_sealing
from migrations.run import migrate
from ocsp.policy import STALE_AFTER
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from scripts.cli import Run
from scripts.far import known
from tests.issuing import KeySigner
from tests.ocsp.conftest import Ask
from tests.postgresql import OWNER, Cluster, replicated_cluster, room
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys

pytestmark = pytest.mark.postgresql_only("SQLite has no replicas")
PATIENCE = 60
"""Seconds that a busy machine may take for what takes one."""


@dataclass
class Pair:
    """The ledger as it is written, and as the replica has it."""

    primary: Cluster
    replica: Cluster
    written: Ledger
    read: Ledger

    def beat(self) -> None:
        """The primary commits, and changes nothing."""
        self.primary.execute("SELECT pg_current_xact_id()", database="laotrust", role=OWNER)


@pytest.fixture
def pair(cluster: Cluster) -> Iterator[Pair]:
    with TemporaryDirectory(prefix="laotrust-replica-", dir=room()) as above:
        Path(above).chmod(0o755)
        with replicated_cluster(Path(above) / "pair") as (primary, replica):
            primary.execute(f"CREATE DATABASE laotrust OWNER {OWNER}")
            migrate(primary.url("laotrust"))
            ledgers = [
                Ledger(one.url("laotrust"), SystemClock(), system_randomness, "0.1.0", "test")
                for one in (primary, replica)
            ]
            _wait_until_there(ledgers[1])
            yield Pair(primary, replica, *ledgers)
            for ledger in ledgers:
                ledger.close()


def _wait_until_there(replica: Ledger) -> None:
    """The replica has the database, with all that its migrations made."""
    until = monotonic() + PATIENCE
    while True:
        try:
            Follower(replica, Start.NOW)
        except (LedgerUnavailable, DBAPIError):
            assert monotonic() < until
            sleep(0.1)
        else:
            return


@dataclass
class House:
    """The responder over the replica, which looks when it is asked."""

    pair: Pair
    responder: OcspResponder
    question: bytes

    def told(self) -> str:
        self.responder.store.look()
        return self.responder.respond(self.question).outcome

    def told_while_the_primary_is_alive(self, outcome: str) -> bool:
        """Whether this is said at last."""
        return self.told_at_last(outcome, self.pair.beat)

    def told_at_last(self, outcome: str, beat: Callable[[], None] = lambda: None) -> bool:
        until = monotonic() + PATIENCE
        while monotonic() < until:
            beat()
            sleep(0.1)
            if self.told() == outcome:
                return True
        return False

    def told_throughout(self, outcome: str, seconds: float) -> bool:
        until = monotonic() + seconds
        while monotonic() < until:
            if self.told() != outcome:
                return False
            sleep(0.1)
        return True


@pytest.fixture
def issuer(pair: Pair) -> RecordedIssuer:
    issuer = RecordedIssuer(pair.written)
    issuer.delegate()
    return issuer


def test_status_from_a_replica_that_is_behind_is_neither_told_nor_carried(
    pair: Pair, issuer: RecordedIssuer, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", pair.read.url)
    run = Run(home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer}), "test")
    certificate_id, certificate = issuer.issue()
    responder = OcspResponder(StatusStore(pair.read), lambda _name: issuer.responder_signer, SystemClock())
    house = House(pair, responder, ask(certificate, issuer.issuer))
    well = house.told_while_the_primary_is_alive("good"), known(run)

    pair.replica.execute("SELECT pg_wal_replay_pause()")
    issuer.revoke(certificate_id, pair.written.clock.now())
    sleep(STALE_AFTER.total_seconds() + 0.5)
    behind, fault, carried = house.told(), responder.fault(), known(run)
    run.close()
    pair.replica.execute("SELECT pg_wal_replay_resume()")

    assert well[0] and not isinstance(well[1], Refuse)
    assert (behind, carried) == ("not-fresh", Refuse("ocsp.not-fresh"))
    assert fault is not None
    assert house.told_while_the_primary_is_alive("revoked")


@contextmanager
def _sealing(ledger: Ledger, outside: Path) -> Iterator[None]:
    stop = Signal()
    sealer = Thread(target=keep_sealing, args=(ledger, KeySigner(Ed25519PrivateKey.generate()), outside, stop))
    sealer.start()
    try:
        yield
    finally:
        stop.set()
        sealer.join()


def test_the_sealer_is_the_heart_of_a_ledger_in_which_nothing_happens(
    pair: Pair, issuer: RecordedIssuer, ask: Ask, tmp_path: Path
) -> None:
    _, certificate = issuer.issue()
    responder = OcspResponder(StatusStore(pair.read), lambda _name: issuer.responder_signer, SystemClock())
    house = House(pair, responder, ask(certificate, issuer.issuer))
    longer_than_fresh = STALE_AFTER.total_seconds() + 0.5
    with _sealing(pair.written, tmp_path):
        assert house.told_at_last("good")
        until = monotonic() + PATIENCE
        while not house.told_throughout("good", longer_than_fresh):  # a machine may be busy for a while
            assert monotonic() < until
    assert house.told_at_last("not-fresh")
