"""A token that is away stops its own issuer and no other; no officer alone ends a CA."""

import threading
from dataclasses import dataclass, replace

import pytest

import scripts.issue
from ca.endings.keys import block_act, block_by_officer
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.issuance.signing_room import SigningRoom
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Refuse
from pki.crl import parse_crl
from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm, Signer
from scripts.cli import Run
from signers import KeyUnusable
from tests.ca.closers import ceremony_of
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.doubles import TurnedClock

OFFICER, CITIZEN, OTHER = "10000017", "10000041", "10000018"


@dataclass
class Away:
    """A key whose token is not there."""

    real: Signer

    def __post_init__(self) -> None:
        """The key is as ever."""
        self.algorithm, self.public_key = self.real.algorithm, self.real.public_key

    def sign(self, _message: bytes) -> bytes:
        raise KeyUnusable("there is no token")

    def require(self) -> None:
        raise KeyUnusable("there is no token")


@dataclass
class Going(Away):
    """A key whose token is there for the first question of so many, and gone when it shall sign."""

    there: int

    def require(self) -> None:
        if not self.there:
            super().require()


def enrolments_issued(ca: PracticeCa) -> set[str | None]:
    with ca.ledger.read() as session:
        found = session.query(Intent.enrolment_id).join(Certificate, Certificate.id == Intent.id)
        return {one for (one,) in found if one is not None}


def revoked(ca: PracticeCa, certificate: Certificate) -> Receipt | Refuse:
    act = act_for("certificate.revoke", certificate.sha256, "keyCompromise", ca.ledger.clock.now())
    return revoke_certificate(ca.ledger, certificate.sha256, "keyCompromise", ca.sign(FIRST, act))


def issued(ca: PracticeCa) -> Certificate:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    return ca.room().turn().issued[0]


@pytest.mark.parametrize("waits", [True, False])
def test_a_revocation_is_on_its_list_though_another_issuers_token_is_away(ca: PracticeCa, waits: bool) -> None:
    certificate = issued(ca)
    if waits:
        register_person(ca.ledger, CITIZEN)
        ca.approved(CITIZEN, "citizen-signing")
    key = ca.issuing("citizens")
    assert isinstance(ca.ledger.clock, TurnedClock)
    ca.ledger.clock.turn(days=2)  # every list is due
    assert isinstance(revoked(ca, certificate), Receipt)
    room = ca.room(citizens=replace(key, signer=Away(key.signer)))

    with pytest.raises(KeyUnusable, match="there is no token"):
        room.turn()

    assert int(certificate.serial_number, 16) in parse_crl(ca.newest_crl("officers").der).by_serial


def test_no_officer_alone_revokes_a_ca_or_blocks_its_key(ca: PracticeCa) -> None:
    issued(ca)
    with ca.ledger.read() as session:
        authorities = session.query(Certificate).filter(Certificate.profile.in_(["root-ca", "issuing-ca"])).all()

    answers = {str(revoked(ca, one)) for one in authorities}
    for one in authorities:
        act = block_act(one.key_sha256, ca.ledger.clock.now())
        answers.add(str(block_by_officer(ca.ledger, one.key_sha256, ca.sign(FIRST, act))))

    waiting = key_sha256(ceremony_of(ca).own_key("officers-2", SignatureAlgorithm.ECDSA_P256_SHA256).public_key)
    act = block_act(waiting, ca.ledger.clock.now())
    answers.add(str(block_by_officer(ca.ledger, waiting, ca.sign(FIRST, act))))

    assert len(authorities) > 1
    assert answers == {str(Refuse("revocation.of-a-ca"))}
    with ca.ledger.read() as session:
        assert (session.query(Revocation).count(), session.query(KeyBlock).count()) == (0, 0)


def test_what_ran_out_by_itself_is_not_too_much_for_one_entry(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ca.endings.revocation.MOST_AT_ONCE", 0)
    register_person(ca.ledger, CITIZEN)
    ca.approved(CITIZEN, "citizen-signing-once")
    [old] = ca.room().turn().issued
    assert isinstance(ca.ledger.clock, TurnedClock)
    ca.ledger.clock.turn(seconds=(old.not_after - ca.ledger.clock.now()).total_seconds() + 1)
    act = act_for("person.revoke", CITIZEN, "death", ca.ledger.clock.now())

    done = revoke_person(ca.ledger, CITIZEN, "death", ca.sign(FIRST, act))

    assert isinstance(done, Receipt)


@pytest.mark.parametrize("goes", [0, 1])
def test_of_a_mixed_batch_the_others_are_issued_in_the_same_turn_and_nothing_is_lost(ca: PracticeCa, goes: int) -> None:
    for number in (OFFICER, CITIZEN, OTHER):
        register_person(ca.ledger, number)
    mixed = [ca.approved(OFFICER), ca.approved(CITIZEN, "citizen-signing"), ca.approved(OTHER)]
    key = ca.issuing("citizens")
    room = ca.room(citizens=replace(key, signer=Going(key.signer, goes)))

    with pytest.raises(KeyUnusable, match="there is no token"):
        room.turn()
    issued_then = enrolments_issued(ca)
    with ca.ledger.read() as session:
        ended = session.query(Revocation).count()
    left = room.recover()
    whole = ca.room()
    whole.turn()

    assert issued_then == {mixed[0], mixed[2]}
    assert (ended, left) == (goes, 0)  # what was intended and not signed has ended in the same turn
    assert enrolments_issued(ca) == set(mixed)


class Stop(threading.Event):
    """Set after so many looks; nobody waits really, and each wait is remembered."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks, self.waits = looks, list[float]()

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        return False


def test_the_loop_neither_pauses_nor_recovers_while_a_token_is_away(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    register_person(ca.ledger, OFFICER)
    key, stop, recovered = ca.issuing("citizens"), Stop(4), list[SigningRoom]()
    room = ca.room(citizens=replace(key, signer=Away(key.signer)))
    assert isinstance(ca.ledger.clock, TurnedClock)
    ca.ledger.clock.turn(days=2)  # every list is due
    enrolment = ca.approved(OFFICER)
    run = Run(ca.home, "issue", clock=ca.ledger.clock)
    monkeypatch.setitem(run.__dict__, "ledger", ca.ledger)
    monkeypatch.setattr(scripts.issue, "_recover", recovered.append)
    monkeypatch.setattr(scripts.issue, "LOOK_EVERY", 0.0)

    scripts.issue._Loop(run, room).until(stop)

    assert enrolments_issued(ca) == {enrolment}
    assert (recovered, set(stop.waits)) == ([], {scripts.issue.BREATH})
    assert [record.getMessage().count("there is no token") for record in caplog.records] == [1]
