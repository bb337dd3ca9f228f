"""The bundle: every answer of every CA in one sorted file, as what it says and the signatures under it.

    "LAOOCSP2" · head, with its length before it · the rows of each part, one after the other · seals

A row has one width in its part, so a file that is mapped into memory is searched without being read. The octets
around a signature are made by `pki.ocsp` when they are asked for, from the same facts as when it was made, so the
answer is the one that was signed; nothing but the signature could make a client believe it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from mmap import mmap
from struct import Struct
from typing import NamedTuple

from pki import packed
from pki.certificate import CHANCE_OCTETS, parse_certificate
from pki.der import NULL, integer, octet_string, sequence, tlv
from pki.digests import SIZES, digest_identifier
from pki.errors import ParseError
from pki.fixed_width import as_der, width_of
from pki.keys import algorithm_of
from pki.ocsp import Answerable, CertId, Responder, SingleAnswer, issuer_keys, response, response_data
from pki.packed import Unpacker
from pki.parsed import ParsedCertificate
from pki.signing import SignatureAlgorithm
from pki.status import REASON_CODES, Good, Held, Revoked

MAGIC = b"LAOOCSP2"
MOST_PARTS, MOST_RESPONDERS, MOST_FORMS, MOST_CROSSES = 64, 200, 4, 64
_GOOD, _REVOKED, _HELD = 0, 1, 2
_FACTS = Struct(">20sBB32sQQ")
"""Serial number, place of the responder, status, its detail, thisUpdate and nextUpdate in seconds since 1970."""
_ENDING = Struct(">QB23x")
_REASONS = {code: name for name, code in REASON_CODES.items()}

Form = tuple[str, ...]
"""The digests of the CertIDs that one answer holds: one, or SHA-1 and SHA-256 together."""


class Row(NamedTuple):
    """One certificate's answers: from when until when they say what, and who signed them. Times are whole seconds."""

    serial: int
    responder: int
    status: Answerable
    this_update: datetime
    next_update: datetime
    signatures: bytes = b""
    """Of each form, in the part's width, one after the other."""


@dataclass(frozen=True)
class Head:
    """What a part says of itself. `responders` are DER; a row names one by its place."""

    name: str
    certificate: bytes
    forms: tuple[Form, ...]
    responders: tuple[bytes, ...]
    count: int
    width: int
    """Octets of each signature, filled up with zeros to those of the widest."""

    @property
    def row_size(self) -> int:
        """Octets of a row."""
        return _FACTS.size + len(self.forms) * self.width

    @property
    def octets(self) -> bytes:
        """The head as it stands in the file."""
        forms = tuple(",".join(form).encode() for form in self.forms)
        lists = packed.several(forms) + packed.several(self.responders)
        numbers = packed.number(self.count) + packed.number(self.width)
        return packed.counted(self.name.encode()) + packed.counted(self.certificate) + lists + numbers

    @staticmethod
    def parsed(packet: Unpacker) -> "Head":
        """The next head. Raises ParseError."""
        try:
            name, certificate = packet.counted().decode(), packet.counted()
            forms = tuple(tuple(one.decode().split(",")) for one in packet.several(MOST_FORMS))
        except UnicodeDecodeError:
            raise ParseError("a name that is no text") from None
        if not forms or not {name for form in forms for name in form} <= set(SIZES):
            raise ParseError("no form of answer, or one of an unknown digest")
        responders = packet.several(MOST_RESPONDERS)
        return Head(name, certificate, forms, responders, packet.number(), packet.number(1 << 16))


