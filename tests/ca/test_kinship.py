"""No RSA key that shares a factor with another is certified, and officers learn of the other one's certificates."""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

import pki.kinship
from ca.endings.requests import undecided
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.issuance.kinship import FACTOR_SHARED, Kinship
from ca.issuance.signing_room import SigningRoom
from ca.issuance.turn import Turn
from ca.tables.endings import EndingRequest
from ca.tables.hierarchy import OutsideCertificate
from ledger.certificates import Certificate, KeyBlock
from ledger.entry import Entry
from ledger.ledger import Ledger
from pki.keys import key_sha256
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person, request_for
from tests.ca.desk import HOLDER, Desk
from tests.ca.test_keys_in_other_hands import kin
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, PracticeIssuer, der

ONE, OTHER, THIRD = "10000017", "10000018", "10000019"


@dataclass
class Twins:
    """RSA keys that share a prime, as a device with poor randomness makes them; one has a certificate."""

    ca: PracticeCa
    clock: TurnedClock
    first: RSAPrivateKey
    second: RSAPrivateKey
    third: RSAPrivateKey

    def approved(self, number: str, key: RSAPrivateKey) -> str:
        register_person(self.ca.ledger, number)
        asked = self.ca.hand_in(self.ca.application(number, request=request_for(key)))
        assert isinstance(asked, str), asked
        assert all(isinstance(self.ca.vote(officer, asked), str) for officer in (FIRST, SECOND))
        return asked

    def certified(self, room: SigningRoom) -> Certificate:
        self.approved(ONE, self.first)
        [made] = self.turn(room).issued
        return made

    def turn(self, room: SigningRoom) -> Turn:
        self.clock.turn(seconds=1)
        return room.turn()

    def requests(self) -> list[EndingRequest]:
        with self.ca.ledger.read() as session:
            return undecided(session)

    def told(self) -> int:
        with self.ca.ledger.read() as session:
            return session.query(Entry).filter_by(kind="key.factor-shared").count()


@pytest.fixture
def twins(ca: PracticeCa, clock: TurnedClock) -> Twins:
    return Twins(ca, clock, *kin(3))


@pytest.mark.parametrize("restarted", [True, False])
def test_a_key_with_the_factor_of_another_is_refused_and_an_officer_must_decide_about_that(
    twins: Twins, restarted: bool
) -> None:
    room = twins.ca.room()
    certificate = twins.certified(room)
    asked = twins.approved(OTHER, twins.second)

    done = twins.turn(twins.ca.room() if restarted else room)

    assert (done.issued, done.refused) == ([], [(asked, FACTOR_SHARED)])
    [request] = twins.requests()
    assert (request.subject, request.wish, request.ground) == (certificate.id, "revoke", "key-compromise")
    assert (request.channel, request.authentication, twins.told()) == ("arithmetic", "factor", 1)
    with twins.ca.ledger.read() as session:
        assert session.query(KeyBlock).count() == 0


def test_the_officer_who_revokes_answers_the_request(twins: Twins) -> None:
    room = twins.ca.room()
    certificate = twins.certified(room)
    twins.approved(OTHER, twins.second)
    twins.turn(room)
    act = act_for("certificate.revoke", certificate.sha256, "key-compromise", twins.clock.now())

    done = revoke_certificate(twins.ca.ledger, certificate.sha256, "key-compromise", twins.ca.sign(FIRST, act))

    assert isinstance(done, Receipt)
    assert twins.requests() == []


def test_two_that_come_together_are_both_refused_and_no_others(twins: Twins) -> None:
    room = twins.ca.room()
    refused = {twins.approved(ONE, twins.first), twins.approved(OTHER, twins.second)}
    register_person(twins.ca.ledger, THIRD)
    sound = twins.ca.approved(THIRD)

    done = twins.turn(room)

    assert {key for key, code in done.refused if code == FACTOR_SHARED} == refused
    assert [one.key_sha256 for one in done.issued] == [twins.ca.enrolment(sound).key_sha256]
    assert (twins.requests(), twins.told()) == ([], 2)


def test_about_one_certificate_one_request_waits_however_many_are_kin_to_it(twins: Twins) -> None:
    room = twins.ca.room()
    twins.certified(room)
    twins.approved(OTHER, twins.second)
    twins.turn(room)
    asked = twins.approved(THIRD, twins.third)

    done = twins.turn(room)

    assert done.refused == [(asked, FACTOR_SHARED)]
    assert (len(twins.requests()), twins.told()) == (1, 3)


def test_what_others_write_meanwhile_is_followed_wherever_it_is_written(ledger: Ledger) -> None:
    first, second, third = (KeySigner(key) for key in kin(3))
    desk, kinship = Desk(ledger), Kinship(ledger)
    alone = kinship.meet([first.public_key])
    desk.certify(f"p{HOLDER}", "officer-signing", second)
    beside = kinship.meet([first.public_key])
    above = der(PracticeIssuer().leaf("Another CA", 7, third))
    desk.write(OutsideCertificate(id="outside", sha256="ab" * 32, der=above))

    all_three = kinship.meet([first.public_key])

    keys = [key_sha256(one.public_key) for one in (first, second, third)]
    assert (alone, beside) == ({}, {keys[0]: {keys[1]}})
    assert all_three == {keys[0]: {keys[1], keys[2]}}


def test_a_request_is_compared_while_it_waits_so_that_its_approval_costs_no_division(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = twins.ca.room()
    twins.certified(room)
    register_person(twins.ca.ledger, OTHER)
    asked = twins.ca.hand_in(twins.ca.application(OTHER, request=request_for(twins.second)))
    twins.turn(room)
    assert isinstance(asked, str)
    assert all(isinstance(twins.ca.vote(officer, asked), str) for officer in (FIRST, SECOND))
    monkeypatch.setattr(pki.kinship, "gcd", lambda *_: pytest.fail("it was divided again"))

    done = twins.turn(room)

    assert done.refused == [(asked, FACTOR_SHARED)]


def test_nothing_is_read_for_keys_of_another_kind(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "read", lambda: pytest.fail("the ledger was asked"))

    assert Kinship(ledger).meet([KeySigner().public_key]) == {}


def test_keys_that_are_strangers_are_certified_whatever_came_before(twins: Twins) -> None:
    room = twins.ca.room()
    made = [twins.certified(room)]
    register_person(twins.ca.ledger, THIRD)
    twins.ca.approved(THIRD)

    made += twins.turn(room).issued

    assert len(made) == 2
    assert (twins.requests(), twins.told()) == ([], 0)
