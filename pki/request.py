"""PKCS#10 certification requests (RFC 2986): parsed, key weighed, possession proved."""

import binascii
import re
from base64 import b64decode
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID, NameOID

from pki import der, keys, oids
from pki.errors import UNREADABLE, ParseError, PkiError, SignatureInvalid
from pki.profile import KeyUsage
from pki.signing import SignatureAlgorithm

MOST_OCTETS = 16 * 1024
"""Of the request as it came, PEM or DER."""
_MICROSOFT = "1.3.6.1.4.1.311.2.1.14"
"""Where old Windows software puts the extensions that it asks for."""
_NO_ATTRIBUTES = der.explicit(0)
_CHALLENGE = "1.2.840.113549.1.9.7"
_PEM = re.compile(
    rb"\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (NEW )?CERTIFICATE REQUEST-----\s*"
)


@dataclass(frozen=True)
class SigningRequest:
    """A certification request of an acceptable key whose holder has shown that he has its private half.

    Only `parse_request` makes one, and `pki.crmf.parse_crmf` of a CertReqMsg. Of what the request asks for nothing is
    taken but the key: the subject comes from the register, and `asks_beyond` tells whether it wants what it cannot
    have.
    """

    der: bytes
    spki: bytes
    subject: bytes
    """DER Name as asked for; for display."""
    algorithm: SignatureAlgorithm
    asks_nothing: bool = False
    """Whether it certainly has no attribute; one that may have some is read again by who wants to know."""

    @property
    def key_sha256(self) -> str:
        """The SHA-256 of the key's SubjectPublicKeyInfo, hex."""
        return keys.key_sha256(self.spki)


def parse_request(pem_or_der: bytes) -> SigningRequest:
    """The request with its key weighed and possession proved (RFC 2986, RFC 4211 clause 4.1).

    Its attributes have one value each: all that RFC 2985 clause 5.4 defines do, and others the library does not read.
    Raises ParseError (`request.malformed`, `request.too-large`), WeakKey (`pki.key-weak`) or PkiError
    (`request.possession-unproven`).
    """
    if len(pem_or_der) > MOST_OCTETS:
        raise ParseError(f"A request has at most {MOST_OCTETS} octets.", "request.too-large")
    encoded = _unwrapped(pem_or_der)
    parts = _parts(encoded)
    _check_key(parts.spki)
    request = _proved(encoded, parts)
    if not parts.asks_nothing:
        _attributes(request)
    return SigningRequest(encoded, parts.spki, parts.subject, keys.algorithm_of(parts.spki), parts.asks_nothing)


def request_information(subject: bytes, spki: bytes, extensions: bytes) -> bytes:
    """The DER CertificationRequestInfo that asks for these extensions (RFC 2986 clause 4.1, RFC 2985 clause 5.4.2).

    `extensions` are whole Extension values one after the other. Sign it and `certificate.assemble` the rest.
    """
    wanted = der.sequence(der.oid(oids.EXTENSION_REQUEST), der.tlv(der.SET, der.sequence(extensions)))
    return der.sequence(der.integer(0), subject, spki, der.explicit(0, wanted))


def _unwrapped(pem_or_der: bytes) -> bytes:
    if pem_or_der[:1] == b"\x30":
        return pem_or_der
    match = _PEM.fullmatch(pem_or_der)
    if match is None:
        raise ParseError("Neither one PEM block CERTIFICATE REQUEST nor DER.", "request.malformed")
    try:
        return b64decode(b"".join(match[2].split()), validate=True)
    except (binascii.Error, ValueError):
        raise ParseError("The PEM block is not Base64.", "request.malformed") from None


class _Parts(NamedTuple):
    """Of a CertificationRequest."""

    information: bytes
    spki: bytes
    subject: bytes
    algorithm: bytes
    signature: bytes
    asks_nothing: bool


def _parts(encoded: bytes) -> _Parts:
    try:
        information, algorithm, signature = der.parts(encoded)
        _, subject, spki, *rest = der.children(der.content_of(information, der.SEQUENCE))
        bits = der.read_bits(signature)  # one request has one form: OpenSSL would pass over unused bits
    except (ParseError, ValueError):
        raise ParseError("These bytes are not a PKCS#10 request.", "request.malformed") from None
    asks_nothing = [one.whole for one in rest] == [_NO_ATTRIBUTES]
    return _Parts(information.whole, spki.whole, subject.whole, algorithm.whole, bits, asks_nothing)


def _check_key(spki: bytes) -> None:
    try:
        keys.check_strength(spki)
    except ParseError:
        raise ParseError("The request holds no well-formed public key.", "request.malformed") from None


def _proved(encoded: bytes, parts: _Parts) -> x509.CertificateSigningRequest:
    """The request as the library reads it, its signature verified. Raises ParseError or PkiError."""
    try:
        request = x509.load_der_x509_csr(encoded)
        own = parts.algorithm == keys.algorithm_identifier(keys.algorithm_of(parts.spki))
        proved = _verifies(parts) if own else request.is_signature_valid
    except UnsupportedAlgorithm:
        proved = False
    except UNREADABLE:
        raise ParseError("These bytes are not a PKCS#10 request.", "request.malformed") from None
    if not proved:
        raise PkiError("The request's signature is not of its own key.", "request.possession-unproven")
    return request