@dataclass(frozen=True)
class Part:
    """A CA's rows, rising by serial number, in `octets` from `start` on."""

    head: Head
    octets: bytes | mmap = field(repr=False)
    start: int = 0

    @cached_property
    def issuer(self) -> ParsedCertificate:
        """The CA."""
        return parse_certificate(self.head.certificate)

    @cached_property
    def names(self) -> dict[str, tuple[bytes, bytes]]:
        """By digest, the hashes by which a CertID names the CA."""
        return {name: (named, keyed) for name, named, keyed in issuer_keys(self.issuer.subject, self.issuer.spki)}

    @cached_property
    def _responders(self) -> list[tuple[Responder, int]]:
        """Each responder, and the octets of its signatures."""
        keys = ((parse_certificate(der).spki, der) for der in self.head.responders)
        return [(Responder(_Signed(algorithm_of(spki), spki), der), width_of(spki)) for spki, der in keys]

    @cached_property
    def _before_serial(self) -> dict[str, bytes]:
        """By digest, what a CertID of the CA says before the serial number, its digest's parameters NULL."""
        return {
            name: sequence(digest_identifier(name)[2:], tlv(NULL)) + octet_string(named) + octet_string(keyed)
            for name, (named, keyed) in self.names.items()
        }

    def __len__(self) -> int:
        return self.head.count

    def octets_at(self, place: int) -> bytes:
        """The row at this place, as it stands."""
        start = self.start + place * self.head.row_size
        return self.octets[start : start + self.head.row_size]

    def serial_at(self, place: int) -> bytes:
        """The serial number at this place, in 20 octets."""
        start = self.start + place * self.head.row_size
        return self.octets[start : start + 20]

    def row(self, place: int) -> Row:
        """The row at this place."""
        return unpacked(self.octets_at(place))

    def rows(self) -> Iterator[Row]:
        """All rows in their order."""
        return (self.row(place) for place in range(len(self)))

    def find(self, serial: int) -> int | None:
        """The place of a serial number; None if the part does not have it."""
        if serial >> 160:
            return None
        wanted, guess = serial.to_bytes(20, "big"), (serial >> 8 * CHANCE_OCTETS) - 1
        if 0 <= guess < len(self) and self.serial_at(guess) == wanted:
            return guess  # as nearly always: all numbers up to the newest are there
        place = bisect_left(range(len(self)), wanted, key=self.serial_at)
        return place if place < len(self) and self.serial_at(place) == wanted else None

    def answer(self, row: Row, form: int) -> bytes:
        """The whole OCSPResponse of a row, as it was signed."""
        kept, size = self._responders[row.responder]
        responder, signer = copy(kept), kept.signer
        signature = row.signatures[form * self.head.width :][:size]
        responder.signer = _Signed(signer.algorithm, signer.public_key, as_der(signature, signer.algorithm))
        return response(self._singles(row, form), responder, None, row.this_update, row.next_update)

    def to_sign(self, row: Row, form: int) -> bytes:
        """What the responder of a row signs."""
        by_key = self._responders[row.responder][0].by_key
        return response_data(self._singles(row, form), by_key, None, row.this_update, row.next_update)

    def certificate_id(self, serial: int, digest: str) -> CertId:
        """A CertID as every known client writes it."""
        named, keyed = self.names[digest]
        der = sequence(self._before_serial[digest], integer(serial))
        return CertId(der, digest, named, keyed, serial)

    def _singles(self, row: Row, form: int) -> list[SingleAnswer]:
        ids = (self.certificate_id(row.serial, name) for name in self.head.forms[form])
        return [SingleAnswer(one, row.status, self.issuer.not_before) for one in ids]


@dataclass(frozen=True)
class Bundle:
    """All parts, as of `made_at`. `body` octets of the file are sealed by `seals`: (responder's place, signature).

    `crosses` are the certificates (DER) by which roots of ours vouch for each other: a mirror that has had only the
    former root reaches by them what is under the next.
    Whoever opens a bundle believes nothing of it until `ocsp.far.seals.verify_bundle` was asked.
    """

    octets: bytes | mmap = field(repr=False)
    made_at: datetime
    crosses: tuple[bytes, ...]
    parts: tuple[Part, ...]
    body: int
    seals: tuple[tuple[int, bytes], ...]

    @property
    def number(self) -> int:
        """The bundle's place among all: the second in which it was made. None may follow a later one."""
        return int(self.made_at.timestamp())

    @cached_property
    def _forms(self) -> dict[tuple[str, bytes, bytes], tuple[Part, int]]:
        return {
            (name, *part.names[name]): (part, place)
            for part in self.parts
            for place, form in enumerate(part.head.forms)
            for name in form
        }

    def asked(self, certificate: CertId) -> tuple[Part, int] | None:
        """The part of the CA that a CertID names, and the form for its digest."""
        key = (certificate.digest or "", certificate.issuer_name_hash, certificate.issuer_key_hash)
        return self._forms.get(key)

    def part(self, certificate: bytes) -> Part | None:
        """The part of the CA with this certificate."""
        return next((one for one in self.parts if one.head.certificate == certificate), None)


