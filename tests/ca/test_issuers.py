"""Which issuer signs what: by profile and by family of key; a key that none is for ends its request and no other."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.signing import SignatureAlgorithm
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.issuing import PrivateKey, new_key

POST_QUANTUM = new_key(SignatureAlgorithm.ML_DSA_44)


def request_for(key: PrivateKey) -> bytes:
    """A PKCS#10 of a key that signs without a digest of its own."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, None).public_bytes(Encoding.DER)


def test_without_a_post_quantum_issuer_its_request_ends_and_a_classic_one_is_issued(ca: PracticeCa) -> None:
    for number in ("10000017", "10000018"):
        register_person(ca.ledger, number)
    asked = ca.hand_in(ca.application("10000017", "citizen-signing", request=request_for(POST_QUANTUM)))
    for officer in (FIRST, SECOND):
        assert isinstance(ca.vote(officer, asked), str)
    classic = ca.approved("10000018")

    turn = ca.room().turn()

    assert turn.refused == [(asked, "enrolment.no-issuer")]
    assert len(turn.issued) == 1
    assert ca.room().turn().refused == []
    assert isinstance(classic, str)
