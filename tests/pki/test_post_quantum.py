"""ML-DSA (FIPS 204, RFC 9881) from the root to an answer of status: a whole chain in which nothing is classic.

Made by our code, read and verified by it and by the OpenSSL 4 that `cryptography` brings along.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki import keys
from pki.certificate import assemble, parse_certificate
from pki.crl import CrlEntry, crl_tbs, parse_crl
from pki.errors import SignatureInvalid
from pki.lint import LintFailed
from pki.ocsp import Responder, SingleAnswer, parse_request, response
from pki.parsed import ParsedCertificate
from pki.path import chain_of
from pki.signing import SignatureAlgorithm
from pki.status import Good, Revoked
from tests.ca.specimens import LEAVES, Specimens
from tests.doubles import START
from tests.issuing import KeySigner, new_key

KINDS = [kind for kind in SignatureAlgorithm if kind.post_quantum]
DAY = timedelta(days=1)
CLASSIC_ONLY = {"tls-server", "officer-encryption", "mail-encryption", "machines-ra"}
SIGNING = sorted(set(LEAVES) - CLASSIC_ONLY)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.value)
def chain(request: pytest.FixtureRequest) -> Iterator[Specimens]:
    """Root, issuer and subject, each with its own key of this kind."""
    root, issuer, subject = (KeySigner(new_key(request.param)) for _ in range(3))
    yield Specimens(root, issuer, subject)


def loaded(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def verify(certificate: ParsedCertificate, issuer: ParsedCertificate) -> None:
    keys.verify(
        issuer.spki, keys.algorithm_from_identifier(certificate.algorithm), certificate.tbs, certificate.signature
    )


def test_the_chain_verifies_by_us_and_by_openssl(chain: Specimens) -> None:
    leaf, issuer, root = ders = (chain.leaf("citizen-signing"), chain.issuer, chain.root)

    for below, above in ((leaf, issuer), (issuer, root), (root, root)):
        verify(parse_certificate(below), parse_certificate(above))
        loaded(below).verify_directly_issued_by(loaded(above))
    assert chain_of(leaf, [root, issuer]) == ders


def test_every_signature_and_key_in_it_is_post_quantum(chain: Specimens) -> None:
    kind = chain.root_key.algorithm
    read = [parse_certificate(der) for der in (chain.leaf("citizen-signing"), chain.issuer, chain.root)]

    assert {keys.algorithm_from_identifier(one.algorithm) for one in read} == {kind}
    assert {keys.algorithm_of(one.spki) for one in read} == {kind}


def test_one_octet_changed_is_found_by_us_and_by_openssl(chain: Specimens) -> None:
    leaf = bytearray(chain.leaf("citizen-signing"))
    leaf[leaf.index(b"Somphonexay")] ^= 1

    with pytest.raises(SignatureInvalid):
        verify(parse_certificate(bytes(leaf)), parse_certificate(chain.issuer))
    with pytest.raises(InvalidSignature):
        loaded(bytes(leaf)).verify_directly_issued_by(loaded(chain.issuer))


@pytest.mark.parametrize("profile", SIGNING)
def test_each_profile_whose_key_signs_takes_the_key(chain: Specimens, profile: str) -> None:
    read = parse_certificate(chain.leaf(profile))

    assert keys.algorithm_of(read.spki) is chain.leaf_key.algorithm
    verify(read, parse_certificate(chain.issuer))


@pytest.mark.parametrize("profile", sorted(CLASSIC_ONLY))
def test_what_cannot_be_done_with_the_key_is_refused(chain: Specimens, profile: str) -> None:
    with pytest.raises(LintFailed, match=r"key\.kind"):
        chain.leaf(profile)


def test_a_classic_key_under_a_post_quantum_issuer_is_refused(chain: Specimens) -> None:
    with pytest.raises(LintFailed, match=r"key\.family"):
        chain.leaf("citizen-signing", KeySigner())


def test_the_revocation_list_verifies_by_us_and_by_openssl(chain: Specimens) -> None:
    entry = CrlEntry(parse_certificate(chain.leaf("device")).serial, START, "keyCompromise")
    tbs = crl_tbs(chain.view, 1, START, START + DAY, [entry])
    made = assemble(tbs, chain.issuer_key.algorithm, chain.issuer_key.sign(tbs))

    read, theirs = parse_crl(made), x509.load_der_x509_crl(made)

    assert read.entries == (entry,)
    keys.verify(chain.view.spki, keys.algorithm_from_identifier(read.algorithm), read.tbs, read.signature)
    assert theirs.is_signature_valid(chain.issuer_key.key.public_key())
    assert not theirs.is_signature_valid(chain.root_key.key.public_key())
    assert theirs.get_revoked_certificate_by_serial_number(entry.serial) is not None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Good("ab" * 32), ocsp.OCSPCertStatus.GOOD),
        (Revoked(START, "keyCompromise"), ocsp.OCSPCertStatus.REVOKED),
    ],
    ids=["good", "revoked"],
)
def test_the_answer_of_status_verifies_by_us_and_by_openssl(
    chain: Specimens, status: Good | Revoked, said: ocsp.OCSPCertStatus
) -> None:
    signer = KeySigner(new_key(chain.leaf_key.algorithm))
    responder = Responder(signer, chain.leaf("ocsp-responder", signer))
    asked = ocsp.OCSPRequestBuilder().add_certificate(
        loaded(chain.leaf("citizen-signing")), loaded(chain.issuer), hashes.SHA256()
    )
    question = parse_request(asked.build().public_bytes(Encoding.DER)).certificates[0]

    answer = ocsp.load_der_ocsp_response(
        response([SingleAnswer(question, status)], responder, None, START, START + DAY)
    )

    delegate = answer.certificates[0]
    delegate.verify_directly_issued_by(loaded(chain.issuer))
    delegate.public_key().verify(answer.signature, answer.tbs_response_bytes)  # type: ignore[union-attr, call-arg]
    keys.verify(signer.public_key, signer.algorithm, answer.tbs_response_bytes, answer.signature)
    assert answer.certificate_status is said
