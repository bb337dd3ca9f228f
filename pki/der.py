"""DER (X.690) written and read by hand: the one room that knows tags and lengths.

Writing is concatenation, so a certificate costs microseconds; reading is strict: indefinite or non-minimal
lengths, trailing bytes and values of another type raise ParseError, and nothing else is ever raised.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from pki.errors import ParseError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8, PRINTABLE, TELETEX, IA5, UTC_TIME, GENERALIZED_TIME, BMP = 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1E
SEQUENCE, SET = 0x30, 0x31
_GENERALIZED_FROM = 2050
"""Dates of this year and later are GeneralizedTime (RFC 5280 clause 4.1.2.5)."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element of this tag; its content is the parts, one after the other."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of these elements."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """A SET OF these elements, in DER's order (X.690 clause 11.6)."""
    return tlv(SET, *sorted(parts))


def integer(number: int) -> bytes:
    """An INTEGER in the fewest octets."""
    return tlv(INTEGER, number.to_bytes(_octets_of(number), "big", signed=True))


def _octets_of(number: int) -> int:
    """How many octets two's complement needs: one bit more than the magnitude, where -2^n counts as 2^n - 1."""
    return (number + (number < 0)).bit_length() // 8 + 1


def enumerated(number: int) -> bytes:
    """An ENUMERATED of a small non-negative number."""
    return tlv(ENUMERATED, bytes((number,)))


def boolean(truth: bool) -> bytes:  # noqa: FBT001 - the truth is the value
    """A BOOLEAN: DER's TRUE is 0xFF (X.690 clause 11.1)."""
    return tlv(BOOLEAN, b"\xff" if truth else b"\x00")


def octet_string(content: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return tlv(BIT_STRING, b"\x00", content)


def named_bits(numbers: frozenset[int]) -> bytes:
    """A BIT STRING with these bits set; trailing zero bits are left out (X.690 clause 11.2.2)."""
    last = max(numbers)
    size = last // 8 + 1
    value = sum(1 << (size * 8 - 1 - number) for number in numbers)
    return tlv(BIT_STRING, bytes((size * 8 - 1 - last,)), value.to_bytes(size, "big"))


def explicit(number: int, *parts: bytes) -> bytes:
    """Elements under a constructed context tag."""
    return tlv(0xA0 | number, *parts)


def implicit(number: int, content: bytes) -> bytes:
    """Content under a primitive context tag."""
    return tlv(0x80 | number, content)


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tlv(UTF8, text.encode())


def printable(text: str) -> bytes:
    """A PrintableString; the caller has seen to its small alphabet."""
    return tlv(PRINTABLE, text.encode("ascii"))


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | (number & 0x7F))
    return bytes(reversed(octets))


def time(moment: datetime) -> bytes:
    """A Time as certificates and CRLs have it: UTC, whole seconds (fractions are cut), UTCTime until 2049."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    if utc.year >= _GENERALIZED_FROM:
        return generalized_time(utc)
    # Not strftime, which takes most of the time that a long CRL takes.
    return b"\x17\x0d%02d%02d%02d%02d%02d%02dZ" % (
        utc.year % 100, utc.month, utc.day, utc.hour, utc.minute, utc.second
    )  # fmt: skip


def generalized_time(moment: datetime) -> bytes:
    """A GeneralizedTime in UTC of whole seconds (fractions are cut)."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return b"\x18\x0f%04d%02d%02d%02d%02d%02dZ" % (
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second
    )  # fmt: skip


class Element(NamedTuple):
    """One element: its tag octet, its content, and all of it with tag and length."""

    tag: int
    content: bytes
    whole: bytes


def children(content: bytes) -> list[Element]:
    """The elements that follow each other in `content`. Raises ParseError."""
    found: list[Element] = []
    at, end = 0, len(content)
    while at < end:
        start, at = at, at + 2
        if at > end:
            _fail("length missing")
        tag, size = content[start], content[start + 1]
        if tag & 0x1F == 0x1F:
            _fail("tag of several octets")
        if size >= 0x80:
            size, at = _long_length(content, at, size & 0x7F)
        stop = at + size
        if stop > end:
            _fail("element longer than what holds it")
        # Not Element(…): its own constructor takes as long as all the rest.
        found.append(_tuple(Element, (tag, content[at:stop], content[start:stop])))
        at = stop
    return found


_tuple: Any = tuple.__new__


