"""PKCS#10 requests by other hands: taken when key and possession are proved, refused with a clear code."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from pki import der, keys
from pki.errors import PkiError
from pki.request import MOST_OCTETS, parse_request
from pki.signing import SignatureAlgorithm
from tests.issuing import new_key

KEY = new_key()
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ສົມພອນ")])


def request_of(key, encoding: Encoding = Encoding.DER) -> bytes:  # type: ignore[no-untyped-def]
    digest = SHA256() if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey) else None
    return x509.CertificateSigningRequestBuilder().subject_name(SUBJECT).sign(key, digest).public_bytes(encoding)


SOUND = request_of(KEY)


def code_of(octets: bytes) -> str:
    try:
        return parse_request(octets).key_sha256
    except PkiError as fault:
        return fault.code


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_a_sound_request_gives_its_key(algorithm: SignatureAlgorithm) -> None:
    key = new_key(algorithm)

    request = parse_request(request_of(key))

    assert request.spki == key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert request.subject == SUBJECT.public_bytes()
    assert request.algorithm is algorithm
    assert request.key_sha256 == keys.key_sha256(request.spki)


def test_pem_and_der_are_the_same_request() -> None:
    pem = x509.load_der_x509_csr(SOUND).public_bytes(Encoding.PEM)

    assert parse_request(pem) == parse_request(SOUND)


def test_openssls_own_request_is_taken(tmp_path: Path) -> None:
    command = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -subj /CN=x -out r.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)

    request = parse_request((tmp_path / "r.pem").read_bytes())

    assert request.algorithm is SignatureAlgorithm.ECDSA_P256_SHA256


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048), rsa.generate_private_key(3, 3072), ec.generate_private_key(ec.SECP521R1()),
     dsa.generate_private_key(2048)],
    ids=["RSA 2048", "e = 3", "P-521", "DSA"],
)  # fmt: skip
def test_weak_keys_are_refused(key) -> None:  # type: ignore[no-untyped-def]
    assert code_of(request_of(key)) == "pki.key-weak"


def test_p192_by_openssl_is_weak(tmp_path: Path) -> None:
    command = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-192 -nodes -keyout k.pem -subj /CN=x -out r.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)

    assert code_of((tmp_path / "r.pem").read_bytes()) == "pki.key-weak"


def test_another_keys_signature_proves_nothing() -> None:
    information = der.parts(SOUND)[0].whole
    algorithm, signature = (part.whole for part in der.parts(request_of(new_key()))[1:])

    assert code_of(der.sequence(information, algorithm, signature)) == "request.possession-unproven"


def test_another_key_put_into_a_signed_request_proves_nothing() -> None:
    other = new_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert code_of(SOUND.replace(own, other)) == "request.possession-unproven"


def test_a_request_over_the_bound_is_refused_unread() -> None:
    assert code_of(b"\x30" * (MOST_OCTETS + 1)) == "request.too-large"


@pytest.mark.timeout(60)  # Where each space is looked at with all that follow, it takes minutes.
def test_a_request_of_nothing_but_spaces_is_refused_at_once() -> None:
    code = code_of((b"-----BEGIN CERTIFICATE REQUEST-----" + b" " * MOST_OCTETS)[:MOST_OCTETS])

    assert code == "request.malformed"


def test_a_request_of_a_version_that_does_not_exist_is_malformed() -> None:
    assert code_of(SOUND.replace(der.integer(0), der.integer(1), 1)) == "request.malformed"


def test_a_signature_with_sha1_proves_nothing(tmp_path: Path) -> None:
    command = "openssl req -new -newkey rsa:3072 -nodes -keyout a.key -sha1 -subj /CN=x -outform DER -out a.csr"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)

    assert code_of((tmp_path / "a.csr").read_bytes()) == "request.possession-unproven"


PEM = x509.load_der_x509_csr(SOUND).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    "octets",
    [b"", b"0", SOUND[:-1], SOUND + b"\x00", PEM + PEM, PEM.replace(b"REQUEST", b"CERTIFICATE"), b"words " + PEM,
     PEM.replace(b"M", b"=", 1), der.sequence()],
    ids=["empty", "one octet", "cut", "longer", "two blocks", "another block", "words before", "no Base64", "nothing"],
)  # fmt: skip
def test_what_is_no_request_is_malformed(octets: bytes) -> None:
    assert code_of(octets) == "request.malformed"


@given(st.binary(max_size=200))
@example(b"\x30\x80")
def test_whatever_octets_come_only_our_errors_are_raised(octets: bytes) -> None:
    assert code_of(octets)


@given(st.integers(min_value=0, max_value=len(SOUND) - 1), st.integers(min_value=1, max_value=255))
def test_no_changed_octet_leaves_a_request_sound(place: int, change: int) -> None:
    changed = SOUND[:place] + bytes((SOUND[place] ^ change,)) + SOUND[place + 1 :]

    assert code_of(changed) in {"request.malformed", "request.possession-unproven", "pki.key-weak"}
