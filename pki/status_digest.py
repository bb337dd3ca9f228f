"""The nation's revocations in a picture: which of each CA's certificates, by their dense numbers, are ended or paused.

Each serial number begins with the dense number (`pki.certificate.dense_number`), so a set of small numbers says it
all. Each CA's responder signs the whole digest, so nothing of one can be put into another. What is newer than the
digest is not covered by it: that is an answer, and it is not "good".
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import sha256

from pki import keys, packed
from pki.errors import ParseError, PkiError
from pki.fixed_width import as_der, fixed_width
from pki.gaps import decode_gaps, encode_gaps
from pki.packed import Unpacker
from pki.signing import Signer
from pki.trust_list import IDENTIFIER_OCTETS, MOST_ITEMS, TrustedList

_VERSION = b"\x01"
_SIGNED = b"laotrust status digest\x00"
"""Before what is signed: no ResponseData of OCSP, which the same key signs, begins like this."""
_MOST_DENSE = (1 << 39) - 1
_TOLERANCE = timedelta(minutes=10)
"""How far behind a checker's clock may be: many have nobody who sets them."""


Seen = Mapping[str, tuple[int, str]]
"""By the SHA-256 of a CA's certificate: the newest digest about it that a checker saw, by number and SHA-256."""


class Standing(Enum):
    """What a digest knows of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    PAUSED = "paused"
    NOT_COVERED = "not-covered"


@dataclass(frozen=True)
class Section:
    """A CA's certificates from the first to number `covered`. `authority` and `responder` are places in the list.

    `ended` and `paused` are rising and have no number in common; what was never issued counts as ended.
    """

    authority: int
    responder: int
    covered: int
    ended: tuple[int, ...]
    paused: tuple[int, ...] = ()

    def standing(self, dense: int) -> Standing:
        """What is known of the certificate of this dense number."""
        if not 1 <= dense <= self.covered:
            return Standing.NOT_COVERED
        if _among(dense, self.ended):
            return Standing.REVOKED
        return Standing.PAUSED if _among(dense, self.paused) else Standing.GOOD


@dataclass(frozen=True)
class StatusDigest:
    """What was so at `made_at`; until `until` it may be relied on. `trust_list` names the list it is read with."""

    made_at: datetime
    until: datetime
    trust_list: bytes
    sections: tuple[Section, ...]

    @property
    def number(self) -> int:
        """The digest's place among all: the second in which it was made. None may follow a later one."""
        return int(self.made_at.timestamp())

    def section(self, authority: int) -> Section | None:
        """What is said of the CA at this place of the trust list."""
        return next((one for one in self.sections if one.authority == authority), None)


def sealed(digest: StatusDigest, signers: Sequence[Signer]) -> bytes:
    """The digest as it travels, signed by the responder of each section, in their order."""
    body = _body(digest)
    signatures = (fixed_width(signer.sign(_SIGNED + body), signer.algorithm) for signer in signers)
    return body + packed.several(tuple(signatures))


def verify_digest(octets: bytes, trusted: TrustedList, now: datetime) -> StatusDigest:
    """The digest in `octets`, each section signed by the responder of its own CA. Raises PkiError.

    The code is `digest.malformed`, `digest.mixed` (read with another trust list than it was made for),
    `digest.future` or `digest.forged`, or says why a CA that it tells of leads to none of the checker's roots
    (`path.no-anchor`). Whether it is too old is not asked here.
    """
    try:
        digest, size, signatures = _parsed(octets)
    except (ParseError, OverflowError) as fault:
        raise ParseError(f"not a status digest: {fault}", "digest.malformed") from fault
    if digest.trust_list != trusted.identifier:
        raise ParseError("the digest was made for another trust list", "digest.mixed")
    if digest.made_at > now + _TOLERANCE:
        raise ParseError("the digest is of a time to come: is the clock right?", "digest.future")
    for section, signature in zip(digest.sections, signatures, strict=True):
        if section.authority in trusted.strange:
            raise trusted.strange[section.authority]
        _verify_section(section, _SIGNED + octets[:size], signature, trusted, digest)
    return digest


def remembered(seen: Seen, digest: StatusDigest, octets: bytes, trusted: TrustedList) -> Seen | None:
    """What to remember after this digest; None if a later one, or another of that second, was seen."""
    after, name = dict(seen), sha256(octets).hexdigest()
    for section in digest.sections:
        authority = trusted.authorities[section.authority].sha256
        number, before = seen.get(authority, (0, name))
        if digest.number < number or (digest.number == number and before != name):
            return None
        after[authority] = (digest.number, name)
    return after


def _verify_section(
    section: Section, message: bytes, signature: bytes, trusted: TrustedList, digest: StatusDigest
) -> None:
    try:
        responder = trusted.responder(section.responder, section.authority, digest.made_at, digest.until)
        algorithm = keys.algorithm_of(responder.spki)
        keys.verify(responder.spki, algorithm, message, as_der(signature, algorithm))
    except PkiError as fault:
        raise PkiError(f"the digest is not signed by whom it needs: {fault}", "digest.forged") from fault


def _body(digest: StatusDigest) -> bytes:
    life = int((digest.until - digest.made_at).total_seconds()) // 60
    head = _VERSION + packed.number(digest.number) + packed.number(life) + digest.trust_list
    return head + packed.number(len(digest.sections)) + b"".join(map(_section, digest.sections))


def _section(section: Section) -> bytes:
    """Both sets as one, and of this the places (from 1) of those that are only paused: few, and so cheap."""
    both = sorted((*section.ended, *section.paused))
    pauses = set(section.paused)
    places = [place for place, dense in enumerate(both, 1) if dense in pauses]
    numbers = map(packed.number, (section.authority, section.responder, section.covered))
    return b"".join((*numbers, packed.counted(encode_gaps(both)), packed.counted(encode_gaps(places))))


def _parsed(octets: bytes) -> tuple[StatusDigest, int, tuple[bytes, ...]]:
    """The digest, how many of the octets are signed, and the signatures."""
    packet = Unpacker(octets)
    if packet.take(1) != _VERSION:
        raise ParseError("another version")
    made_at = datetime.fromtimestamp(packet.number(1 << 37), UTC)
    until = made_at + timedelta(minutes=packet.number(1 << 26))
    trust_list = packet.take(IDENTIFIER_OCTETS)
    sections = tuple(_parsed_section(packet) for _ in range(packet.number(MOST_ITEMS)))
    if not sections or len({one.authority for one in sections}) != len(sections):
        raise ParseError("no section, or two about one CA")
    size = packet.at
    signatures = packet.several(MOST_ITEMS)
    packet.finish()
    if len(signatures) != len(sections):
        raise ParseError("not a signature for each section")
    return StatusDigest(made_at, until, trust_list, sections), size, signatures


def _parsed_section(packet: Unpacker) -> Section:
    authority, responder = packet.number(MOST_ITEMS), packet.number(MOST_ITEMS)
    covered = packet.number(_MOST_DENSE)
    both = decode_gaps(packet.counted(), covered)
    places = decode_gaps(packet.counted(), len(both))
    paused = tuple(both[place - 1] for place in places)
    pauses = set(paused)
    return Section(authority, responder, covered, tuple(dense for dense in both if dense not in pauses), paused)


def _among(number: int, rising: Sequence[int]) -> bool:
    place = bisect_left(rising, number)
    return place < len(rising) and rising[place] == number