def _long_length(content: bytes, at: int, octets: int) -> tuple[int, int]:
    size = int.from_bytes(content[at : at + octets], "big")
    if not 1 <= octets <= 4 or size < 0x80 or content[at] == 0:
        _fail("length not in its shortest form")
    return size, at + octets


def single(encoded: bytes, tag: int) -> bytes:
    """The content of the one element of this tag that `encoded` is. Raises ParseError."""
    found = children(encoded)
    if len(found) != 1:
        _fail("not exactly one element")
    return content_of(found[0], tag)


def parts(encoded: bytes, tag: int = SEQUENCE) -> list[Element]:
    """The elements inside the one constructed element that `encoded` is. Raises ParseError."""
    return children(single(encoded, tag))


def content_begins(encoded: bytes) -> int:
    """At which octet the content of the element begins that these well-formed octets are."""
    return 2 + (encoded[1] & 0x7F if encoded[1] & 0x80 else 0)


def first(elements: Sequence[Element]) -> Element:
    """The first of these elements. Raises ParseError if there is none."""
    if not elements:
        _fail("nothing where an element belongs")
    return elements[0]


def content_of(element: Element, tag: int) -> bytes:
    """The element's content if it has this tag. Raises ParseError."""
    if element.tag != tag:
        _fail(f"tag {element.tag:#04x} where {tag:#04x} belongs")
    return element.content


def read_integer(element: Element, tag: int = INTEGER) -> int:
    """The number of an INTEGER (or ENUMERATED). Raises ParseError unless it is in its shortest form."""
    octets = content_of(element, tag)
    number = int.from_bytes(octets, "big", signed=True)
    if len(octets) != _octets_of(number):
        _fail("integer not in its shortest form")
    return number


def read_boolean(element: Element) -> bool:
    """The truth of a BOOLEAN. Raises ParseError."""
    content = content_of(element, BOOLEAN)
    if content not in (b"\xff", b"\x00"):
        _fail("boolean neither 00 nor FF")
    return content == b"\xff"


def read_bits(element: Element) -> bytes:
    """The octets of a BIT STRING without unused bits. Raises ParseError."""
    content = content_of(element, BIT_STRING)
    if content[:1] != b"\x00":
        _fail("bit string of broken octets")
    return content[1:]


def read_named_bits(element: Element) -> frozenset[int]:
    """The numbers of the bits set. Raises ParseError unless trailing zero bits are left out."""
    content = content_of(element, BIT_STRING)
    if not content or content[0] > 7:
        _fail("bit string without its first octet")
    bits = frozenset(
        at * 8 + bit for at, octet in enumerate(content[1:]) for bit in range(8) if octet & (0x80 >> bit)
    )
    if content != (named_bits(bits)[2:] if bits else b"\x00"):
        _fail("named bits with trailing zeros")
    return bits


def read_oid(element: Element) -> str:
    """The dotted form of an OBJECT IDENTIFIER. Raises ParseError."""
    return _dotted(content_of(element, OID))


@lru_cache(maxsize=1024)
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80 or len(content) > 64:
        _fail("object identifier cut off, empty or too long")
    arcs, number = [], 0
    for octet in content:
        if number == 0 and octet == 0x80:
            _fail("object identifier not in its shortest form")
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - first * 40, *arcs[1:]))


def read_time(element: Element) -> datetime:
    """The moment of a UTCTime or GeneralizedTime in UTC (RFC 5280 clause 4.1.2.5). Raises ParseError."""
    digits, form = element.content, _TIME_FORMS.get(element.tag)
    if form is None or len(digits) != form or digits[-1:] != b"Z" or not digits[:-1].isdigit():
        _fail("not a time in UTC with seconds")
    try:
        return _moment(digits[:-1].decode())
    except ValueError:
        _fail("no such day or hour")


_TIME_FORMS = {UTC_TIME: 13, GENERALIZED_TIME: 15}


@lru_cache(maxsize=1024)
def _moment(digits: str) -> datetime:
    if len(digits) == 12:
        digits = ("19" if digits >= "50" else "20") + digits
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)


_CODECS = {UTF8: "utf-8", PRINTABLE: "ascii", IA5: "ascii", TELETEX: "latin-1", BMP: "utf-16-be"}


def read_text(element: Element) -> str:
    """The text of a string type. Raises ParseError."""
    codec = _CODECS.get(element.tag)
    if codec is None:
        _fail("not a string type")
    try:
        return element.content.decode(codec)
    except UnicodeDecodeError:
        _fail("string not in its encoding")


def _fail(sentence: str) -> NoReturn:
    raise ParseError(f"DER: {sentence}")
