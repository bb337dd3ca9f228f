"""A small authority made with the `cryptography` library: root, two issuers, a signer, a time-stamp unit, OCSP.

It shares no code with our own CA, so that reading signatures is judged by bytes that others made.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pki import timestamp
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from validation.pades.making import Services, SigningIdentity, sign_pdf
from validation.pades.reading import Authority, Finding, read_signatures

_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
_OCSP_URL = "http://ocsp.test/"
_TSA_URL = "http://tsa.test/"


class OpenKey:
    """A Signer over a fresh P-256 key."""

    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(SHA256()))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "LA"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass
class SmallAuthority:
    """The authority, its moment, and what it revoked."""

    clock: TurnedClock
    keys: dict[str, OpenKey] = field(default_factory=dict)
    certificates: dict[str, x509.Certificate] = field(default_factory=dict)
    revoked: dict[int, datetime] = field(default_factory=dict)
    answering: bool = True
    asked: list[bytes] = field(default_factory=list)
    """The OCSP requests that came in."""
    serial: int = 0

    def __post_init__(self) -> None:
        for issuer, under in (("root", "root"), ("officers", "root"), ("services", "root")):
            self._certify(issuer, under, ["key_cert_sign", "crl_sign"], authority=True)
        self._certify("signer", "officers", ["content_commitment"])
        self._certify("login", "officers", ["digital_signature"])
        self._certify("stamps", "services", ["digital_signature"], purpose=ExtendedKeyUsageOID.TIME_STAMPING)

    def der(self, name: str) -> bytes:
        return self.certificates[name].public_bytes(Encoding.DER)

    def sign(self, document: bytes, who: str = "signer", **options: Any) -> bytes:
        issuers = [self.der(name) for name in ("officers", "services", "root")]
        identity = SigningIdentity(self.keys[who], self.der(who), issuers)
        return sign_pdf(document, identity, Services(_TSA_URL, self.post), self.clock.now(), **options)

    def read(self, document: bytes) -> list[Finding]:
        return read_signatures(document, self.authority, self.post, self.clock.now())

    def revoke(self, name: str) -> None:
        self.revoked[self.certificates[name].serial_number] = self.clock.now()

    @cached_property
    def authority(self) -> Authority:
        known = {sha256(self.der(name)).hexdigest() for name in self.certificates}
        issuers = [self.der(name) for name in ("root", "officers", "services")]
        return Authority([self.der("root")], issuers, known.__contains__)

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        if not self.answering:
            raise ConnectionError(url)
        return self._stamp(body) if content_type == "application/timestamp-query" else self._status(body)

    def _stamp(self, body: bytes) -> bytes:
        self.serial += 1
        query = timestamp.parse_query(body)
        content = timestamp.token_content(query, "1.3.6.1.4.1.99999.1", self.serial, self.clock.now())
        unit = timestamp.TimeStampUnit(self.keys["stamps"], self.der("stamps"), ())
        return timestamp.response(timestamp.token(content, unit, certificates=True))

    def serial_numbers_asked(self) -> set[int]:
        return {ocsp.load_der_ocsp_request(body).serial_number for body in self.asked}

    def _status(self, body: bytes) -> bytes:
        self.asked.append(body)
        question = ocsp.load_der_ocsp_request(body)
        (name,) = [n for n, c in self.certificates.items() if c.serial_number == question.serial_number]
        certificate, now = self.certificates[name], self.clock.now().replace(microsecond=0)
        issuer = str(certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        at = self.revoked.get(certificate.serial_number)
        status = ocsp.OCSPCertStatus.REVOKED if at else ocsp.OCSPCertStatus.GOOD
        reason = x509.ReasonFlags.key_compromise if at else None
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate, self.certificates[issuer], SHA256(), status, now, now + timedelta(hours=1), at, reason
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificates[issuer])
        return builder.sign(self.keys[issuer].private, SHA256()).public_bytes(Encoding.DER)

    def _certify(
        self, name: str, under: str, usages: list[str], *, authority: bool = False, purpose: Any = None
    ) -> None:
        self.serial += 1
        key = self.keys.setdefault(name, OpenKey())
        now = self.clock.now()
        builder = (
            x509.CertificateBuilder(_name(under), _name(name), key.private.public_key(), self.serial)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=300))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**{usage: usage in usages for usage in _USAGES}), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.private.public_key()), critical=False)
        )
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        if name != "root":
            url = x509.UniformResourceIdentifier(_OCSP_URL)
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        self.certificates[name] = builder.sign(self.keys[under].private, SHA256())