def _verifies(parts: _Parts) -> bool:
    """By the key as it is loaded already, which half of the library's own way goes into."""
    try:
        keys.verify(parts.spki, keys.algorithm_of(parts.spki), parts.information, parts.signature)
    except SignatureInvalid:
        return False
    return True


def _attributes(request: x509.CertificateSigningRequest) -> list[x509.Attribute]:
    """The attributes of a request. Raises ParseError, where one has two values, none, or a tag of two octets."""
    try:
        return list(request.attributes)
    except UNREADABLE:
        raise ParseError("The request's attributes cannot be read.", "request.malformed") from None


def _extensions(request: x509.CertificateSigningRequest) -> x509.Extensions:
    """The extensions that a request asks for. Raises ParseError."""
    try:
        return request.extensions
    except UNREADABLE:
        raise ParseError("The request's extensions cannot be read.", "request.malformed") from None


def asked_names(encoded: bytes) -> tuple[tuple[str, ...], str | None]:
    """The host names and addresses that a parsed request asks for, each once, and its common name if it has one.

    Names of other kinds are left out: `asks_beyond` refuses them. What cannot be read asks for nothing.
    """
    request = x509.load_der_x509_csr(encoded)
    try:
        wanted = _extensions(request).get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(dict.fromkeys(_text(name) for name in wanted if isinstance(name, x509.DNSName | x509.IPAddress)))
    except (ParseError, x509.ExtensionNotFound):
        hosts = ()
    try:
        called = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        called = []
    return hosts, str(called[0].value) if len(called) == 1 else None


def asked_extension(encoded: bytes, oid: str) -> bytes | None:
    """The DER value of the extension that a parsed request asks for, if it does. Raises ParseError."""
    asked = _extensions(x509.load_der_x509_csr(encoded))
    return next((one.value.public_bytes() for one in asked if one.oid.dotted_string == oid), None)


def challenge_password(encoded: bytes) -> str | None:
    """The challengePassword (RFC 2985 clause 5.4.1) of a parsed request; None where there is none, or several.

    Raises ParseError.
    """
    found = [one for one in _attributes(x509.load_der_x509_csr(encoded)) if one.oid.dotted_string == _CHALLENGE]
    try:
        return bytes(found[0].value).decode("utf-8") if len(found) == 1 else None
    except UnicodeDecodeError:
        return None


def asks_beyond(
    encoded: bytes, usages: Collection[KeyUsage], purposes: Collection[str], names: Collection[str]
) -> str | None:
    """The dotted identifier of the first extension (RFC 2985 clause 5.4.2) by which the request wants more than this.

    None when it asks for nothing, or for nothing but these usages, purposes and alternative names, and to be no CA.
    Microsoft's attribute for extensions, and extensions that cannot be read, are always more.
    Raises ParseError for attributes that cannot be read.
    """
    request = x509.load_der_x509_csr(encoded)
    if any(attribute.oid.dotted_string == _MICROSOFT for attribute in _attributes(request)):
        return _MICROSOFT
    try:
        wanted = list(_extensions(request))
    except ParseError:
        return str(ExtensionOID.BASIC_CONSTRAINTS.dotted_string)
    for extension in wanted:
        if not _within(extension.value, usages, purposes, names):
            return str(extension.oid.dotted_string)
    return None


def _within(
    value: x509.ExtensionType, usages: Collection[KeyUsage], purposes: Collection[str], names: Collection[str]
) -> bool:
    match value:
        case x509.BasicConstraints():
            return not value.ca
        case x509.KeyUsage():
            return _usages(value) <= set(usages)
        case x509.ExtendedKeyUsage():
            return {purpose.dotted_string for purpose in value} <= set(purposes)
        case x509.SubjectAlternativeName():
            return {_asked(name) for name in value} <= set(names)
        case x509.SubjectKeyIdentifier():
            return True
        case _:
            return False


def _usages(value: x509.KeyUsage) -> set[KeyUsage]:
    only = (value.encipher_only, value.decipher_only) if value.key_agreement else (False, False)
    bits = (
        value.digital_signature, value.content_commitment, value.key_encipherment, value.data_encipherment,
        value.key_agreement, value.key_cert_sign, value.crl_sign, *only,
    )  # fmt: skip
    return {KeyUsage(number) for number, bit in enumerate(bits) if bit}


def _asked(name: x509.GeneralName) -> str:
    """As a certificate would have it: of a host name the case means nothing (RFC 4343)."""
    return name.value.lower() if isinstance(name, x509.DNSName) else _text(name)


def _text(name: x509.GeneralName) -> str:
    """Of a host name, address or mail address its text; of any other kind something that nobody was allowed."""
    return str(name.value) if isinstance(name, x509.DNSName | x509.IPAddress | x509.RFC822Name) else repr(name)
