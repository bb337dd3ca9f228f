"""The disk is full, or the database server gone, at each commit of the signing room: nothing lost, nothing doubled."""

import resource
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError

import scripts.issue
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.issuance.line import NotSealed
from ca.issuance.signing_room import SigningRoom
from ca.tables.publication import Crl
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, Revocation
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.verification import verify_ledger
from pki.crl import parse_crl
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.postgresql import Cluster

PEOPLE = ("10000017", "10000018", "10000019")
PLACES = {"intend": "certificate.intended", "seal": "", "certify": "certificate.issued", "list": "crl.published"}
"""By place the kinds of entry with which its commit begins; other processes seal."""


class StruckLedger(Ledger):
    """The same ledger; before an entry of some kind is written something happens to its database."""

    kind = ""
    strike: Callable[[], None] | None = None

    def _write(
        self, written: Sequence[tuple[dict[str, Any], list[Fact]]], beside: Any = None, *, forced: bool = True
    ) -> None:
        if self.kind and any(row["kind"].startswith(self.kind) for row, _ in written) and self.strike is not None:
            self.strike()
        super()._write(written, beside, forced=forced)


@dataclass
class FullDisk:
    """No file of this process can grow: a write fails with EFBIG, as with ENOSPC on a full disk."""

    before: tuple[int, int] = field(default_factory=lambda: resource.getrlimit(resource.RLIMIT_FSIZE))

    def begin(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self.before[1]))

    def end(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


@dataclass
class LostServer:
    """The server ends every connection to this database, and takes no new one."""

    cluster: Cluster
    name: str

    def begin(self) -> None:
        self.cluster.execute(
            f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'",
        )

    def end(self) -> None:
        self.cluster.execute(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")


Loss = FullDisk | LostServer


def struck(ca: PracticeCa, place: str, loss: Loss) -> SigningRoom:
    """A room whose database is lost at this place."""
    ledger = StruckLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
    ledger.kind, ledger.strike = PLACES[place], loss.begin

    def await_seal(entries: Sequence[str]) -> None:
        """By a sealer that is another process, as in every installation."""
        if place == "seal":
            loss.begin()
        with suppress(DBAPIError, LedgerUnavailable):
            ca.await_seal(entries)
        scripts.issue.await_seal(ledger, entries)

    return replace(ca.room(), ledger=ledger, await_seal=await_seal)


def revoked_one(ca: PracticeCa) -> Certificate:
    """A certificate whose end is on no list yet."""
    register_person(ca.ledger, PEOPLE[0])
    ca.approved(PEOPLE[0])
    [certificate] = ca.room().turn().issued
    act = act_for("certificate.revoke", certificate.sha256, "superseded", ca.ledger.clock.now())
    assert isinstance(revoke_certificate(ca.ledger, certificate.sha256, "superseded", ca.sign(FIRST, act)), Receipt)
    return certificate


def require_nothing_lost(ca: PracticeCa, place: str, loss: Loss) -> None:
    certificate = revoked_one(ca)
    for number in PEOPLE[1:]:
        register_person(ca.ledger, number)
    enrolments = {ca.approved(number) for number in PEOPLE[1:]}
    room = struck(ca, place, loss)

    try:
        with pytest.raises((LedgerUnavailable, NotSealed)):
            room.turn()
        for _ in range(2):  # the loop tries again and again, and each time nothing comes of it
            with suppress(LedgerUnavailable):
                room.recover()
            with pytest.raises((LedgerUnavailable, NotSealed)):
                room.turn()
    finally:
        loss.end()
        room.ledger.close()
        for engine in (ca.ledger.reading, ca.ledger.writing):  # who comes next has connections of his own
            engine.dispose()
    room = ca.room()
    room.recover()
    room.turn()
    ca.room().turn()

    with ca.ledger.read() as session:
        intents = session.scalars(select(Intent).where(Intent.enrolment_id.in_(enrolments))).all()
        certificates = set(session.scalars(select(Certificate.id)))
        ended = set(session.scalars(select(Revocation.certificate_id)))
        numbers = session.execute(select(Crl.issuer_id, Crl.number)).all()
    signed = {one.id: str(one.enrolment_id) for one in intents if one.id in certificates}
    assert sorted(signed.values()) == sorted(enrolments)
    assert {one.id for one in intents} == signed.keys() | ended & {one.id for one in intents}
    assert signed.keys() & ended == set()
    listed = parse_crl(ca.newest_crl("officers").der).by_serial
    abandoned = {int(one.serial_number, 16) for one in intents if one.id in ended}
    assert set(listed) == {int(certificate.serial_number, 16)} | abandoned
    assert len(set(numbers)) == len(numbers)
    assert verify_ledger(ca.ledger.reading, ca.home.checkpoints).faults == []


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room waits for the sealer a moment only."""
    monkeypatch.setattr(scripts.issue, "SEAL_WITHIN", 0.05)


@pytest.mark.sqlite_only("a server's disk is another machine's")
@pytest.mark.parametrize("place", PLACES)
def test_a_disk_that_is_full_at_any_commit_loses_nothing_and_doubles_nothing(ca: PracticeCa, place: str) -> None:
    require_nothing_lost(ca, place, FullDisk())


@pytest.mark.postgresql_only("a file cannot hang up")
@pytest.mark.parametrize("place", PLACES)
def test_a_server_that_is_gone_at_any_commit_loses_nothing_and_doubles_nothing(
    ca: PracticeCa, cluster: Cluster, place: str
) -> None:
    require_nothing_lost(ca, place, LostServer(cluster, str(make_url(ca.ledger.url).database)))
