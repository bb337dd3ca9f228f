"""Tag, length, value: DER (X.690) spliced from and cut into octets, for what is asked thousands of times a second.

Only definite, shortest lengths and one-octet tags are read; everything else is ParseError.
"""

from datetime import UTC, datetime

from pki.errors import ParseError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x0A, 0x0C, 0x18, 0x30, 0x31


def tlv(tag: int, *parts: bytes) -> bytes:
    """The DER of `parts` one after the other under `tag`."""
    value = b"".join(parts)
    length = len(value)
    if length < 0x80:
        return bytes((tag, length)) + value
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + value


def context(number: int) -> int:
    """The tag of a constructed context-specific value: `[number]`."""
    return 0xA0 | number


def integer(number: int) -> bytes:
    """DER INTEGER in the fewest octets."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    """DER OBJECT IDENTIFIER of `1.2.840.…`."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, *map(_base128, (first * 40 + second, *rest)))


def generalized_time(moment: datetime) -> bytes:
    """GeneralizedTime in UTC with seconds and no fraction (RFC 5280 clause 4.1.2.5.2); the fraction is cut off."""
    return tlv(GENERALIZED_TIME, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def bit_string(octets: bytes) -> bytes:
    """BIT STRING without unused bits."""
    return tlv(BIT_STRING, b"\0", octets)


class Reader:
    """Reads one value after the other from a part of `der`; remembers how far it got."""

    __slots__ = ("at", "der", "end")

    def __init__(self, der: bytes, at: int = 0, end: int | None = None) -> None:
        self.der, self.at, self.end = der, at, len(der) if end is None else end

    def next_tag(self) -> int | None:
        """The tag of the next value, or None at the end."""
        return self.der[self.at] if self.at < self.end else None

    def enter(self, tag: int) -> "Reader":
        """A reader of the inside of the next value, which must have `tag`. Raises ParseError."""
        start, stop = self._span(tag)
        return Reader(self.der, start, stop)

    def value(self, tag: int) -> bytes:
        """The contents of the next value, which must have `tag`. Raises ParseError."""
        start, stop = self._span(tag)
        return self.der[start:stop]

    def whole(self, tag: int | None = None) -> bytes:
        """The next value, tag and length included. Raises ParseError."""
        begin = self.at
        self._span(tag)
        return self.der[begin : self.at]

    def number(self) -> int:
        """The next value as an INTEGER in its shortest form. Raises ParseError."""
        octets = self.value(INTEGER)
        if not octets or (len(octets) > 1 and octets[0] in (0, 0xFF) and (octets[0] ^ octets[1]) < 0x80):
            raise ParseError("an INTEGER that is not in its shortest form")
        return int.from_bytes(octets, "big", signed=True)

    def finish(self) -> None:
        """Nothing is left. Raises ParseError."""
        if self.at != self.end:
            raise ParseError("octets are left over")

    def _span(self, tag: int | None) -> tuple[int, int]:
        der, at = self.der, self.at
        if self.end - at < 2:
            raise ParseError("the octets end too early")
        if (tag is not None and der[at] != tag) or der[at] & 0x1F == 0x1F:
            raise ParseError(f"tag {der[at]:#04x} is not what belongs here")
        length, start = der[at + 1], at + 2
        if length >= 0x80:
            length, start = self._long_length(length & 0x7F, start)
        stop = start + length
        if stop > self.end:
            raise ParseError("the octets end too early")
        self.at = stop
        return start, stop

    def _long_length(self, count: int, start: int) -> tuple[int, int]:
        octets = self.der[start : start + count]
        length = int.from_bytes(octets, "big")
        if not 1 <= count <= 4 or len(octets) != count or octets[0] == 0 or length < 0x80:
            raise ParseError("a length that is not in its shortest definite form")
        return length, start + count


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))
