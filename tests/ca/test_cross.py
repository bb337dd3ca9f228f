"""Our root certifies another CA's key, or our own next root: name and key as they are, confined, revocable."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from ca.ceremonies.ceremony import ORGANISATION
from ca.ceremonies.cross import PROFILE, certify, crosses
from ca.ceremonies.names import ca_title
from ca.ceremonies.rollover import roll_over
from ca.endings.revocation import act_for, revoke_certificate
from ledger.certificates import Certificate
from ledger.decision import Refuse
from pki.parsed import certificates_from_pem, parse_certificate
from tests.ca.agreeing import OPERATOR, operated
from tests.ca.closers import ceremony_of
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.ca.outside import SOUND, OutsideRoot
from tests.ca.test_rollover import openssl_verify
from tests.doubles import TurnedClock
from tests.issuing import PrivateKey, new_key

OFFICER = "10000017"


@pytest.fixture
def other(tmp_path: Path) -> OutsideRoot:
    return OutsideRoot(tmp_path / "other", name="PRACTICE Other Root").made()


def request_named(common_name: str, key: PrivateKey) -> bytes:
    names = {"C": "LA", "O": ORGANISATION, "CN": common_name}
    subject = x509.Name.from_rfc4514_string(",".join(f"{name}={value}" for name, value in reversed(names.items())))
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_another_root_s_name_and_key_are_certified_within_our_constraints(ca: PracticeCa, other: OutsideRoot) -> None:
    handed_over = other.certificate.read_bytes()

    certificate = certify(ceremony_of(ca), ca.issuing("root"), handed_over)
    again = certify(ceremony_of(ca), ca.issuing("root"), handed_over)

    theirs = certificates_from_pem(handed_over)[0]
    assert isinstance(certificate, Certificate) and isinstance(again, Certificate)
    parsed = parse_certificate(certificate.der)
    assert (parsed.subject, parsed.spki, parsed.path_length) == (theirs.subject, theirs.spki, 1)
    assert "2.5.29.30" in parsed.by_oid
    assert again.id == certificate.id


def test_no_officer_alone_ends_it_and_two_persons_who_agree_do(ca: PracticeCa, other: OutsideRoot) -> None:
    certificate = certify(ceremony_of(ca), ca.issuing("root"), other.certificate.read_bytes())
    assert isinstance(certificate, Certificate)
    office = operated(ca)
    act = act_for("certificate.revoke", certificate.sha256, "cessationOfOperation", ca.ledger.clock.now())

    alone = revoke_certificate(ca.ledger, certificate.sha256, "cessationOfOperation", ca.sign(FIRST, act))
    with ca.ledger.read() as session:
        before = [(one.id, state) for one, state in crosses(session, ca.ledger.clock.now())]
    office.agreed("ca-certificate.revoke", FIRST, OPERATOR, sha256=certificate.sha256, reason="cessationOfOperation")

    assert alone == Refuse("revocation.of-a-ca")
    with ca.ledger.read() as session:
        after = [(one.id, state) for one, state in crosses(session, ca.ledger.clock.now())]
    assert [before, after] == [[(certificate.id, "good")], [(certificate.id, "revoked")]]


def test_one_that_is_past_its_end_is_expired(ca: PracticeCa, other: OutsideRoot) -> None:
    certificate = certify(ceremony_of(ca), ca.issuing("root"), other.certificate.read_bytes())
    assert isinstance(certificate, Certificate)

    with ca.ledger.read() as session:
        states = [
            [state for _, state in crosses(session, at)]
            for at in (certificate.not_after, certificate.not_after + timedelta(seconds=1))
        ]

    assert states == [["good"], ["expired"]]


@pytest.mark.sqlite_only("nothing is written")
def test_what_is_not_proven_or_not_theirs_is_refused_by_its_code(ca: PracticeCa, other: OutsideRoot) -> None:
    key = new_key()
    sound = request_named("Some CA", key)
    intermediate = other.answer(request_named("Below", new_key()), extensions=SOUND)
    used = ca.issuing_signer("officers").public_key
    handed_over = {
        "cross.malformed": b"no certificate",
        "cross.possession": sound[:-1] + bytes([sound[-1] ^ 1]),
        "cross.own-name": request_named(f"PRACTICE {ca_title('officers')}", key),
    }

    refused = {code: certify(ceremony_of(ca), ca.issuing("root"), octets) for code, octets in handed_over.items()}
    borrowed = certify(ceremony_of(ca), ca.issuing("root"), intermediate)

    assert refused == {code: Refuse(code) for code in handed_over}
    assert borrowed == Refuse("cross.possession")
    assert used != parse_certificate(certificates_from_pem(intermediate)[0].der).spki


def test_a_root_that_is_past_its_end_is_not_vouched_for(ca: PracticeCa, clock: TurnedClock, tmp_path: Path) -> None:
    ends = (clock.now() + timedelta(days=2)).replace(microsecond=0)
    other = OutsideRoot(tmp_path / "old", name="PRACTICE Old Root", ends=f"{ends:%Y%m%d%H%M%SZ}").made()
    late = OutsideRoot(tmp_path / "late", name="PRACTICE Late Root", ends=other.ends).made()
    clock.turn(seconds=(ends - clock.now()).total_seconds())
    before = certify(ceremony_of(ca), ca.issuing("root"), other.certificate.read_bytes())
    clock.turn(seconds=1)

    refused = certify(ceremony_of(ca), ca.issuing("root"), late.certificate.read_bytes())
    stands = certify(ceremony_of(ca), ca.issuing("root"), other.certificate.read_bytes())

    assert refused == Refuse("cross.ended")
    assert isinstance(before, Certificate) and isinstance(stands, Certificate)
    assert stands.id == before.id


def test_who_trusts_either_root_reaches_what_the_other_certified(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony_of(ca), "root", clock.now())
    roll_over(ceremony_of(ca), "officers", clock.now())
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    leaf, files = ca.home.path / "leaf.pem", ca.home.certificate
    ceremony_of(ca).keep_at(leaf, certificate.der)

    by_the_old = openssl_verify(clock.now(), leaf, files("root"), files("officers-2"), files("root-2-by-root"))
    by_the_new = openssl_verify(clock.now(), leaf, files("root-2"), files("officers-2"))
    backwards = openssl_verify(clock.now(), files("citizens"), files("root-2"), files("root-by-root-2"))

    assert [answer.rpartition(" ")[2] for answer in (by_the_old, by_the_new, backwards)] == ["OK", "OK", "OK"]
    with ca.ledger.read() as session:
        assert len(session.scalars(select(Certificate).where(Certificate.profile == PROFILE)).all()) == 2
