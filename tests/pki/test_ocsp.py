import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as reader
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.errors import ParseError
from pki.keys import verify
from pki.ocsp import Refusal, Responder, SingleAnswer, issuer_keys, parse_request, response
from pki.parsed import parse_certificate
from pki.signing import SignatureAlgorithm
from pki.status import Good, Held, NeverIssued, Revoked
from tests.issuing import FROM, KeySigner, PracticeIssuer, new_key
from tests.issuing import der as der_of

NOW = datetime(2026, 11, 24, 2, 0, 7, 999_999, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)
SHA256 = "ab" * 32
DIGESTS = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@pytest.fixture(scope="module")
def issuer() -> PracticeIssuer:
    return PracticeIssuer("Practice officers")


@pytest.fixture(scope="module")
def responder(issuer: PracticeIssuer) -> Responder:
    signer = KeySigner()
    return Responder(signer, der_of(issuer.responder(signer, 7)))


@pytest.fixture(scope="module")
def ask(issuer: PracticeIssuer) -> Callable[..., bytes]:
    leaf = issuer.leaf("ສົມພອນ", 0x1234)

    def asked(digest: str = "sha256", nonce: bytes | None = None) -> bytes:
        builder = reader.OCSPRequestBuilder().add_certificate(leaf, issuer.certificate, DIGESTS[digest])
        builder = builder if nonce is None else builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)

    return asked


def answered(responder: Responder, request: bytes, *statuses: Good | Revoked | Held | NeverIssued) -> bytes:
    asked = parse_request(request)
    singles = [SingleAnswer(asked.certificates[0], status, FROM) for status in statuses]
    return response(singles, responder, asked.nonce, NOW, LATER)


def request_of(*certificate_ids: bytes, extensions: bytes = b"", signature: bytes = b"") -> bytes:
    """A request from parts that a stranger might have chosen."""
    requests = der.sequence(*(der.sequence(one) for one in certificate_ids))
    tail = der.explicit(2, der.sequence(extensions)) if extensions else b""
    return der.sequence(der.sequence(requests, tail), signature)


def nonce_of(nonce: bytes) -> bytes:
    return der.sequence(der.oid("1.3.6.1.5.5.7.48.1.2"), der.octet_string(der.octet_string(nonce)))


@pytest.mark.parametrize("digest", DIGESTS)
def test_a_request_is_read_as_another_implementation_wrote_it(
    ask: Callable[..., bytes], issuer: PracticeIssuer, digest: str
) -> None:
    asked = parse_request(ask(digest)).certificates[0]

    parsed = parse_certificate(issuer.der)
    assert (asked.digest, asked.serial_number) == (digest, 0x1234)
    assert (digest, asked.issuer_name_hash, asked.issuer_key_hash) in issuer_keys(parsed.subject, parsed.spki)


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_a_good_answer_is_read_and_verified_by_others(
    issuer: PracticeIssuer, ask: Callable[..., bytes], algorithm: SignatureAlgorithm
) -> None:
    signer = KeySigner(new_key(algorithm))
    responder = Responder(signer, der_of(issuer.responder(signer, 8)))

    read = reader.load_der_ocsp_response(answered(responder, ask(), Good(SHA256)))

    verify(signer.public_key, algorithm, read.tbs_response_bytes, read.signature)
    assert read.certificate_status is reader.OCSPCertStatus.GOOD
    assert (read.serial_number, read.responder_name) == (0x1234, None)
    assert read.this_update_utc == read.produced_at_utc == NOW.replace(microsecond=0)
    assert read.next_update_utc == LATER.replace(microsecond=0)


def test_a_good_answer_names_the_hash_of_the_certificate_and_the_archive_cutoff(
    responder: Responder, ask: Callable[..., bytes]
) -> None:
    body = answered(responder, ask(), Good(SHA256))

    single = asn1_ocsp.OCSPResponse.load(body).response_data["responses"][0]
    values = {one["extn_id"].dotted: one["extn_value"].contents for one in single["single_extensions"]}
    assert der.parts(values["1.3.36.8.3.13"])[1].content.hex() == SHA256
    assert der.read_time(der.children(values["1.3.6.1.5.5.7.48.1.6"])[0]) == FROM


