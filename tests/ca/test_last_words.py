"""A root ends: a responder certificate and a CRL that hold for ever, and only behind them is its key destroyed."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, OCSPResponse, load_der_ocsp_response
from sqlalchemy import select

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.steps.destroy_key import DestroyKeyStep
from ca.ceremonies.steps.last_words import LastWordsStep
from ca.ceremonies.steps.step import Made, SoFar
from ca.closing.inventory import SOON, inventory
from ca.issuance.composition import IssuingKey
from ledger.certificates import Certificate, Intent, Revocation
from ledger.ledger import Deed
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from pki.profile import FOR_EVER
from tests.ca.closers import ceremony_of
from tests.ca.conftest import TEST, PracticeCa
from tests.ca.events import Registered
from tests.doubles import TurnedClock
from web.home import Mode

SPEAK = LastWordsStep("root")


@dataclass
class Vault:
    """The ceremony at which the root's key is at hand."""

    ca: PracticeCa
    clock: TurnedClock

    @property
    def root(self) -> IssuingKey:
        return self.ca.issuing("root")

    def so_far(self) -> SoFar:
        found = SoFar(Mode.PRACTICE)
        certificate = ceremony_of(self.ca).certificate_of("root")
        found.keep("root", {"public-key": self.root.spki, "certificate": certificate})
        return found

    def spoken(self) -> Made:
        self.clock.turn(seconds=1)
        return SPEAK.hold(ceremony_of(self.ca), self.so_far())

    def destroyed(self) -> Made:
        step = DestroyKeyStep("root", key=key_sha256(self.root.spki))
        return step.hold(ceremony_of(self.ca), self.so_far())

    def responders(self) -> list[Certificate]:
        mine = select(Certificate).where(Certificate.issuer_id == self.root.id, Certificate.profile == "ocsp-responder")
        with self.ca.ledger.read() as session:
            return list(session.scalars(mine.order_by(Certificate.not_after)))

    def told_of(self, name: str) -> OCSPResponse:
        """What the responder says of an issuing CA."""
        asked, above = (
            x509.load_pem_x509_certificate(self.ca.home.certificate(one).read_bytes()) for one in (name, "root")
        )
        responder = OcspResponder(
            StatusStore(self.ca.ledger), lambda issuer: self.ca.issuing_signer(f"ocsp-{issuer}"), self.clock
        )
        builder = OCSPRequestBuilder().add_certificate(asked, above, SHA256())
        return load_der_ocsp_response(responder.respond(builder.build().public_bytes(Encoding.DER)).body)


@pytest.fixture
def vault(ca: PracticeCa, clock: TurnedClock) -> Vault:
    return Vault(ca, clock)


@pytest.fixture
def outlived(vault: Vault) -> Vault:
    """All that the root certified has ended by itself."""
    vault.clock.turn(days=10 * 365 + 1)
    return vault


def test_while_a_certificate_lives_under_it_a_root_says_no_last_word_and_keeps_its_key(vault: Vault) -> None:
    before = vault.responders()

    with pytest.raises(CeremonyFailed, match="certificates under root still live"):
        vault.spoken()
    with pytest.raises(CeremonyFailed, match="a step last-words must come first"):
        vault.destroyed()

    assert [one.id for one in vault.responders()] == [one.id for one in before]


def test_a_closed_root_is_answered_for_without_end_and_without_its_key(outlived: Vault) -> None:
    with pytest.raises(CeremonyFailed, match="last words"):
        outlived.destroyed()
    made, so_far = outlived.spoken(), outlived.so_far()
    gone = outlived.destroyed()
    outlived.clock.turn(days=365 * 60)

    answer = outlived.told_of("officers")

    crl, responder = parse_crl(made["crl"]), parse_certificate(made["certificate"])
    assert SPEAK.fault(made, so_far) is None
    assert (crl.next_update, responder.not_after) == (FOR_EVER, FOR_EVER)
    assert gone == {"destroyed-key": key_sha256(so_far.keys["root"]).encode()}
    assert (answer.certificate_status, answer.next_update_utc) == (OCSPCertStatus.GOOD, FOR_EVER)
    assert answer.certificates == [x509.load_der_x509_certificate(made["certificate"])]


