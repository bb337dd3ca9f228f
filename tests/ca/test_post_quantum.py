"""The chain of ML-DSA keys that the practice ceremony makes beside the other: certificates, CRLs, OCSP, issuance."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, load_der_ocsp_response

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.generations import issuing_names
from ca.issuance.renewal import renew_due
from ca.publication.crl import newest
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.keys import algorithm_of, verify
from pki.parsed import ParsedCertificate, certificates_from_pem
from pki.signing import SignatureAlgorithm
from tests.ca.conftest import PracticeCa
from tests.doubles import TurnedClock
from web.home import Mode

DSA_44, DSA_65 = SignatureAlgorithm.ML_DSA_44, SignatureAlgorithm.ML_DSA_65


def on_file(ca: PracticeCa, name: str) -> ParsedCertificate:
    return certificates_from_pem(ca.home.certificate(name).read_bytes())[0]


@pytest.mark.parametrize(
    ("name", "above", "own", "signed_with"),
    [
        ("root-pq", "root-pq", DSA_65, DSA_65), ("officers-pq", "root-pq", DSA_44, DSA_65),
        ("ocsp-root-pq", "root-pq", DSA_65, DSA_65), ("ocsp-officers-pq", "officers-pq", DSA_44, DSA_44),
    ],
)  # fmt: skip
@pytest.mark.sqlite_only("keys and bytes; the engine has no part in it")
def test_each_certificate_of_the_chain_has_and_is_signed_by_ml_dsa(
    ca: PracticeCa, name: str, above: str, own: SignatureAlgorithm, signed_with: SignatureAlgorithm
) -> None:
    certificate, issuer = on_file(ca, name), on_file(ca, above)

    assert (algorithm_of(certificate.spki), algorithm_of(issuer.spki)) == (own, signed_with)
    verify(issuer.spki, signed_with, certificate.tbs, certificate.signature)


@pytest.mark.sqlite_only("keys and bytes; the engine has no part in it")
def test_crls_and_ocsp_answers_of_the_chain_verify_and_its_responder_is_renewed(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    store = StatusStore(ca.ledger)
    store.look()
    responder = OcspResponder(store, lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)
    asked, above = (
        x509.load_pem_x509_certificate(ca.home.certificate(name).read_bytes()) for name in ("officers-pq", "root-pq")
    )
    request = OCSPRequestBuilder().add_certificate(asked, above, SHA256()).build().public_bytes(Encoding.DER)

    answer = load_der_ocsp_response(responder.respond(request).body)

    assert answer.certificate_status is OCSPCertStatus.GOOD
    verify(on_file(ca, "ocsp-root-pq").spki, DSA_65, answer.tbs_response_bytes, answer.signature)
    with ca.ledger.read() as session:
        crls = {name: newest(session, name, 1) for name in ("root-pq", "officers-pq")}
    for name, crl in crls.items():
        assert crl is not None
        parsed = parse_crl(crl.der)
        verify(on_file(ca, name).spki, algorithm_of(on_file(ca, name).spki), parsed.tbs, parsed.signature)
    clock.turn(days=15, hours=1)
    room = ca.room(**{"officers-pq": ca.issuing("officers-pq")})
    renewed = renew_due(Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), room)
    assert on_file(ca, "ocsp-officers-pq").sha256 in {one.sha256 for one in renewed}
    assert on_file(ca, "ocsp-officers-pq").not_after - clock.now() > timedelta(days=29)


@pytest.mark.sqlite_only("a look into one table")
def test_the_signing_room_serves_every_issuer_but_the_roots(ca: PracticeCa) -> None:
    assert issuing_names(ca.ledger) == ["citizens", "officers", "officers-pq", "services"]
