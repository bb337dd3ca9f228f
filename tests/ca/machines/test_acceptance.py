"""A machine's word that it took its certificate: kept once, of what it asked for itself, and believed by its proof."""

from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import select

from ca.machines.acceptance import updated
from ca.machines.rules import Protocol
from ca.tables.machines import MachineAcceptance
from ledger.certificates import Revocation
from ledger.decision import Allow, Refuse
from ledger.entry import Entry
from ledger.ledger import Deed
from pki import der
from pki.cmp.answer import Failure
from pki.cmp.message import Body
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import Client, Door, Machine, Update, accepting, asked, key, rejecting
from tests.ca.machines.ministry import Ministry
from tests.ca.machines.test_cmp import failure

HOST, OTHER = "www.mtc.gov.la", "other.mtc.gov.la"
FIRST, SECOND = b"f" * 16, b"s" * 16


@pytest.fixture
def door(ministry: Ministry) -> Door:
    return Door(ministry)


@pytest.fixture
def client(ministry: Ministry) -> Client:
    return Client(ministry.secret(ministry.allowed(), Protocol.CMP), ministry.ca.ledger.clock.now())


@pytest.fixture
def update(door: Door, client: Client) -> Update:
    """Of a server's certificate, that nobody confirmed."""
    return Machine.enrolled(door, client, HOST).updated(HOST, FIRST)


def kept(ministry: Ministry) -> list[tuple[str, str | None]]:
    """Which certificates were taken, and which ones they update."""
    with ministry.ca.ledger.read() as session:
        rows = session.scalars(select(MachineAcceptance).order_by(MachineAcceptance.certificate_id))
        return [(row.certificate_id, row.replaces_id) for row in rows]


def test_what_a_machine_took_is_kept_once_however_often_it_says_so(ministry: Ministry, update: Update) -> None:
    said = [update.confirmed().body for _ in range(3)]

    with ministry.ca.ledger.read() as session:
        entries = session.scalars(select(Entry.id).where(Entry.kind == "machine.accepted")).all()
    assert said == [Body.PKICONF] * 3
    assert kept(ministry) == [(update.new.certificate.id, update.old.certificate.id)]
    assert len(entries) == 1


def test_what_is_asked_for_by_a_secret_or_beside_another_one_replaces_none(
    ministry: Ministry, door: Door, client: Client
) -> None:
    own = key()
    waiting = client.having(door.heard(client, Body.IR, asked(own, HOST)))
    [certificate] = ministry.ca.room().turn().issued
    door.heard(waiting, Body.CERTCONF, accepting(certificate))
    beside = Machine(door, own, certificate).updated(HOST, SECOND, Body.CR)
    beside.confirmed()

    assert set(kept(ministry)) == {(certificate.id, None), (beside.new.certificate.id, None)}


def test_a_wrong_hash_accepts_nothing(ministry: Ministry, update: Update) -> None:
    other = der.sequence(der.sequence(der.octet_string(sha256(b"another").digest()), der.integer(0)))

    said = update.confirmed(other)

    assert (failure(said), kept(ministry)) == ({Failure.BAD_CERT_ID}, [])


def test_nobody_accepts_what_another_machine_asked_for(
    ministry: Ministry, door: Door, client: Client, update: Update
) -> None:
    neighbour = Machine.enrolled(door, replace(client, transaction=SECOND), OTHER)

    said = [failure(update.confirmed(by=one)) for one in (neighbour, update.new)]

    assert (said, kept(ministry)) == ([{Failure.NOT_AUTHORIZED}] * 2, [])


def test_what_was_said_of_one_update_says_nothing_of_the_next(ministry: Ministry, update: Update) -> None:
    said = update.old.signs(Body.CERTCONF, accepting(update.new.certificate), FIRST, update.back)
    door = update.old.door
    door.said(said)
    again = update.old.updated(HOST, SECOND)
    replayed = door.said(said).body
    crossed = again.confirmed(accepting(update.new.certificate))

    assert (replayed, failure(crossed)) == (Body.PKICONF, {Failure.BAD_CERT_ID})
    assert kept(ministry) == [(update.new.certificate.id, update.old.certificate.id)]


@pytest.mark.parametrize("first", ["accepted", "rejected"])
def test_a_rejection_wins_whether_it_is_said_before_or_after(ministry: Ministry, update: Update, first: str) -> None:
    words = [None, rejecting(update.new.certificate)]
    for content in words if first == "accepted" else reversed(words):
        update.confirmed(content)

    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        assert session.get_one(Revocation, update.new.certificate.id).reason == "cessationOfOperation"
    assert len(kept(ministry)) == (first == "accepted")


FORGED = ("new key", "rejected", "wrong hash", "other transaction", "other old", "no message", "beside", "by secret")


@pytest.mark.parametrize("how", FORGED)
def test_what_a_door_makes_up_is_not_believed(
    ministry: Ministry, door: Door, client: Client, update: Update, how: str
) -> None:
    other = Machine.enrolled(door, replace(client, transaction=b"o" * 16), HOST)
    old, new, good = update.old, update.new, accepting(update.new.certificate)
    beside = old.updated(HOST, SECOND, Body.CR)
    said = {
        "new key": (new, old, new.signs(Body.CERTCONF, good, FIRST)),
        "rejected": (new, old, old.signs(Body.CERTCONF, rejecting(new.certificate), FIRST)),
        "wrong hash": (new, old, old.signs(Body.CERTCONF, accepting(other.certificate), FIRST)),
        "other transaction": (new, old, old.signs(Body.CERTCONF, good, b"x" * 16)),
        "other old": (new, other, other.signs(Body.CERTCONF, good, FIRST)),
        "no message": (new, old, b"\x30\x00"),
        "beside": (beside.new, old, old.signs(Body.CERTCONF, accepting(beside.new.certificate), SECOND)),
        "by secret": (other, old, old.signs(Body.CERTCONF, accepting(other.certificate), b"o" * 16)),
    }
    took, instead, proof = said[how]
    row = MachineAcceptance(
        certificate_id=took.certificate.id, replaces_id=instead.certificate.id, at=ministry.ca.ledger.clock.now(),
        proof=proof,
    )  # fmt: skip
    ministry.ca.ledger.entries([Deed(Registered("planted"), TEST, [row])])

    with ministry.ca.ledger.read() as session:
        assert updated(session, session.get_one(MachineAcceptance, took.certificate.id)) == Refuse(
            "machine.proof-wrong"
        )


def test_what_the_old_ones_key_signed_is_believed(ministry: Ministry, update: Update) -> None:
    update.confirmed()

    with ministry.ca.ledger.read() as session:
        assert updated(session, session.get_one(MachineAcceptance, update.new.certificate.id)) == Allow()
