"""A citizen signs once: from the desk to a certificate of minutes, its one use, and what it is worth afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ca.ceremonies.steps.first_officer import DESK
from ca.desk_search import unended
from ca.search import By, Query, search_all
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki import timestamp
from pki.parsed import certificates_from_pem
from tests.ca.conftest import FIRST, SECOND, KeySigner, PracticeCa, register_person, request_for
from tests.ca.following import Holder, forged
from tests.ca.governance.conftest import Hand
from tests.doubles import TurnedClock
from tests.validation.conftest import document
from validation.pades.making import Services, SigningIdentity, sign_pdf
from validation.pades.reading import Authority, Finding, read_signatures

__all__ = ["document"]
CITIZEN, PROFILE = "10000041", "citizen-signing-once"
FULL = 45
"""Citizens who are approved at one desk within a quarter of an hour."""


@dataclass
class Houses:
    """Time stamps and OCSP answers by the keys of the practice CA, and validation by its roots."""

    ca: PracticeCa
    serial: int = 0

    def post(self, _url: str, body: bytes, content_type: str) -> bytes:
        if content_type != "application/timestamp-query":
            store = StatusStore(self.ca.ledger)
            store.look()
            signer: Callable[[str], object] = lambda name: self.ca.issuing_signer(f"ocsp-{name}")  # noqa: E731
            return OcspResponder(store, signer, self.ca.ledger.clock).respond(body).body  # type: ignore[arg-type]
        self.serial += 1
        unit = timestamp.TimeStampUnit(self.ca.issuing_signer("tsa"), self.certificate("tsa"))
        query = timestamp.parse_query(body)
        content = timestamp.token_content(query, "1.3.6.1.4.1.99999.1", self.serial, self.ca.ledger.clock.now())
        return timestamp.response(timestamp.token(content, unit, certificates=True))

    def sign(self, document: bytes, certificate: Certificate, key: KeySigner, *, embed_status: bool = True) -> bytes:
        identity = SigningIdentity(key, bytes(certificate.der), self.issuers)
        services, now = Services("http://tsa.test/", self.post), self.ca.ledger.clock.now()
        return sign_pdf(document, identity, services, now, embed_status=embed_status)

    def read(self, document: bytes) -> list[Finding]:
        with self.ca.ledger.read() as session:
            known = set(session.scalars(select(Certificate.sha256)))
        authority = Authority([self.certificate("root")], self.issuers, known.__contains__)
        return read_signatures(document, authority, self.post, self.ca.ledger.clock.now())

    @property
    def issuers(self) -> list[bytes]:
        """Those above the citizen and the time-stamp unit, the root last."""
        return [self.certificate(name) for name in ("citizens", "services", "root")]

    def certificate(self, name: str) -> bytes:
        return certificates_from_pem(self.ca.home.certificate(name).read_bytes())[0].der


@pytest.fixture
def clock_of(ca: PracticeCa) -> TurnedClock:
    assert isinstance(ca.ledger.clock, TurnedClock)
    return ca.ledger.clock


def certified(ca: PracticeCa) -> Certificate:
    """The citizen's certificate for one signature, after the whole way: papers, two decisions, the signing room."""
    register_person(ca.ledger, CITIZEN, officer=False)
    enrolment = ca.apply(CITIZEN, PROFILE)
    assert ca.room().turn().issued == []
    assert [isinstance(ca.vote(number, enrolment), str) for number in (FIRST, SECOND)] == [True, True]
    [certificate] = ca.room().turn().issued
    return certificate


def test_it_lives_for_half_an_hour_and_what_was_signed_within_it_holds_for_good(
    ca: PracticeCa, clock_of: TurnedClock, document: bytes
) -> None:
    houses, certificate = Houses(ca), certified(ca)
    clock_of.turn(minutes=5)
    at = clock_of.now()

    signed = houses.sign(document, certificate, KeySigner(ca.keys.pop(CITIZEN)))
    [during] = houses.read(signed)
    clock_of.turn(days=1)
    [afterwards] = houses.read(signed)

    assert certificate.profile == PROFILE
    assert certificate.not_after - certificate.not_before <= timedelta(minutes=30)
    assert [(one.indication, one.time, one.level) for one in (during, afterwards)] == [("TOTAL-PASSED", at, "LT")] * 2


def test_a_full_desk_is_served_in_one_turn_and_each_citizen_has_his_whole_half_hour(
    ca: PracticeCa, clock_of: TurnedClock
) -> None:
    numbers = [str(10000100 + one) for one in range(FULL)]
    for number in numbers:
        register_person(ca.ledger, number, officer=False)
        ca.approved(number, PROFILE)
        clock_of.turn(seconds=20)  # who came first has waited for a quarter of an hour

    issued = ca.room().turn().issued
    with ca.ledger.read() as session:
        found = list(search_all(session, Query(By.DESK, DESK, None), clock_of.now()))
        before = unended(session, [one.id for one in issued], clock_of.now())
        after = unended(session, [one.id for one in issued], clock_of.now() + timedelta(minutes=30))

    assert sorted(str(one.person_id) for one in issued) == [f"p{number}" for number in numbers]
    assert {one.not_after - clock_of.now() for one in issued} == {timedelta(minutes=30) - timedelta(seconds=1)}
    assert {one.sha256 for one in issued} <= {one.sha256 for one in found}
    assert (len(before), len(after)) == (FULL, 0)


def test_after_its_half_hour_it_signs_nothing_any_more(ca: PracticeCa, clock_of: TurnedClock, document: bytes) -> None:
    houses, certificate = Houses(ca), certified(ca)
    clock_of.turn(minutes=31)

    signed = houses.sign(document, certificate, KeySigner(ca.keys[CITIZEN]), embed_status=False)
    [late] = houses.read(signed)

    assert late.indication != "TOTAL-PASSED"


@pytest.mark.parametrize("way", ["renew", "rekey"])
def test_nothing_takes_its_place_by_signing_in_alone(ca: PracticeCa, clock_of: TurnedClock, way: str) -> None:
    register_person(ca.ledger, CITIZEN, officer=False)
    ca.approved(CITIZEN, "citizen-authentication")
    citizen = Holder(ca, Hand(f"p{CITIZEN}", KeySigner(ca.keys[CITIZEN]), ""), CITIZEN)
    citizen.hand = replace(citizen.hand, certificate_sha256=citizen.issued(citizen.hand.signer).sha256)
    once = citizen.first(PROFILE)
    clock_of.turn(minutes=20)

    asked = citizen.renew(once) if way == "renew" else citizen.rekey(once, KeySigner())
    forged(ca, once, citizen.hand)

    assert asked == Refuse("replacement.never")
    assert [code for _, code in ca.room().turn().refused] == ["replacement.never"]


def test_a_key_that_signed_once_is_certified_for_nothing_else(ca: PracticeCa, clock_of: TurnedClock) -> None:
    certificate = certified(ca)
    key = ca.keys[CITIZEN]
    clock_of.turn(hours=1)

    again = ca.hand_in(ca.application(CITIZEN, PROFILE, request=request_for(key)))

    assert again == Refuse("enrolment.key-used")
    with ca.ledger.read() as session:
        assert session.scalars(select(Certificate.id).where(Certificate.profile == PROFILE)).all() == [certificate.id]
