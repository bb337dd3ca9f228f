"""CRMF requests: the key is weighed, possession is shown over the very request, and broken octets raise."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.crmf import as_pkcs10, identifier_of, is_crmf, parse_crmf
from pki.errors import PkiError
from pki.names import service_name
from pki.request import asked_names
from tests.issuing import new_key

NAME = service_name("Ministry", "www.mtc.gov.la")
HOST = der.sequence(
    der.oid("2.5.29.17"), der.octet_string(der.sequence(der.implicit(2, b"www.mtc.gov.la")))
)
KEY = ec.generate_private_key(ec.SECP256R1())


def asked(key: ec.EllipticCurvePrivateKey = KEY, *, signed_by: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    template = der.sequence(
        der.explicit(5, NAME), der.tlv(0xA6, der.single(spki, der.SEQUENCE)), der.tlv(0xA9, HOST)
    )
    request = der.sequence(der.integer(0), template)
    signature = (signed_by or key).sign(request, ec.ECDSA(SHA256()))
    proof = der.tlv(0xA1, der.sequence(der.oid("1.2.840.10045.4.3.2")), der.bit_string(signature))
    return der.sequence(request, proof)


VALID = asked()


def test_a_request_that_its_own_key_signed_is_taken() -> None:
    request = parse_crmf(VALID)

    assert (request.subject, identifier_of(VALID), is_crmf(VALID)) == (NAME, 0, True)
    assert asked_names(as_pkcs10(VALID)) == (("www.mtc.gov.la",), "www.mtc.gov.la")


def test_a_key_that_another_signed_for_is_not_taken() -> None:
    other = new_key()
    assert isinstance(other, ec.EllipticCurvePrivateKey)

    with pytest.raises(PkiError) as fault:
        parse_crmf(asked(signed_by=other))

    assert fault.value.code == "request.possession-unproven"


@given(st.integers(0, len(VALID) - 1), st.integers(1, 255))
def test_no_octet_can_be_changed_unseen(at: int, by: int) -> None:
    changed = VALID[:at] + bytes([VALID[at] ^ by]) + VALID[at + 1 :]

    with pytest.raises(PkiError):
        parse_crmf(changed)


@given(st.binary(max_size=200))
def test_whatever_the_octets_nothing_but_a_fault_of_ours_is_raised(octets: bytes) -> None:
    with pytest.raises(PkiError):
        parse_crmf(octets)
