"""Certificates read: to-be-signed bytes and whole certificates as frozen values (RFC 5280 clause 4.1)."""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from pki import der, oids, reading
from pki.errors import ParseError
from pki.profile import KeyUsage

MOST_OCTETS = 64 * 1024
_VERSIONS = (1, 2, 3)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Extension:
    """One extension: its value is the DER inside the OCTET STRING."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True)
class ParsedTbs:
    """The facts of a TBSCertificate. Properties read extensions on demand and raise ParseError if one is broken."""

    version: int
    """3 for X.509 v3."""
    serial: int
    algorithm: bytes
    """DER AlgorithmIdentifier of the signature to come."""
    issuer: bytes
    """DER Name."""
    not_before: datetime
    not_after: datetime
    subject: bytes
    """DER Name."""
    spki: bytes
    extensions: tuple[Extension, ...]

    @cached_property
    def by_oid(self) -> dict[str, Extension]:
        """The extensions by object identifier."""
        return {extension.oid: extension for extension in self.extensions}

    def value(self, oid: str) -> bytes | None:
        """The DER value of an extension, if there is one."""
        found = self.by_oid.get(oid)
        return None if found is None else found.value

    @cached_property
    def key_usages(self) -> frozenset[KeyUsage]:
        """The key usages; none without the extension."""
        return reading.key_usages(self.value(oids.KEY_USAGE))

    @cached_property
    def extended_key_usages(self) -> tuple[str, ...]:
        """The extended key usages in order; none without the extension."""
        return reading.identifiers(self.value(oids.EXTENDED_KEY_USAGE))

    @cached_property
    def policies(self) -> tuple[reading.Policy, ...]:
        """The certificate policies, each with the addresses of its statements."""
        return reading.policies(self.value(oids.CERTIFICATE_POLICIES))

    @cached_property
    def ocsp_urls(self) -> tuple[str, ...]:
        """Where status is answered."""
        return reading.access_urls(self.value(oids.AUTHORITY_INFORMATION_ACCESS), oids.AD_OCSP)

    @cached_property
    def issuer_urls(self) -> tuple[str, ...]:
        """Where the issuer's certificate can be had."""
        return reading.access_urls(self.value(oids.AUTHORITY_INFORMATION_ACCESS), oids.AD_CA_ISSUERS)

    @cached_property
    def crl_urls(self) -> tuple[str, ...]:
        """Where the CRL can be had."""
        return reading.crl_urls(self.value(oids.CRL_DISTRIBUTION_POINTS))

    @cached_property
    def subject_key_identifier(self) -> bytes | None:
        """The key identifier of the subject's key."""
        return reading.octets(self.value(oids.SUBJECT_KEY_IDENTIFIER))

    @cached_property
    def authority_key_identifier(self) -> bytes | None:
        """The key identifier of the issuer's key."""
        return reading.authority_key_identifier(self.value(oids.AUTHORITY_KEY_IDENTIFIER))

    @cached_property
    def authority_certificate(self) -> tuple[bytes | None, int | None]:
        """The DER Name of who issued the issuer's certificate, and its serial number; None for what is not said."""
        return reading.authority_certificate(self.value(oids.AUTHORITY_KEY_IDENTIFIER))

    @cached_property
    def basic_constraints(self) -> tuple[bool, int | None]:
        """Whether it is a CA, and its path length."""
        return reading.basic_constraints(self.value(oids.BASIC_CONSTRAINTS))

    @property
    def is_ca(self) -> bool:
        """Whether the key may sign certificates by the basic constraints."""
        return self.basic_constraints[0]

    @property
    def path_length(self) -> int | None:
        """How many CAs may follow; None for no limit."""
        return self.basic_constraints[1]

    @cached_property
    def alternative_names(self) -> tuple[str, ...]:
        """DNS names, mail addresses, URIs and IP addresses of the subject, as text."""
        return reading.general_names(self.value(oids.SUBJECT_ALTERNATIVE_NAME))

    @cached_property
    def name_constraints(self) -> tuple[str, ...]:
        """The subtrees that a CA may and may not name, as text: `permitted dns gov.la`, `excluded ip ::/0`."""
        return reading.name_constraints(self.value(oids.NAME_CONSTRAINTS))

    @cached_property
    def value_limit_lak(self) -> int | None:
        """The most, in kip, that a signature under this certificate counts for; None for no limit."""
        return reading.value_limit_lak(self.value(oids.QC_STATEMENTS))


