"""Whom a checker without a line may believe: our CAs, their responders, and the CRLs about the CAs.

Nobody signs the list: each thing in it is signed by itself, up to a root that the checker has had since before.
What a list leaves out is refused, never taken for good; and a status digest says which list it is read with.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from pki import packed
from pki.delegation import Authorities, revoked_among, verify_responder
from pki.errors import ParseError, PkiError
from pki.packed import Unpacker
from pki.parsed import ParsedCertificate, parse_certificate
from pki.path import PathInvalid, PathMaterial, PathRevoked, verify_path

IDENTIFIER_OCTETS = 16
MOST_ITEMS = 128
_VERSION = b"\x01"
_MOST_OCTETS = 256 * 1024


@dataclass(frozen=True)
class TrustList:
    """DER certificates of CAs (roots and their crosses too) and of responders, and CRLs. Nothing is verified yet."""

    authorities: tuple[bytes, ...]
    responders: tuple[bytes, ...]
    crls: tuple[bytes, ...] = ()

    @property
    def octets(self) -> bytes:
        """The list as it travels."""
        lists = map(packed.several, (self.authorities, self.responders, self.crls))
        return _VERSION + zlib.compress(b"".join(lists), 9)


@dataclass(frozen=True)
class TrustedList:
    """A list some of whose CAs have, or had until their end, paths to roots of one's own.

    The others (`strange`) vouch for nothing: nobody may tell status of theirs. Only `verify_trust_list` makes it.
    """

    identifier: bytes
    authorities: tuple[ParsedCertificate, ...]
    responders: tuple[ParsedCertificate, ...]
    material: PathMaterial
    roots: tuple[bytes, ...]
    revoked: Mapping[bytes, PathRevoked]
    """Those of its CAs (DER) that a CRL of the list calls revoked."""
    strange: Mapping[int, PkiError] = field(default_factory=dict)
    """By their places, the CAs that lead to none of the roots, and why: others may begin from other roots."""

    def issuer_of(self, certificate: ParsedCertificate, at: datetime) -> int:
        """The place of the CA that issued `certificate`, which has a valid path at `at`.

        Raises PathInvalid; PathRevoked if a CA of the path was revoked.
        """
        path = verify_path(certificate.der, self.roots, at, self.material)
        for one in path[1:]:
            if one in self.revoked:
                raise self.revoked[one]
        ders = [one.der for one in self.authorities]
        if len(path) < 2 or path[1] not in ders:
            raise PathInvalid("issued by a CA that the trust list does not have", "path.no-anchor")
        return ders.index(path[1])

    def responder(self, place: int, authority: int, since: datetime, until: datetime) -> ParsedCertificate:
        """The responder at this place, which that CA certified and which is valid all that time. Raises PkiError.

        Until the end too, else a key that was stolen once would count for ever.
        """
        if place >= len(self.responders) or authority >= len(self.authorities):
            raise ParseError("a place that the trust list does not have")
        found = self.responders[place]
        verify_responder(found, self.authorities[authority], since)
        if until > found.not_after:
            raise PathInvalid("a responder that ends before what it says", "path.expired")
        return found


def identifier_of(octets: bytes) -> bytes:
    """The name by which a digest calls the list that travels as `octets`."""
    return sha256(octets).digest()[:IDENTIFIER_OCTETS]


def parse_trust_list(octets: bytes) -> TrustList:
    """The list that travels as `octets`. Raises ParseError; a list of more than 256 KiB is not unpacked."""
    if octets[:1] != _VERSION:
        raise ParseError("a trust list of another version", "trust-list.malformed")
    unzip = zlib.decompressobj()
    try:
        plain = unzip.decompress(octets[1:], _MOST_OCTETS)
    except zlib.error:
        raise ParseError("the trust list does not unpack", "trust-list.malformed") from None
    if not unzip.eof or unzip.unused_data:
        raise ParseError("the trust list is cut, too long, or followed by something", "trust-list.malformed")
    packet = Unpacker(plain)
    found = TrustList(packet.several(MOST_ITEMS), packet.several(MOST_ITEMS), packet.several(MOST_ITEMS))
    packet.finish()
    return found


def verify_trust_list(octets: bytes, roots: Sequence[bytes], at: datetime) -> TrustedList:
    """The list, each of whose CAs is under `roots` (DER), valid at `at` or before, or is strange. Raises PkiError.

    Responders are looked at when they speak, and ended or revoked CAs when a certificate is one of theirs: a CA that
    ends must not make the list useless for the others.
    """
    found = parse_trust_list(octets)
    authorities = tuple(map(parse_certificate, found.authorities))
    named = Authorities(found.authorities, roots)
    strange = {}
    for place, authority in enumerate(found.authorities):
        try:
            named.verify(authority, at)
        except PkiError as fault:
            strange[place] = fault
    if len(strange) == len(authorities):
        raise strange.get(0) or PathInvalid("a list without a CA", "path.no-anchor")
    revoked = revoked_among(authorities, found.crls)
    material = PathMaterial(intermediates=found.authorities, crls=found.crls)
    responders = tuple(map(parse_certificate, found.responders))
    return TrustedList(identifier_of(octets), authorities, responders, material, tuple(roots), revoked, strange)
