"""Certificate revocation lists, version 2 (RFC 5280 clause 5): made and read, fast for a hundred thousand entries.

A list is complete or a delta, of a whole issuer or of one shard: `CrlScope` says which.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from pki import der, keys, oids
from pki.errors import ParseError
from pki.extensions import authority_key_identifier, extension, point_name
from pki.issuer import IssuerView
from pki.reading import authority_key_identifier as read_authority_key_identifier
from pki.reading import crl_urls
from pki.status import REASON_CODES

MOST_OCTETS = 64 * 1024 * 1024
_REASONS = {code: name for name, code in REASON_CODES.items()}
_VERSION_2 = der.integer(1)
_LONG = 0x80
"""Octets from which a length takes more than one (X.690 clause 8.1.3)."""
_octets = bytes.fromhex
_HEX = [f"{octet:02x}" for octet in range(_LONG)]
_NUMBERS = [(b"%02d" % number).hex() for number in range(60)]
_MINUTES = [_NUMBERS[minute // 60] + _NUMBERS[minute % 60] for minute in range(24 * 60)]
_ZULU = b"Z".hex()
"""Octets, and the parts of a Time within its day, as hexadecimal text."""
_EPOCH, _SECOND, _DAY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1), 24 * 60 * 60
_CRITICAL = {oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT}


class CrlEntry(NamedTuple):
    """One revoked or held certificate; a hold has the reason `certificateHold`."""

    serial: int
    at: datetime
    reason: str = "unspecified"
    """A name of RFC 5280 clause 5.3.1; `unspecified` is left out of the encoding."""
    invalid_since: datetime | None = None
    """When the key is known or thought to have been lost (clause 5.3.2)."""


@dataclass(frozen=True)
class CrlScope:
    """What a list covers, and which others go with it; as it is, a complete list of all that the issuer signed."""

    distribution_point: str = ""
    """The one address that this list is for, as its certificates name it (clause 5.2.5); empty covers them all."""
    base_number: int | None = None
    """Of a delta: the number of the complete list that it goes on from (clause 5.2.4)."""
    freshest: str = ""
    """Where the delta of a complete list is (clause 5.2.6)."""


WHOLE = CrlScope()


@dataclass(frozen=True)
class ParsedCrl:
    """The facts of a CertificateList. Nothing is verified: the signature is bytes yet."""

    der: bytes
    tbs: bytes
    algorithm: bytes
    """DER AlgorithmIdentifier."""
    signature: bytes
    issuer: bytes
    """DER Name."""
    this_update: datetime
    next_update: datetime
    entries: tuple[CrlEntry, ...]
    number: int
    authority_key_identifier: bytes | None
    scope: CrlScope = WHOLE

    @cached_property
    def by_serial(self) -> dict[int, CrlEntry]:
        """The entries by serial number."""
        return {entry.serial: entry for entry in self.entries}


def crl_tbs(
    issuer: IssuerView, number: int, this_update: datetime, next_update: datetime, entries: Iterable[CrlEntry],
    scope: CrlScope = WHOLE,
) -> bytes:
    """The DER TBSCertList, its entries in the order given; sign it and `certificate.assemble` the rest.

    `number` rises with each CRL of the issuer (clause 5.2.3). Raises ValueError for an unknown reason.
    """
    return tbs_of(issuer, number, this_update, next_update, b"".join(map(encoded, entries)), scope)


def tbs_of(
    issuer: IssuerView, number: int, this_update: datetime, next_update: datetime, revoked: bytes,
    scope: CrlScope = WHOLE,
) -> bytes:
    """As `crl_tbs`, from entries that are `encoded` already, one after the other."""
    return der.sequence(
        _VERSION_2, keys.algorithm_identifier(issuer.algorithm), issuer.subject,
        der.time(this_update), der.time(next_update),
        der.sequence(revoked) if revoked else b"",  # clause 5.1.2.6: absent when there is none
        der.explicit(0, der.sequence(
            authority_key_identifier(issuer.key_identifier),
            extension(oids.CRL_NUMBER, der.integer(number)),
            _scope_extensions(scope),
        )),
    )  # fmt: skip


def _scope_extensions(scope: CrlScope) -> bytes:
    found = b""
    if scope.base_number is not None:
        found += extension(oids.DELTA_CRL_INDICATOR, der.integer(scope.base_number), critical=True)
    if scope.distribution_point:
        point = der.sequence(point_name(scope.distribution_point))
        found += extension(oids.ISSUING_DISTRIBUTION_POINT, point, critical=True)
    if scope.freshest:
        found += extension(oids.FRESHEST_CRL, der.sequence(der.sequence(point_name(scope.freshest))))
    return found


def encoded(entry: CrlEntry) -> bytes:
    """The DER of one revokedCertificates element. Raises ValueError for an unknown reason."""
    own = _reason(entry.reason) if entry.invalid_since is None else _reason_and_date(entry.reason, entry.invalid_since)
    return _spliced(f"{entry.serial:x}", (entry.at - _EPOCH) // _SECOND, own)


def encoded_row(serial: str, at: int, reason: str) -> bytes:
    """As `encoded`, from what a database keeps: the serial number in lower-case hex, and whole seconds since 1970."""
    return _spliced(serial, at, _reason(reason))


def serial_of(encoded: bytes) -> int:
    """The serial number of an entry as `encoded` made it. Raises ParseError."""
    return der.read_integer(der.parts(encoded)[0])


def _spliced(serial: str, at: int, own: str) -> bytes:
    """Put together as hexadecimal text and not by `der`: this is what a long CRL takes its time for."""
    if len(serial) & 1:
        serial = "0" + serial
    elif serial[0] > "7":
        serial = "00" + serial  # of a positive number, as serial numbers are
    days, second = divmod(at, _DAY)
    content = (
        f"02{_HEX[len(serial) >> 1]}{serial}{_day(days)}{_MINUTES[second // 60]}{_NUMBERS[second % 60]}{_ZULU}{own}"
    )
    if len(content) >> 1 < _LONG:
        return _octets(f"30{_HEX[len(content) >> 1]}{content}")
    return der.sequence(_octets(content))


@lru_cache(maxsize=8192)
def _day(number: int) -> str:
    """Tag, length and date of a Time of that day after 1970-01-01, as hexadecimal text."""
    written = der.time(_EPOCH + timedelta(days=number))
    return written[: -len("HHMMSSZ")].hex()


@lru_cache(maxsize=16)
def _reason(name: str) -> str:
    """The crlEntryExtensions with the reason alone, in hexadecimal; nothing for `unspecified` (clause 5.3.1)."""
    extensions = _reason_extension(name)
    return der.sequence(extensions).hex() if extensions else ""


def _reason_extension(name: str) -> bytes:
    code = REASON_CODES.get(name)
    if code is None:
        raise ValueError(f"No such reason of revocation: {name}.")
    return extension(oids.CRL_REASON, der.enumerated(code)) if code else b""


def _reason_and_date(name: str, invalid_since: datetime) -> str:
    date = extension(oids.INVALIDITY_DATE, der.generalized_time(invalid_since))
    return der.sequence(_reason_extension(name), date).hex()


def parse_crl(encoded: bytes) -> ParsedCrl:
    """The facts of a DER CertificateList of version 2 with nextUpdate and a CRL number. Raises ParseError.

    An indirect CRL, one of some reasons or some kinds of certificate, and any critical extension that is not known
    here are refused. A delta is told by its `scope.base_number`, and is no list by itself.
    """
    if len(encoded) > MOST_OCTETS:
        raise ParseError("The CRL is too large.")
    outer = der.parts(encoded)
    if len(outer) != 3:
        raise ParseError("A CertificateList has three parts.")
    fields = der.children(der.content_of(outer[0], der.SEQUENCE))
    if len(fields) < 6 or fields[0].whole != _VERSION_2 or fields[1].whole != outer[1].whole:
        raise ParseError("Not a CRL of version 2 with nextUpdate, or its two algorithms differ.")
    entries = _entries(fields[5:])
    own = _own_extensions(fields[-1])
    der.content_of(fields[2], der.SEQUENCE)
    return ParsedCrl(
        encoded, outer[0].whole, outer[1].whole, der.read_bits(outer[2]), fields[2].whole,
        der.read_time(fields[3]), der.read_time(fields[4]), entries,
        _number(own), read_authority_key_identifier(own.get(oids.AUTHORITY_KEY_IDENTIFIER)), _scope(own),
    )


def _scope(own: dict[str, bytes]) -> CrlScope:
    base, point = own.get(oids.DELTA_CRL_INDICATOR), own.get(oids.ISSUING_DISTRIBUTION_POINT)
    freshest = crl_urls(own.get(oids.FRESHEST_CRL))
    return CrlScope(
        "" if point is None else _point(point),
        None if base is None else der.read_integer(_one(der.children(base))),
        freshest[0] if freshest else "",
    )


def _point(value: bytes) -> str:
    """The one address of an IssuingDistributionPoint that has nothing else."""
    fields = der.parts(value)
    addresses = crl_urls(der.sequence(der.sequence(*(field.whole for field in fields))))
    if len(fields) != 1 or len(addresses) != 1:
        raise ParseError("An issuing distribution point that is more than one address.")
    return addresses[0]


def _number(own: dict[str, bytes]) -> int:
    if oids.CRL_NUMBER not in own:
        raise ParseError("A CRL without its number (RFC 5280 clause 5.2.3).")
    return der.read_integer(_one(der.children(own[oids.CRL_NUMBER])))


def _own_extensions(last: der.Element) -> dict[str, bytes]:
    return _extensions(_one(der.children(der.content_of(last, 0xA0))))


def _entries(rest: list[der.Element]) -> tuple[CrlEntry, ...]:
    if len(rest) > 2:
        raise ParseError("A TBSCertList with too many fields.")
    if len(rest) == 1:
        return ()
    return tuple(map(_parsed_entry, der.children(der.content_of(rest[0], der.SEQUENCE))))


def _parsed_entry(element: der.Element) -> CrlEntry:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if len(fields) not in (2, 3):
        raise ParseError("An entry of a CRL has two or three parts.")
    reason, since = _entry_extensions(fields[2].whole) if len(fields) == 3 else ("unspecified", None)
    return CrlEntry(der.read_integer(fields[0]), der.read_time(fields[1]), reason, since)


@lru_cache(maxsize=256)
def _entry_extensions(encoded: bytes) -> tuple[str, datetime | None]:
    """Reason and invalidity date; few differ, so they are read once."""
    found = _extensions(_one(der.children(encoded)))
    reason, since = found.get(oids.CRL_REASON), found.get(oids.INVALIDITY_DATE)
    code = der.read_integer(_one(der.children(reason)), der.ENUMERATED) if reason is not None else 0
    if code not in _REASONS:
        raise ParseError("No such reason of revocation.")
    return _REASONS[code], None if since is None else der.read_time(_one(der.children(since)))


def _extensions(held: der.Element) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for element in der.children(der.content_of(held, der.SEQUENCE)):
        fields = der.children(der.content_of(element, der.SEQUENCE))
        if len(fields) not in (2, 3):
            raise ParseError("An extension has two or three parts.")
        oid = der.read_oid(fields[0])
        if len(fields) == 3 and (oid not in _CRITICAL or not der.read_boolean(fields[1])):
            raise ParseError("An extension of a CRL that is critical is not known here.")
        if oid in found:
            raise ParseError("An extension of a CRL occurs twice (RFC 5280 clause 4.2).")
        found[oid] = der.content_of(fields[-1], der.OCTET_STRING)
    return found


def _one(found: list[der.Element]) -> der.Element:
    if len(found) != 1:
        raise ParseError("Not exactly one element.")
    return found[0]
