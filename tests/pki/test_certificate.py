"""Certificates made, and read back by us, by cryptography and by OpenSSL."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import example, given
from hypothesis import strategies as st

from ca.profiles import PROFILES
from pki import certificate, der, oids
from pki.certificate import parse_certificate
from pki.errors import ParseError, PkiError
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape
from pki.reading import Policy
from pki.signing import SignatureAlgorithm
from tests.doubles import START, SteadyChance
from tests.pki.making import (
    CHANCE,
    ISSUER,
    ISSUER_DER,
    ISSUER_VIEW,
    PERSON,
    ROOT_DER,
    SERVICE,
    SUBJECT,
    UNTIL,
    URL,
    Draft,
    signed,
)

OFFICER = signed(Draft().tbs(), ISSUER)
TLS = signed(Draft(profile=PROFILES["tls-server"], subject=SERVICE, names=("localhost", "127.0.0.1")).tbs(), ISSUER)


def test_the_maker_writes_what_the_parts_say() -> None:
    made = certificate.tbs(
        PROFILES["officer-signing"], ISSUER_VIEW, PERSON, SUBJECT.public_key, Draft.serial, START, UNTIL
    )

    assert made == Draft().tbs()


def test_what_is_made_is_read_back() -> None:
    read = parse_certificate(OFFICER)

    assert (read.version, read.serial, read.subject, read.spki) == (3, Draft.serial, PERSON, SUBJECT.public_key)
    assert (read.issuer, read.not_before, read.not_after) == (ISSUER_VIEW.subject, START, UNTIL)
    assert read.key_usages == {KeyUsage.CONTENT_COMMITMENT}
    assert read.extended_key_usages == (oids.EKU_DOCUMENT_SIGNING,)
    assert read.policies == (Policy(f"{oids.PRACTICE_ARC}.2", (f"{URL}/cps",)),)
    assert read.ocsp_urls == ("http://127.0.0.1:8441/",)
    assert read.issuer_urls == (f"{URL}/issuer/officers-1.cer",)
    assert read.crl_urls == (f"{URL}/crl/officers-1.crl",)
    assert read.authority_key_identifier == parse_certificate(ISSUER_DER).subject_key_identifier
    assert (read.is_ca, read.path_length) == (False, None)
    assert read.sha256 == sha256(OFFICER).hexdigest()
    assert read.tbs == Draft().tbs()


def test_alternative_names_are_read_back() -> None:
    assert parse_certificate(TLS).alternative_names == ("localhost", "127.0.0.1")


def test_issuers_are_read_back_as_authorities() -> None:
    read = parse_certificate(ISSUER_DER)

    assert (read.is_ca, read.path_length) == (True, 0)
    assert read.key_usages == {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}


def test_another_implementation_reads_the_same() -> None:
    ours, theirs = parse_certificate(OFFICER), x509.load_der_x509_certificate(OFFICER)

    assert theirs.serial_number == ours.serial
    assert theirs.subject.public_bytes() == ours.subject
    assert (theirs.not_valid_before_utc, theirs.not_valid_after_utc) == (ours.not_before, ours.not_after)
    assert theirs.tbs_certificate_bytes == ours.tbs
    assert theirs.signature == ours.signature
    assert [e.oid.dotted_string for e in theirs.extensions] == [e.oid for e in ours.extensions]
    assert [e.critical for e in theirs.extensions] == [e.critical for e in ours.extensions]
    usage = theirs.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ObjectIdentifier(oids.EKU_DOCUMENT_SIGNING)]
    assert ExtendedKeyUsageOID.CLIENT_AUTH not in usage
    theirs.verify_directly_issued_by(x509.load_der_x509_certificate(ISSUER_DER))


def run(folder: Path, command: str) -> str:
    return subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=True).stdout


def test_openssl_reads_and_verifies_the_chain(tmp_path: Path) -> None:
    for name, encoded in (("root", ROOT_DER), ("issuer", ISSUER_DER), ("leaf", OFFICER)):
        (tmp_path / f"{name}.pem").write_bytes(x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM))
    at = int((START + timedelta(days=1)).timestamp())
    options = f"-x509_strict -attime {at} -CAfile root.pem -untrusted issuer.pem"
    verified = run(tmp_path, f"openssl verify {options} leaf.pem")
    text = run(tmp_path, "openssl x509 -in leaf.pem -noout -text")

    assert verified == "leaf.pem: OK\n"
    assert "X509v3 Key Usage: critical\n                Non Repudiation\n" in text
    assert "serialNumber = EG:LA-10000017" in text


def test_the_assembled_certificate_holds_the_linted_bytes_unchanged() -> None:
    tbs = Draft().tbs()

    assert parse_certificate(certificate.assemble(tbs, ISSUER.algorithm, b"signature")).tbs == tbs


def test_pem_files_with_several_certificates_are_read_in_order() -> None:
    pem = b"".join(x509.load_der_x509_certificate(c).public_bytes(Encoding.PEM) for c in (OFFICER, ISSUER_DER))

    assert [found.der for found in certificate.certificates_from_pem(pem)] == [OFFICER, ISSUER_DER]


@pytest.mark.parametrize("pem", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"])
def test_pem_files_without_a_certificate_are_refused(pem: bytes) -> None:
    with pytest.raises(ParseError):
        certificate.certificates_from_pem(pem)


def test_serial_numbers_are_unique_positive_and_under_2_to_the_159() -> None:
    chance = SteadyChance()
    numbers = [certificate.serial_number(dense, chance(12)) for dense in range(1, 10_001)]

    assert len(set(numbers)) == 10_000
    assert all(0 < number < 1 << 159 for number in numbers)
    assert [certificate.dense_number(number) for number in numbers] == list(range(1, 10_001))


def test_serial_numbers_are_unique_whatever_chance_gives() -> None:
    same = [certificate.serial_number(dense, bytes(12)) for dense in range(1, 1001)]

    assert len(set(same)) == 1000


def test_the_last_dense_number_still_fits() -> None:
    assert certificate.serial_number((1 << 39) - 1, b"\xff" * 12) < 1 << 159


@pytest.mark.parametrize(("dense", "chance"), [(0, CHANCE), (-1, CHANCE), (1 << 39, CHANCE), (1, CHANCE[1:])])
def test_serial_numbers_of_other_parts_are_not_made(dense: int, chance: bytes) -> None:
    with pytest.raises(ValueError, match="serial number"):
        certificate.serial_number(dense, chance)


@pytest.mark.parametrize("serial", [0, 1, -1, (1 << 96) - 1, 1 << 159])
def test_serial_numbers_that_cannot_be_ours_are_told(serial: int) -> None:
    with pytest.raises(PkiError):
        certificate.dense_number(serial)


BROKEN = {
    "cut": OFFICER[:-1],
    "longer": OFFICER + b"\x00",
    "two algorithms": OFFICER.replace(der.oid(oids.ECDSA_WITH_SHA256), der.oid(oids.ECDSA_WITH_SHA384), 1),
    "twice the same extension": signed(Draft(extensions=der.sequence(
        *[der.sequence(der.oid(oids.OCSP_NO_CHECK), der.octet_string(b"\x05\x00"))] * 2)).tbs(), ISSUER),
    "a default written out": signed(Draft(extensions=der.sequence(der.sequence(
        der.oid(oids.OCSP_NO_CHECK), b"\x01\x01\x00", der.octet_string(b"\x05\x00")))).tbs(), ISSUER),
    "too large": der.sequence(bytes(70_000)),
}  # fmt: skip


@pytest.mark.parametrize("encoded", BROKEN.values(), ids=BROKEN)
def test_broken_certificates_are_refused(encoded: bytes) -> None:
    with pytest.raises(ParseError):
        parse_certificate(encoded)


@given(st.integers(min_value=0, max_value=len(TLS) - 1), st.integers(min_value=1, max_value=255))
@example(place=4, change=0x80)
def test_a_changed_octet_is_read_or_refused_but_never_breaks(place: int, change: int) -> None:
    assert _outcome(TLS[:place] + bytes((TLS[place] ^ change,)) + TLS[place + 1 :])


@given(st.binary(max_size=300))
def test_whatever_octets_come_only_parse_errors_are_raised(octets: bytes) -> None:
    assert _outcome(octets)


READINGS: tuple[Callable[[certificate.ParsedCertificate], object], ...] = (
    lambda read: read.key_usages, lambda read: read.extended_key_usages, lambda read: read.policies,
    lambda read: read.ocsp_urls, lambda read: read.issuer_urls, lambda read: read.crl_urls, lambda read: read.is_ca,
    lambda read: read.subject_key_identifier, lambda read: read.authority_key_identifier, lambda read: read.path_length,
    lambda read: read.alternative_names,
)  # fmt: skip


def _outcome(octets: bytes) -> str:
    try:
        read = parse_certificate(octets)
        return repr([reading(read) for reading in READINGS])
    except ParseError:
        return "refused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"key_usages": ()},
        {"is_ca": True},
        {"path_length": 0},
        {"confined": True},
        {"ocsp_no_check": True},
        {"self_signed": True},
        {"any_policy": True},
        {"listed_policies": (2,)},
        {"claim": Claim.SEAL},
        {"claim": Claim.SIGNATURE},
        {"value_limited": True},
        {"key_algorithms": (), "key_usages_of": ((SignatureAlgorithm.ED25519, (KeyUsage.DIGITAL_SIGNATURE,)),)},
        {"longest_validity": timedelta(0)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_profile_that_contradicts_itself_cannot_be_made(wrong: dict[str, object]) -> None:
    sound = {
        "name": "x", "subject": SubjectShape.SERVICE, "key_usages": (KeyUsage.DIGITAL_SIGNATURE,),
        "longest_validity": timedelta(days=1), "policy": 1,
    }  # fmt: skip
    CertificateProfile(**sound)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="contradicts itself"):
        CertificateProfile(**(sound | wrong))  # type: ignore[arg-type]
