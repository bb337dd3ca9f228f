"""The key of an issuer is lost: its certificate is revoked by who stands above it, and nothing under it counts."""

from dataclasses import replace

import pytest
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from sqlalchemy import select

from ca.ceremonies.generations import State, generations
from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way, own_certificate, plan
from ca.issuance.renewal import renew_due
from ca.publication.listing import listed
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.decision import Refuse
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.keys import key_sha256
from pki.profile import FOR_EVER
from tests.ca.closers import admit_closers, both_acted, ceremony_of, issuer_of
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.test_termination import told_of
from tests.doubles import TurnedClock

OFFICER = "10000017"


@pytest.fixture
def issued(ca: PracticeCa) -> Certificate:
    admit_closers(ca)
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    return ca.room().turn().issued[0]


def test_the_root_s_crl_names_the_issuer_and_its_key_is_blocked_for_ever(ca: PracticeCa, issued: Certificate) -> None:
    key = ca.issuing("officers")

    carry_out(ca.ledger, both_acted(ca, "officers", Way.COMPROMISE))

    with ca.ledger.read() as session:
        own = own_certificate(session, issuer_of(ca, "officers"))
        assert own is not None
        on_root = {entry.serial: entry.reason for entry in listed(session, own.issuer_id)}
        blocked = session.get(KeyBlock, key_sha256(key.spki))
    assert on_root[int(own.serial_number, 16)] == "cACompromise"
    assert blocked is not None


def test_all_under_it_is_dead_and_its_key_signs_its_last_crl_and_its_last_responder_and_nothing_else(
    ca: PracticeCa, issued: Certificate, clock: TurnedClock
) -> None:
    issuer = both_acted(ca, "officers", Way.COMPROMISE)
    carry_out(ca.ledger, issuer)
    room = ca.room()

    before = renew_due(ceremony_of(ca), room)
    crls = {crl.issuer_id: crl for crl in room.turn().crls}
    endless = renew_due(ceremony_of(ca), room)
    clock.turn(days=20)
    renewed = renew_due(ceremony_of(ca), room)

    with ca.ledger.read() as session:
        assert session.get_one(Revocation, issued.id).reason == "cACompromise"
    assert crls[issuer].next_update == FOR_EVER
    assert [(one.issuer_id, one.not_after) for one in (*before, *endless)] == [(issuer, FOR_EVER)]
    assert issuer not in {one.issuer_id for one in renewed}


def test_its_successor_has_another_key_and_issues(ca: PracticeCa, issued: Certificate, clock: TurnedClock) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers", Way.COMPROMISE))

    successor = roll_over(ceremony_of(ca), "officers", clock.now())

    with ca.ledger.read() as session:
        states = {one.key_name: one.state for one in generations(session, clock.now())}
        blocked = session.get(KeyBlock, key_sha256(successor.spki))
    assert (states["officers"], states["officers-2"], blocked) == (State.COMPROMISED, State.SIGNS, None)


def test_a_lost_root_takes_every_issuer_under_it_along(ca: PracticeCa, issued: Certificate, clock: TurnedClock) -> None:
    root = both_acted(ca, "root", Way.COMPROMISE)

    carry_out(ca.ledger, root)

    with ca.ledger.read() as session:
        states = {one.key_name: one.state for one in generations(session, clock.now())}
        revoked = set(session.scalars(select(Revocation.certificate_id)))
        persons = set(session.scalars(select(Certificate.id).where(Certificate.person_id.is_not(None))))
    assert states == {
        "root": State.COMPROMISED, "officers": State.TERMINATED, "citizens": State.TERMINATED,
        "services": State.TERMINATED, "root-pq": State.SIGNS, "officers-pq": State.SIGNS,
    }  # fmt: skip
    assert persons <= revoked


def test_a_root_is_not_terminated_and_an_unknown_issuer_is_not_ended(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        root = plan(session, "root", Way.TERMINATE, ca.ledger.clock.now())
        unknown = plan(session, "officers-7", Way.COMPROMISE, ca.ledger.clock.now())

    assert (root, unknown) == (Refuse("closing.root-not-terminated"), Refuse("issuer.unknown"))


def test_months_after_a_compromise_all_are_answered_for_and_the_house_is_in_order(
    ca: PracticeCa, issued: Certificate, clock: TurnedClock
) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers", Way.COMPROMISE))
    ca.room().turn()
    for _ in range(4):
        renew_due(ceremony_of(ca), ca.room())
        clock.turn(days=14)

    answer = told_of(ca, issued, clock)

    assert (answer.certificate_status, answer.next_update_utc) == (OCSPCertStatus.REVOKED, FOR_EVER)
    assert status_house(ca, clock).fault() is None


def test_a_lost_ca_that_signed_no_last_words_takes_no_other_out_of_rotation(
    ca: PracticeCa, issued: Certificate, clock: TurnedClock
) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers", Way.COMPROMISE))
    room = ca.room()
    without = replace(room, issuing={name: key for name, key in room.issuing.items() if name != "officers"})
    for _ in range(4):
        clock.turn(days=14)
        renew_due(ceremony_of(ca), without)

    answer = told_of(ca, issued, clock)

    assert answer.response_status is OCSPResponseStatus.INTERNAL_ERROR
    assert status_house(ca, clock).fault() is None


def status_house(ca: PracticeCa, clock: TurnedClock) -> OcspResponder:
    return OcspResponder(StatusStore(ca.ledger), lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)
