from datetime import UTC, datetime
from hashlib import new, sha256

import pytest
from asn1crypto import algos, tsp
from asn1crypto.x509 import Certificate as Asn1Certificate
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.sign.timestamps.common_utils import extract_ts_certs, handle_tsp_response
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pki import der
from pki.errors import ParseError, PkiError, Unsupported
from pki.keys import verify
from pki.signing import SignatureAlgorithm
from pki.timestamp import Failure, TimeStampUnit, parse_query, rejection, response, token, token_content
from tests.issuing import KeySigner, PracticeIssuer, new_key
from tests.issuing import der as der_of

AT = datetime(2026, 11, 24, 2, 0, 7, 999_999, tzinfo=UTC)
POLICY = "1.2.3.4"
SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}


def query_of(
    digest: str = "sha256",
    hashed: bytes | None = None,
    nonce: int | None = 77,
    certificates: bool = True,
    **more: object,
) -> bytes:
    return bytes(
        tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
                    "hashed_message": b"h" * SIZES[digest] if hashed is None else hashed,
                },
                "cert_req": certificates,
                **({} if nonce is None else {"nonce": nonce}),
                **more,
            }
        ).dump()
    )


def unit_of(algorithm: SignatureAlgorithm = SignatureAlgorithm.ECDSA_P256_SHA256) -> TimeStampUnit:
    signer, issuer = KeySigner(new_key(algorithm)), PracticeIssuer("Practice services")
    return TimeStampUnit(signer, der_of(issuer.time_stamp_unit(signer, 9)), (issuer.der,))


def stamped(query: bytes, unit: TimeStampUnit, serial_number: int = 5) -> tsp.TimeStampResp:
    asked = parse_query(query)
    content = token_content(asked, POLICY, serial_number, AT)
    return tsp.TimeStampResp.load(response(token(content, unit, certificates=asked.certificates_wanted)), strict=True)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_the_token_says_what_was_stamped_when_and_under_which_policy(digest: str) -> None:
    granted = stamped(query_of(digest), unit_of())

    info = granted["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert granted["status"]["status"].native == "granted"
    assert info["message_imprint"].native["hashed_message"] == b"h" * SIZES[digest]
    assert info["gen_time"].native == AT.replace(microsecond=0)
    assert (info["policy"].native, info["serial_number"].native, info["nonce"].native) == (POLICY, 5, 77)
    assert info["accuracy"]["seconds"].native == 1


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_the_signature_is_over_the_attributes_that_commit_to_the_token(algorithm: SignatureAlgorithm) -> None:
    unit = unit_of(algorithm)

    signed = stamped(query_of(), unit)["time_stamp_token"]["content"]

    signer_info = signed["signer_infos"][0]
    attributes = {one["type"].native: one["values"][0] for one in signer_info["signed_attrs"]}
    digest = signer_info["digest_algorithm"]["algorithm"].native
    content = signed["encap_content_info"]["content"].contents
    verify(
        unit.signer.public_key, algorithm, signer_info["signed_attrs"].untag().dump(), signer_info["signature"].native
    )
    assert attributes["message_digest"].native == new(digest, content).digest()
    assert attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native == sha256(unit.certificate).digest()


def test_pyhanko_takes_the_answer_for_its_own_query() -> None:
    unit = unit_of()

    read = handle_tsp_response(stamped(query_of(nonce=123), unit), nonce=None)

    signers = list(extract_ts_certs(read, SimpleCertificateStore.from_certs([])))  # type: ignore[no-untyped-call]
    assert [one.dump() for one in signers] == [unit.certificate]


def test_certificates_are_sent_only_to_those_who_want_them() -> None:
    unit = unit_of()

    without = stamped(query_of(certificates=False), unit)["time_stamp_token"]["content"]["certificates"]
    with_them = stamped(query_of(certificates=True), unit)["time_stamp_token"]["content"]["certificates"]

    assert without.native is None
    assert {one.chosen.dump() for one in with_them} == {unit.certificate, *unit.chain}


def test_a_query_without_nonce_gets_a_token_without_one() -> None:
    content = stamped(query_of(nonce=None), unit_of())["time_stamp_token"]["content"]

    assert content["encap_content_info"]["content"].parsed["nonce"].native is None


def test_the_signer_is_named_by_issuer_and_serial_number() -> None:
    unit = unit_of()

    named = stamped(query_of(), unit)["time_stamp_token"]["content"]["signer_infos"][0]["sid"].chosen

    certificate = Asn1Certificate.load(unit.certificate)
    assert named["issuer"] == certificate.issuer
    assert named["serial_number"].native == 9


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        (query_of("sha1"), Failure.BAD_ALGORITHM),
        (query_of().replace(bytes.fromhex("0609608648016503040201"), bytes.fromhex("060960864801650304020f")),
         Failure.BAD_ALGORITHM),
        (query_of(hashed=b"short"), Failure.BAD_DATA),
        (query_of(extensions=[{"extn_id": "1.2.3", "extn_value": b"\x05\x00"}]), Failure.UNACCEPTED_EXTENSION),
        (query_of()[:-1], Failure.BAD_REQUEST),
        (query_of() + b"\0", Failure.BAD_REQUEST),
        (b"", Failure.BAD_REQUEST),
        (b"<html>", Failure.BAD_REQUEST),
        (query_of(nonce=1 << (8 * 5000)), Failure.BAD_REQUEST),
        (query_of().replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), Failure.BAD_REQUEST),
    ],
    ids=["sha1", "unknown", "length", "extension", "cut off", "trailing", "empty", "text", "huge", "version 2"],
)  # fmt: skip
def test_each_bad_query_has_its_failure(query: bytes, failure: Failure) -> None:
    with pytest.raises((ParseError, Unsupported)) as refused:
        parse_query(query)

    assert refused.value.code == failure.code


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (Failure.BAD_ALGORITHM, "bad_alg"), (Failure.BAD_REQUEST, "bad_request"),
        (Failure.BAD_DATA, "bad_data_format"), (Failure.TIME_NOT_AVAILABLE, "time_not_available"),
        (Failure.UNACCEPTED_POLICY, "unaccepted_policy"), (Failure.UNACCEPTED_EXTENSION, "unaccepted_extensions"),
        (Failure.SYSTEM_FAILURE, "system_failure"),
    ],
)  # fmt: skip
def test_a_rejection_names_its_failure_bit(failure: Failure, word: str) -> None:
    # asn1crypto cannot read a TimeStampResp without a token, so its status is read alone.
    (status,) = der.parts(rejection(failure))

    read = tsp.PKIStatusInfo.load(status.whole, strict=True)
    assert read["status"].native == "rejection"
    assert read["fail_info"].native == {word}
    assert read["status_string"].native == [failure.sentence]


@given(st.binary(max_size=120))
def test_whatever_octets_come_only_our_errors_are_raised(octets: bytes) -> None:
    with pytest.raises(PkiError):
        parse_query(octets)


def test_the_attributes_are_in_the_order_of_der() -> None:
    signer_info = stamped(query_of(), unit_of())["time_stamp_token"]["content"]["signer_infos"][0]

    encoded = [one.dump() for one in signer_info["signed_attrs"]]
    assert encoded == sorted(encoded)
    assert der.set_of(*encoded) == signer_info["signed_attrs"].untag().dump()
