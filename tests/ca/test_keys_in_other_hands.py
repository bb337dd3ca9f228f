"""A key that is no secret any more is blocked for ever, and every certificate for it ends, whosever it is."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from gmpy2 import next_prime
from sqlalchemy import select

from ca.endings.blocked import NOBODY
from ca.endings.key_audit import audit_keys
from ca.endings.keys import block_act, block_by_officer, block_listed, report_by_key
from ca.tables.endings import KeyReport
from ledger.certificates import Certificate, Intent, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from pki.keys import key_sha256
from pki.request import parse_request
from scripts.key_block import digests
from tests.ca.conftest import PracticeCa
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.issuing import KeySigner
from tests.recorded import RecordedIssuer

CA = Actor.system("ca")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def report_of(signer: KeySigner, name: str = "laotrust: this key is compromised") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(signer.key, SHA256())
    return request.public_bytes(Encoding.PEM)


def blocked(desk: Desk) -> dict[str, str]:
    """The subject of each blocked key's use."""
    with desk.ledger.read() as session:
        rows = session.execute(
            select(KeyBlock.key_sha256, KeyUse.subject).join(KeyUse, KeyUse.key_sha256 == KeyBlock.key_sha256)
        )
        return {key: subject for key, subject in rows}  # noqa: C416 - rows are no pairs


def another_for(desk: Desk, signer: KeySigner, person_id: str, number: int) -> Certificate:
    """A second certificate for the same key, as only a fault of ours could make it."""
    with desk.ledger.read() as session:
        first = session.scalars(
            select(Certificate).where(Certificate.key_sha256 == key_sha256(signer.public_key))
        ).first()
    assert first is not None
    intent = Intent(
        id=f"n{number}", issuer_id=desk.issuer.id, serial_number=f"{number:x}", dense_number=number,
        profile=first.profile, tbs=b"", enrolment_id=None, person_id=person_id,
    )  # fmt: skip
    second = Certificate(
        id=f"n{number}", issuer_id=desk.issuer.id, serial_number=f"{number:x}", sha256=f"{number:064x}",
        key_sha256=first.key_sha256, der=first.der, profile=first.profile, person_id=person_id,
        not_before=first.not_before, not_after=first.not_after,
    )  # fmt: skip
    desk.write(intent, second)
    return second


def test_the_key_itself_reports_and_all_its_certificates_over_all_subjects_end(desk: Desk) -> None:
    signer = KeySigner()
    first = desk.certify(f"p{HOLDER}", "officer-signing", signer)
    others = [another_for(desk, signer, f"p{CLERK}", 5000 + number) for number in range(50)]

    ended = report_by_key(desk.ledger, report_of(signer))
    again = report_by_key(desk.ledger, report_of(signer))

    assert isinstance(ended, tuple) and set(ended) == {first.serial_number, *(one.serial_number for one in others)}
    assert again == Refuse("key.blocked-already")
    assert blocked(desk) == {first.key_sha256: f"p{HOLDER}"}
    with desk.ledger.read() as session:
        reasons = set(session.scalars(select(Revocation.reason)))
        kept = session.scalars(select(KeyReport)).one()
    assert reasons == {"keyCompromise"}
    assert parse_request(bytes(kept.request)).key_sha256 == first.key_sha256


def test_an_ordinary_request_reports_nothing(desk: Desk) -> None:
    signer = KeySigner()
    desk.certify(f"p{HOLDER}", "officer-signing", signer)

    assert report_by_key(desk.ledger, report_of(signer, "Somphone")) == Refuse("key.not-a-report")
    assert report_by_key(desk.ledger, b"nonsense") == Refuse("enrolment.request-malformed")
    assert blocked(desk) == {}