def test_a_revoked_answer_says_when_and_why(responder: Responder, ask: Callable[..., bytes]) -> None:
    read = reader.load_der_ocsp_response(answered(responder, ask(), Revoked(NOW, "keyCompromise")))

    assert read.certificate_status is reader.OCSPCertStatus.REVOKED
    assert read.revocation_time_utc == NOW.replace(microsecond=0)
    assert read.revocation_reason is x509.ReasonFlags.key_compromise


def test_an_unspecified_reason_is_left_out(responder: Responder, ask: Callable[..., bytes]) -> None:
    read = reader.load_der_ocsp_response(answered(responder, ask(), Revoked(NOW, "unspecified")))

    assert read.revocation_reason is None


def test_a_held_certificate_is_revoked_for_certificate_hold(responder: Responder, ask: Callable[..., bytes]) -> None:
    read = reader.load_der_ocsp_response(answered(responder, ask(), Held(NOW)))

    assert read.revocation_reason is x509.ReasonFlags.certificate_hold
    assert read.revocation_time_utc == NOW.replace(microsecond=0)


def test_never_issued_is_said_as_rfc_6960_clause_2_2_wants(responder: Responder, ask: Callable[..., bytes]) -> None:
    body = answered(responder, ask(), NeverIssued())

    read = reader.load_der_ocsp_response(body)
    assert read.certificate_status is reader.OCSPCertStatus.REVOKED
    assert read.revocation_time_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert read.revocation_reason is x509.ReasonFlags.certificate_hold
    assert [one.oid.dotted_string for one in read.extensions] == ["1.3.6.1.5.5.7.48.1.9"]
    assert len(read.single_extensions) == 0


@pytest.mark.parametrize("length", [16, 20, 32])
def test_a_nonce_of_16_to_32_octets_comes_back(responder: Responder, ask: Callable[..., bytes], length: int) -> None:
    read = reader.load_der_ocsp_response(answered(responder, ask(nonce=b"n" * length), Good(SHA256)))

    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * length


@pytest.mark.parametrize("length", [1, 15, 33, 128])
def test_other_lawful_nonces_are_answered_without(ask: Callable[..., bytes], length: int) -> None:
    assert parse_request(ask(nonce=b"n" * length)).nonce is None


@pytest.mark.parametrize("extensions", [nonce_of(b""), nonce_of(b"n" * 129), nonce_of(b"n" * 16) * 2])
def test_nonces_that_rfc_9654_forbids_are_malformed(ask: Callable[..., bytes], extensions: bytes) -> None:
    certificate_id = parse_request(ask()).certificates[0].der

    with pytest.raises(ParseError):
        parse_request(request_of(certificate_id, extensions=extensions))


def test_several_certificates_are_answered_in_their_order_byte_for_byte(
    responder: Responder, ask: Callable[..., bytes]
) -> None:
    ids = [parse_request(ask(digest)).certificates[0].der for digest in ("sha1", "sha256")]

    asked = parse_request(request_of(*ids))
    body = response([SingleAnswer(one, Good(SHA256)) for one in asked.certificates], responder, None, NOW, LATER)

    answers = asn1_ocsp.OCSPResponse.load(body).response_data["responses"]
    assert [one["cert_id"].dump() for one in answers] == ids


def test_the_signature_of_a_signed_request_is_not_looked_at(ask: Callable[..., bytes]) -> None:
    certificate_id = parse_request(ask()).certificates[0].der
    signature = der.explicit(0, der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b"nonsense")))

    assert parse_request(request_of(certificate_id, signature=signature)).certificates[0].der == certificate_id


PARAMETERS = {"absent": b"", "null": der.tlv(der.NULL), "a sequence": der.sequence(der.integer(256))}


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_an_unknown_digest_is_read_and_left_to_the_responder(parameters: bytes) -> None:
    hashed = der.octet_string(b"a"), der.octet_string(b"b")
    strange = der.sequence(der.sequence(der.oid("1.2.3.4"), parameters), *hashed, der.integer(5))

    assert parse_request(request_of(strange)).certificates[0].digest is None


@pytest.mark.parametrize("digest", ["1.2.3.4", "1.3.14.3.2.26"])
@pytest.mark.parametrize("parameters", [der.integer(7) * 2, der.tlv(der.NULL) * 2], ids=["two numbers", "two nulls"])
def test_a_digest_with_two_parameters_is_malformed(digest: str, parameters: bytes) -> None:
    hashed = der.octet_string(b"n" * 20), der.octet_string(b"k" * 20)
    strange = der.sequence(der.sequence(der.oid(digest), parameters), *hashed, der.integer(5))

    with pytest.raises(ParseError):
        parse_request(request_of(strange))


