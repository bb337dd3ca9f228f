"""Octets counted one by one: numbers in groups of seven bits, and texts with their length before them.

For what travels over dear lines and as pictures, where DER's tags would be a third of it.
"""

from pki.errors import ParseError

_LONGEST_NUMBER = 10


def number(value: int) -> bytes:
    """`value` (not negative) in groups of seven bits, the lowest first; every octet but the last has its high bit."""
    octets = bytearray()
    while value >= 0x80:
        octets.append(0x80 | value & 0x7F)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def counted(octets: bytes) -> bytes:
    """`octets` with their length before them."""
    return number(len(octets)) + octets


def several(items: tuple[bytes, ...]) -> bytes:
    """How many there are, then each with its length before it."""
    return number(len(items)) + b"".join(map(counted, items))


class Unpacker:
    """Takes apart what the functions above put together. Raises ParseError, and nothing else."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self.at = octets, 0

    def take(self, size: int) -> bytes:
        """The next `size` octets."""
        taken = self._octets[self.at : self.at + size]
        if len(taken) != size:
            raise ParseError("the octets end too early")
        self.at += size
        return taken

    def number(self, most: int = (1 << 63) - 1) -> int:
        """The next number, in its one form and at most `most`."""
        value = 0
        for place in range(_LONGEST_NUMBER):
            (octet,) = self.take(1)
            value |= (octet & 0x7F) << 7 * place
            if octet < 0x80:
                if value > most or (octet == 0 and place):
                    raise ParseError("a number that is too great, or not in its one form")
                return value
        raise ParseError("a number without an end")

    def counted(self) -> bytes:
        """The next octets that have their length before them."""
        return self.take(self.number())

    def several(self, most: int) -> tuple[bytes, ...]:
        """The next list of such octets, of at most `most` items."""
        return tuple(self.counted() for _ in range(self.number(most)))

    def finish(self) -> None:
        """Nothing is left."""
        if self.at != len(self._octets):
            raise ParseError("octets are left over")
