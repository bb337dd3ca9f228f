"""Base45 (RFC 9285): octets in the letters that a QR code packs densely and every reader gives back unharmed."""

from pki.errors import ParseError

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}


def encode(octets: bytes) -> str:
    """Three letters for two octets, two for a last single one."""
    return "".join(_letters(octets[at : at + 2]) for at in range(0, len(octets), 2))


def decode(text: str) -> bytes:
    """The octets behind `text`. Raises ParseError."""
    return b"".join(_octets(text[at : at + 3]) for at in range(0, len(text), 3))


def _letters(few: bytes) -> str:
    value, letters = int.from_bytes(few, "big"), ""
    for _ in range(len(few) + 1):
        value, place = divmod(value, 45)
        letters += _LETTERS[place]
    return letters


def _octets(letters: str) -> bytes:
    if len(letters) == 1 or not _VALUES.keys() >= set(letters):
        raise ParseError("not Base45: a letter too few, or of another alphabet (RFC 9285 clause 6)")
    value = 0
    for letter in reversed(letters):
        value = value * 45 + _VALUES[letter]
    if value >> 8 * (len(letters) - 1):
        raise ParseError("not Base45: a value too great (RFC 9285 clause 6)")
    return value.to_bytes(len(letters) - 1, "big")
