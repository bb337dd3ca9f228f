"""Weak keys and broken requests: each is refused by its own code, with one entry, and stops no other request."""

import json
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from ca.registration.enrolment import submit_many
from ca.tables.registration import Enrolment
from ledger.decision import Refuse
from ledger.entry import Entry
from tests.ca.conftest import FIRST, TEST, PracticeCa, request_for
from tests.issuing import PracticeIssuer, new_key

MALFORMED, UNPROVEN, WEAK = (
    "enrolment.request-malformed", "enrolment.proof-of-possession", "enrolment.key-weak",
)  # fmt: skip


def signed(key: Any, encoding: Encoding = Encoding.DER) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, SHA256()).public_bytes(encoding)


def changed(request: bytes, place: int) -> bytes:
    """The request with one bit turned."""
    copy = bytearray(request)
    copy[place] ^= 1
    return bytes(copy)


def of_another_key() -> bytes:
    """A request whose key is not the one that signed it: a stranger's key in a place of the same length."""
    mine, theirs = new_key(), new_key()
    points = [key.public_key().public_bytes(Encoding.X962, POINT) for key in (mine, theirs)]
    return request_for(mine).replace(points[0], points[1])


POINT = PublicFormat.UncompressedPoint
GOOD = request_for(new_key())
PEM = signed(new_key(), encoding=Encoding.PEM)
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b" ", MALFORMED),
    "no ASN.1": (lambda: b"not a request", MALFORMED),
    "an empty sequence": (lambda: b"\x30\x00", MALFORMED),
    "cut short": (lambda: GOOD[:-1], MALFORMED),
    "an octet too many": (lambda: GOOD + b"\x00", MALFORMED),
    "a length beyond its end": (lambda: changed(GOOD, 2), MALFORMED),
    "64 KiB of it": (lambda: GOOD + bytes(65536), MALFORMED),
    "a certificate": (lambda: PracticeIssuer().der, MALFORMED),
    "two PEM blocks": (lambda: PEM + PEM, MALFORMED),
    "PEM that is no Base64": (lambda: PEM.replace(b"M", b"*", 1), MALFORMED),
    "PEM of something else": (lambda: PEM.replace(b"CERTIFICATE REQUEST", b"CERTIFICATE"), MALFORMED),
    "a broken signature": (lambda: changed(GOOD, -1), UNPROVEN),
    "another's key": (of_another_key, UNPROVEN),
    "RSA of 2048 bits": (lambda: signed(rsa.generate_private_key(65537, 2048)), WEAK),
    "RSA with exponent 3": (lambda: signed(rsa.generate_private_key(3, 3072)), WEAK),
    "P-192": (lambda: signed(ec.generate_private_key(ec.SECP192R1())), WEAK),
    "P-224": (lambda: signed(ec.generate_private_key(ec.SECP224R1())), WEAK),
    "secp256k1": (lambda: signed(ec.generate_private_key(ec.SECP256K1())), WEAK),
    "DSA": (lambda: signed(dsa.generate_private_key(2048)), WEAK),
}


def test_each_bad_request_is_refused_by_its_code_with_one_entry_and_the_good_one_is_taken(ca: PracticeCa) -> None:
    requests = [made() for made, _ in BAD.values()]
    applications = [ca.application(FIRST, request=one) for one in (*requests, GOOD)]

    *refused, taken = submit_many(ca.ledger, ca.fields, applications, TEST)

    assert dict(zip(BAD, refused, strict=True)) == {name: Refuse(code) for name, (_, code) in BAD.items()}
    with ca.ledger.read() as session:
        codes = sorted(entry["code"] for entry in entries(session))
        assert session.scalars(select(Enrolment.id)).all() == [taken]
    assert codes == sorted(code for _, code in BAD.values())


def entries(session: Any) -> list[dict[str, Any]]:
    """The bodies of the refusals."""
    found = session.scalars(select(Entry.body).where(Entry.kind == "enrolment.refused"))
    return [json.loads(body) for body in found]