CERT_ID = der.sequence(
    der.sequence(der.oid("1.3.14.3.2.26"), der.tlv(der.NULL)),
    der.octet_string(b"n" * 20), der.octet_string(b"k" * 20), der.integer(5),
)  # fmt: skip


def versioned(*version: bytes) -> bytes:
    """A request that says its version."""
    return der.sequence(der.sequence(der.explicit(0, *version), der.sequence(der.sequence(CERT_ID))))


def test_a_request_that_says_that_it_is_of_version_1_is_read() -> None:
    assert parse_request(versioned(der.integer(0))).certificates[0].der == CERT_ID


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"GET / HTTP/1.1",
        b"\x30\x80" + CERT_ID + b"\0\0",
        request_of(),
        request_of(CERT_ID) + b"\0",
        request_of(CERT_ID)[:-1],
        request_of(der.sequence(b"")),
        request_of(CERT_ID.replace(b"n" * 20, b"n" * 19 + b"\x04\x00", 1)),
        request_of(CERT_ID, extensions=der.sequence(der.oid("1.2.3"), der.boolean(True), der.octet_string(b""))),
        versioned(der.integer(1)),
        versioned(der.integer(0), der.integer(5)),
        request_of(*[CERT_ID] * 100),
    ],
    ids=[
        "nothing", "text", "indefinite length", "no certificates", "trailing octet", "cut off", "empty CertID",
        "hash of another length", "critical extension", "version 2", "more than a version", "oversize",
    ],
)  # fmt: skip
def test_broken_requests_are_refused(broken: bytes) -> None:
    with pytest.raises(ParseError):
        parse_request(broken)


@given(st.binary(max_size=200))
def test_whatever_octets_come_only_parse_errors_are_raised(octets: bytes) -> None:
    with pytest.raises(ParseError):
        parse_request(octets)


@given(st.integers(0, len(request_of(CERT_ID)) - 1), st.integers(0, 255))
def test_a_flipped_octet_is_read_or_refused_but_never_breaks(place: int, octet: int) -> None:
    request = bytearray(request_of(CERT_ID))
    request[place] = octet

    outcome = _outcome(bytes(request))

    assert outcome in {"read", "refused"}


def _outcome(request: bytes) -> str:
    try:
        parse_request(request)
    except ParseError:
        return "refused"
    return "read"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal.MALFORMED_REQUEST, reader.OCSPResponseStatus.MALFORMED_REQUEST),
        (Refusal.INTERNAL_ERROR, reader.OCSPResponseStatus.INTERNAL_ERROR),
        (Refusal.TRY_LATER, reader.OCSPResponseStatus.TRY_LATER),
        (Refusal.UNAUTHORIZED, reader.OCSPResponseStatus.UNAUTHORIZED),
    ],
)
def test_refusals_are_five_octets_that_others_read(refusal: Refusal, status: reader.OCSPResponseStatus) -> None:
    assert reader.load_der_ocsp_response(refusal.der).response_status is status
    assert len(refusal.der) == 5


def test_the_responder_is_named_by_its_key_and_brings_its_certificate(
    responder: Responder, ask: Callable[..., bytes]
) -> None:
    read = reader.load_der_ocsp_response(answered(responder, ask(), Good(SHA256)))

    identifier = x509.SubjectKeyIdentifier.from_public_key(read.certificates[0].public_key())
    assert read.responder_key_hash == identifier.digest
    assert sha256(der_of(read.certificates[0])).digest() == sha256(responder.certificate or b"").digest()


@pytest.mark.parametrize("status", [Good(SHA256), Revoked(NOW, "superseded"), Held(NOW), NeverIssued()])
def test_pkilint_finds_nothing_in_our_answers(
    responder: Responder, ask: Callable[..., bytes], tmp_path: Path, status: Good | Revoked | Held | NeverIssued
) -> None:
    answer = tmp_path / "answer.der"
    answer.write_bytes(answered(responder, ask(nonce=b"n" * 16), status))

    linter = Path(sys.executable).parent / "lint_ocsp_response"
    found = subprocess.run([linter, "lint", "-s", "NOTICE", answer], capture_output=True, text=True, check=False)

    assert (found.stdout.strip(), found.stderr, found.returncode) == ("", "", 0)
