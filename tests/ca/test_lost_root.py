"""A root's key is lost: the next root stands without it, answers and lists, and certifies the issuers anew."""

import pytest
from sqlalchemy import select

from ca.ceremonies.cross import PROFILE, certify_each_other
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import State, generations
from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.closing.inventory import inventory
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.publication.crl import newest
from ca.tables.ceremonies import KeyDestruction
from ledger.certificates import Certificate, KeyBlock, Revocation
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from tests.ca.closers import admit_closers, both_acted, ceremony_of, issuer_of
from tests.ca.conftest import PracticeCa
from tests.ca.following import write
from tests.doubles import TurnedClock

ISSUERS = ("officers", "citizens", "services")


def key_of(ca: PracticeCa, key_name: str) -> str:
    return key_sha256(parse_certificate(bytes(issuer_of(ca, key_name).certificate)).spki)


def crosses(ca: PracticeCa) -> list[Certificate]:
    with ca.ledger.read() as session:
        return list(session.scalars(select(Certificate).where(Certificate.profile == PROFILE)))


@pytest.fixture
def lost(ca: PracticeCa) -> PracticeCa:
    """The CA whose root was lost, and all under it ended."""
    admit_closers(ca)
    carry_out(ca.ledger, both_acted(ca, "root", Way.COMPROMISE))
    return ca


def test_the_next_root_and_its_issuers_sign_answer_and_list(lost: PracticeCa, clock: TurnedClock) -> None:
    for name in ("root", *ISSUERS):
        roll_over(ceremony_of(lost), name, clock.now())
        clock.turn(seconds=1)

    with lost.ledger.read() as session:
        states = {one.key_name: one.state for one in generations(session, clock.now())}
        listed = [newest(session, name, 2) for name in ("root", *ISSUERS)]
    store = StatusStore(lost.ledger)
    answering = {authority.name for authority in store.authorities()}
    assert {states[f"{name}-2"] for name in ("root", *ISSUERS)} == {State.SIGNS}
    assert None not in listed
    assert {f"{name}-2" for name in ("root", *ISSUERS)} <= answering
    assert OcspResponder(store, lambda name: lost.issuing_signer(f"ocsp-{name}"), clock).fault() is None
    assert crosses(lost) == []


def test_a_root_whose_key_was_given_up_is_followed_without_it(ca: PracticeCa, clock: TurnedClock) -> None:
    write(ca, KeyDestruction(key_sha256=key_of(ca, "root"), at=clock.now()))

    roll_over(ceremony_of(ca), "root", clock.now())

    assert (crosses(ca), issuer_of(ca, "root-2").generation) == ([], 2)


def test_nobody_vouches_for_a_blocked_key(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony_of(ca), "root", clock.now())
    roll_over(ceremony_of(ca), "root", clock.now())
    before = len(crosses(ca))
    write(ca, KeyBlock(key_sha256=key_of(ca, "root-3"), at=clock.now()))

    with pytest.raises(CeremonyFailed, match="its key is blocked"):
        certify_each_other(ceremony_of(ca), "root", "root-3")

    assert len(crosses(ca)) == before


def test_an_ended_issuer_is_said_to_have_ended(lost: PracticeCa, clock: TurnedClock) -> None:
    with pytest.raises(CeremonyFailed, match="this issuer has ended"):
        roll_over(ceremony_of(lost), "officers", clock.now())


def test_no_other_root_vouches_for_the_lost_key_and_the_list_that_says_so_is_due(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    admit_closers(ca)
    roll_over(ceremony_of(ca), "root", clock.now())
    before = due(ca, "root-2")

    carry_out(ca.ledger, both_acted(ca, "root", Way.COMPROMISE))

    with ca.ledger.read() as session:
        reasons = [session.get_one(Revocation, one.id).reason for one in crosses(ca)]
        doubted = [(one.id, one.code) for one in uncaused(Provenance(session))]
    assert (reasons, doubted) == (["cACompromise", "cACompromise"], [])
    assert (before, "crl-publish root-2" in str(due(ca, "root-2"))) == (None, True)
    clock.turn(seconds=1)
    listed = parse_crl(bytes(ceremony_of(ca).list_endings(ca.key_of(issuer_of(ca, "root-2"))).der))
    [vouched] = [one for one in crosses(ca) if one.issuer_id == issuer_of(ca, "root-2").id]
    assert listed.by_serial[int(vouched.serial_number, 16)].reason == "cACompromise"
    assert due(ca, "root-2") is None


def due(ca: PracticeCa, key_name: str) -> str | None:
    with ca.ledger.read() as session:
        lines = inventory(session, ca.ledger.clock.now())
    return next(line.due for line in lines if line.generation.key_name == key_name)