def test_a_key_that_we_never_saw_is_blocked_for_everybody(desk: Desk) -> None:
    signer = KeySigner()

    ended = report_by_key(desk.ledger, report_of(signer))

    key = key_sha256(signer.public_key)
    assert ended == ()
    assert blocked(desk) == {key: NOBODY}
    with pytest.raises(Taken):
        desk.write(KeyUse(key_sha256=key, subject=f"p{HOLDER}"))


def test_an_officer_on_duty_blocks_a_key_by_its_digest_and_nobody_else_does(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    act = block_act(certificate.key_sha256, desk.ledger.clock.now())

    refused = block_by_officer(desk.ledger, certificate.key_sha256, desk.sign(HOLDER, act))
    other = block_by_officer(desk.ledger, "00" * 32, desk.sign(CLERK, act))
    ended = block_by_officer(desk.ledger, certificate.key_sha256, desk.sign(CLERK, act))

    assert (refused, other) == (Refuse("revocation.no-duty"), Refuse("revocation.not-about-this"))
    assert ended == (certificate.serial_number,)


def test_a_published_list_blocks_what_nobody_has_yet_and_tells_what_somebody_has(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    listed = [f"{number:064x}" for number in range(100)]

    first = block_listed(desk.ledger, [*listed, certificate.key_sha256], "ab" * 32, CA)
    again = block_listed(desk.ledger, [*listed, certificate.key_sha256], "ab" * 32, CA)

    assert first == (100, [certificate.key_sha256])
    assert again == (0, [certificate.key_sha256])
    assert len(blocked(desk)) == 100


def test_a_list_is_hex_digests_with_remarks() -> None:
    assert digests(b"# Debian\n" + b"AB" * 32 + b" # one\n\n") == ["ab" * 32]


def kin(many: int = 2) -> list[rsa.RSAPrivateKey]:
    """RSA keys of 3072 bits that share a prime."""
    p = int(next_prime((1 << 1535) + (1 << 1534) + 987654321))
    return [_rsa(p, int(next_prime((1 << 1535) + (1 << 1534) + (1 << 1500) * (n + 1)))) for n in range(many)]


def _rsa(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def test_the_audit_finds_kin_listed_doubled_and_blocked_keys_and_nothing_else(desk: Desk) -> None:
    first, second = kin()
    related = [desk.certify(f"p{HOLDER}", "officer-signing", KeySigner(key)) for key in (first, second)]
    sound = desk.certify(f"p{HOLDER}", "officer-signing")
    doubled = KeySigner()
    twice = desk.certify(f"p{HOLDER}", "officer-signing", doubled)
    another_for(desk, doubled, f"p{CLERK}", 9000)
    desk.write(KeyBlock(key_sha256=sound.key_sha256, at=desk.ledger.clock.now()))

    with desk.ledger.read() as session:
        audited = audit_keys(session, [twice.key_sha256])

    found = {(one.code, one.key_sha256) for one in audited.weaknesses}
    assert (audited.keys, audited.rsa) == (8, 2)  # the issuer's own among them
    assert found == {
        *(("shared-factor", one.key_sha256) for one in related),
        ("listed", twice.key_sha256),
        ("two-subjects", twice.key_sha256),
        ("blocked", sound.key_sha256),
    }


def test_the_keys_of_a_practice_ca_are_sound(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        assert audit_keys(session).weaknesses == ()


def test_one_key_under_the_names_of_two_bodies_is_found_though_no_person_has_it(ledger: Ledger) -> None:
    recorded, shared, own = RecordedIssuer(ledger), KeySigner(), KeySigner()
    for name, signer in (("10000021", shared), ("10000022", shared), ("10000023", own), ("10000023", own)):
        intent_id, serial = recorded.intend("organisation-seal")
        recorded.finish(intent_id, recorded.issuer.leaf(name, serial, signer), "organisation-seal")

    with ledger.read() as session:
        found = [(one.code, one.key_sha256) for one in audit_keys(session).weaknesses]

    assert found == [("two-subjects", key_sha256(shared.public_key))]