@dataclass(frozen=True)
class ParsedCertificate(ParsedTbs):
    """The facts of a certificate. Nothing is verified: the signature is bytes yet."""

    der: bytes
    tbs: bytes
    signature: bytes

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the DER, lower-case hex: the certificate's name in the ledger."""
        return sha256(self.der).hexdigest()

    @property
    def serial_hex(self) -> str:
        """The serial number in lower-case hex without leading zeros, as the ledger keeps it."""
        return f"{self.serial:x}"


def parse_tbs(tbs: bytes) -> ParsedTbs:
    """The facts of DER TBSCertificate. Raises ParseError."""
    return ParsedTbs(*_facts(der.parts(tbs)))


def parse_certificate(encoded: bytes) -> ParsedCertificate:
    """The facts of a DER certificate. Raises ParseError."""
    if len(encoded) > MOST_OCTETS:
        raise ParseError(f"A certificate has at most {MOST_OCTETS} octets.")
    tbs, algorithm, signature = _exactly(der.parts(encoded), 3)
    facts = _facts(der.children(der.content_of(tbs, der.SEQUENCE)))
    if facts[2] != algorithm.whole:
        raise ParseError("The two signature algorithms of the certificate differ (RFC 5280 clause 4.1.1.2).")
    return ParsedCertificate(*facts, encoded, tbs.whole, der.read_bits(signature))


def certificates_from_pem(pem: bytes) -> list[ParsedCertificate]:
    """The certificates of a PEM file, in its order. Raises ParseError if there is none or one is broken."""
    blocks = _PEM.findall(pem)
    if not blocks:
        raise ParseError("No PEM block CERTIFICATE.")
    try:
        return [parse_certificate(b64decode(b"".join(block.split()), validate=True)) for block in blocks]
    except (binascii.Error, ValueError):
        raise ParseError("The PEM block is not Base64.") from None


_Facts = tuple[int, int, bytes, bytes, datetime, datetime, bytes, bytes, tuple[Extension, ...]]


def _facts(fields: list[der.Element]) -> _Facts:
    version = 1
    if fields and fields[0].tag == 0xA0:
        version = der.read_integer(_exactly(der.children(fields[0].content), 1)[0]) + 1
        fields = fields[1:]
    if version not in _VERSIONS:
        raise ParseError("A certificate of no known version (RFC 5280 clause 4.1.2.1).")
    if len(fields) < 6:
        raise ParseError("A TBSCertificate has at least six fields.")
    serial, algorithm, issuer, validity, subject, spki = fields[:6]
    for element in (algorithm, issuer, subject, spki):
        der.content_of(element, der.SEQUENCE)
    begin, end = _exactly(der.children(der.content_of(validity, der.SEQUENCE)), 2)
    return (
        version, der.read_integer(serial), algorithm.whole, issuer.whole, der.read_time(begin), der.read_time(end),
        subject.whole, spki.whole, _extensions(fields[6:]),
    )


def _extensions(rest: list[der.Element]) -> tuple[Extension, ...]:
    """The extensions; the unique identifiers [1] and [2], which nobody uses, are passed over."""
    last = rest[-1] if rest else None
    if any(element.tag not in {0x81, 0x82, 0xA3} for element in rest):
        raise ParseError("A TBSCertificate with a field of no known tag.")
    if last is None or last.tag != 0xA3:
        return ()
    held = _exactly(der.children(last.content), 1)[0]
    found = tuple(map(_extension, der.children(der.content_of(held, der.SEQUENCE))))
    if not found or len({extension.oid for extension in found}) != len(found):
        raise ParseError("An extension occurs twice, or the list is empty (RFC 5280 clause 4.2).")
    return found


def _extension(element: der.Element) -> Extension:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    critical = False
    if len(fields) == 3:
        critical = der.read_boolean(fields.pop(1))
        if not critical:
            raise ParseError("DER leaves a default out (X.690 clause 11.5).")
    oid, value = _exactly(fields, 2)
    return Extension(der.read_oid(oid), critical, der.content_of(value, der.OCTET_STRING))


def _exactly(found: list[der.Element], count: int) -> list[der.Element]:
    if len(found) != count:
        raise ParseError(f"{len(found)} elements where {count} belong.")
    return found