@dataclass(frozen=True)
class _Signed:
    """Says what was signed already."""

    algorithm: SignatureAlgorithm
    public_key: bytes
    signature: bytes = b""

    def sign(self, message: bytes) -> bytes:
        return self.signature


def packed_row(row: Row) -> bytes:
    """The row as it stands in a file."""
    serial, times = row.serial.to_bytes(20, "big"), (int(row.this_update.timestamp()), int(row.next_update.timestamp()))
    return _FACTS.pack(serial, row.responder, *_state_of(row.status), *times) + row.signatures


def says(row: bytes, status: Answerable) -> bool:
    """Whether the row in these octets tells this status, of whose time it has the whole seconds."""
    return _FACTS.unpack_from(row)[2:4] == _state_of(status)


def _state_of(status: Answerable) -> tuple[int, bytes]:
    match status:
        case Good(sha256):
            return _GOOD, bytes.fromhex(sha256)
        case Revoked(at, reason):
            return _REVOKED, _ENDING.pack(int(at.timestamp()), REASON_CODES[reason])
        case Held(at):
            return _HELD, _ENDING.pack(int(at.timestamp()), 0)
    raise ValueError("What was never issued has no row.")


def unpacked(octets: bytes) -> Row:
    """The row that stands in these octets. Raises ParseError."""
    serial, responder, state, detail, this_update, next_update = _FACTS.unpack_from(octets)
    status = _status(state, detail)
    times = datetime.fromtimestamp(this_update, UTC), datetime.fromtimestamp(next_update, UTC)
    return Row(int.from_bytes(serial, "big"), responder, status, *times, octets[_FACTS.size :])


def _status(state: int, detail: bytes) -> Answerable:
    if state == _GOOD:
        return Good(detail.hex())
    seconds, reason = _ENDING.unpack(detail)
    at = datetime.fromtimestamp(seconds, UTC)
    if state == _HELD:
        return Held(at)
    if state != _REVOKED or reason not in _REASONS:
        raise ParseError("a status that is none")
    return Revoked(at, _REASONS[reason])


def body_of(made_at: datetime, crosses: Sequence[bytes], heads: Sequence[Head], rows: Sequence[bytes]) -> bytes:
    """The octets of a bundle that are sealed; `rows` are those of each head, joined."""
    head = packed.number(int(made_at.timestamp())) + packed.several(tuple(crosses)) + packed.number(len(heads))
    return MAGIC + packed.counted(head + b"".join(one.octets for one in heads)) + b"".join(rows)


def sealed_body(body: bytes, seals: Sequence[tuple[int, bytes]]) -> bytes:
    """A bundle's file: its body and, for each part, who sealed it."""
    return body + b"".join(packed.number(place) + packed.counted(signature) for place, signature in seals)


def opened(octets: bytes | mmap) -> Bundle:
    """The bundle in `octets`, nothing of it verified and no row read. Raises ParseError, code `bundle.malformed`."""
    try:
        return _opened(octets)
    except (ParseError, OverflowError, ValueError) as fault:
        raise ParseError(f"not a bundle of answers: {fault}", "bundle.malformed") from fault


def _opened(octets: bytes | mmap) -> Bundle:
    if octets[: len(MAGIC)] != MAGIC:
        raise ParseError("it does not begin as one")
    outer = Unpacker(octets[len(MAGIC) : len(MAGIC) + (1 << 20)])
    packet = Unpacker(outer.counted())
    made_at = datetime.fromtimestamp(packet.number(1 << 37), UTC)
    crosses = packet.several(MOST_CROSSES)
    heads = [Head.parsed(packet) for _ in range(packet.number(MOST_PARTS))]
    packet.finish()
    parts, at = [], len(MAGIC) + outer.at
    for head in heads:
        parts.append(Part(head, octets, at))
        at += head.count * head.row_size
    if at > len(octets):
        raise ParseError("it is cut")
    closing = Unpacker(octets[at:])
    seals = tuple((closing.number(MOST_RESPONDERS), closing.counted()) for _ in parts)
    closing.finish()
    return Bundle(octets, made_at, crosses, tuple(parts), at, seals)