def test_what_was_revoked_under_it_is_on_its_last_list(vault: Vault) -> None:
    with vault.ca.ledger.read() as session:
        under = select(Certificate).where(Certificate.issuer_id == vault.root.id, Certificate.profile.like("issuing%"))
        below = session.scalars(under).all()
    facts = [Revocation(certificate_id=one.id, at=vault.clock.now(), reason="cessationOfOperation") for one in below]
    vault.ca.ledger.entries([Deed(Registered("x"), TEST, facts)])

    crl = parse_crl(vault.spoken()["crl"])

    assert crl.next_update == FOR_EVER
    assert {int(one.serial_number, 16) for one in below} == crl.by_serial.keys()
    assert vault.told_of("officers").certificate_status is OCSPCertStatus.REVOKED


def test_said_again_it_is_the_same_and_nothing_more_is_certified(outlived: Vault) -> None:
    made = outlived.spoken()
    count = len(outlived.responders())

    again = outlived.spoken()

    with pytest.raises(CeremonyFailed, match="last words are signed"):
        roll_over(ceremony_of(outlived.ca), "officers", outlived.clock.now())
    assert again == made
    assert len(outlived.responders()) == count == 2


def test_an_intent_that_a_crash_left_is_ended_and_on_the_last_list(outlived: Vault) -> None:
    left = Intent(
        id="left", issuer_id=outlived.root.id, serial_number="abc", dense_number=999, profile="issuing-ca", tbs=b""
    )
    outlived.ca.ledger.entries([Deed(Registered("x"), TEST, [left])])

    crl = parse_crl(outlived.spoken()["crl"])

    assert (crl.next_update, list(crl.by_serial)) == (FOR_EVER, [0xABC])


def test_in_a_root_s_last_year_its_endless_responder_begins_with_the_root_s_end(vault: Vault) -> None:
    ceremony, until = ceremony_of(vault.ca), vault.root.view.not_after
    vault.clock.turn(days=(until - vault.clock.now()).days - 100)
    roll_over(ceremony, "officers", vault.clock.now())
    with pytest.raises(CeremonyFailed, match="still live"):
        vault.spoken()
    ceremony.service("ocsp-root", "ocsp-responder", vault.root)
    with vault.ca.ledger.read() as session:
        due = {line.generation.key_name: line.due for line in inventory(session, vault.clock.now() + SOON)}

    made = vault.spoken()
    before = vault.told_of("officers-2")
    with pytest.raises(CeremonyFailed, match="last words"):
        vault.destroyed()
    vault.clock.turn(days=101)
    after = vault.told_of("officers-2")

    responder = parse_certificate(made["certificate"])
    assert SPEAK.fault(made, vault.so_far()) is None
    assert (responder.not_before, responder.not_after) == (until + timedelta(seconds=1), FOR_EVER)
    assert parse_crl(made["crl"]).next_update != FOR_EVER
    assert "hold a ceremony for its last-words" in str(due["root"])
    assert before.next_update_utc is not None
    assert before.next_update_utc < until
    assert (after.certificate_status, after.next_update_utc) == (OCSPCertStatus.GOOD, FOR_EVER)


def test_a_root_under_which_all_ends_in_its_last_year_is_answered_for_at_once(vault: Vault) -> None:
    ceremony, until = ceremony_of(vault.ca), vault.root.view.not_after
    vault.clock.turn(days=(until - vault.clock.now()).days - 100)
    below = roll_over(ceremony, "officers", vault.clock.now())
    ceremony.service("ocsp-root", "ocsp-responder", vault.root)
    vault.spoken()
    with vault.ca.ledger.read() as session:
        own = session.scalars(select(Certificate).where(Certificate.key_sha256 == key_sha256(below.spki))).one()
    ending = Revocation(certificate_id=own.id, at=vault.clock.now(), reason="cessationOfOperation")
    vault.ca.ledger.entries([Deed(Registered("x"), TEST, [ending])])

    made = [vault.spoken(), vault.spoken()]

    answer = vault.told_of("officers-2")
    assert made[0] == made[1]
    assert SPEAK.fault(made[0], vault.so_far()) is None
    assert (answer.certificate_status, answer.next_update_utc) == (OCSPCertStatus.REVOKED, FOR_EVER)
    vault.destroyed()


def test_the_transcript_of_a_responder_with_an_end_or_of_another_root_is_found_wrong(outlived: Vault) -> None:
    regular, made = outlived.responders()[0], outlived.spoken()
    other = outlived.so_far()
    other.keep("root", {"certificate": ceremony_of(outlived.ca).certificate_of("officers")})

    with_an_end = SPEAK.fault({**made, "certificate": bytes(regular.der)}, outlived.so_far())

    assert with_an_end == "the responder's certificate has an end"
    assert "the CRL does not hold" in str(SPEAK.fault(made, other))
    assert "is not there" in str(SPEAK.fault({"certificate": made["certificate"]}, outlived.so_far()))
