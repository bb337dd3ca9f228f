"""Octets as lines of text that stand in QR codes, on paper and in messages: one line, or several that belong together.

    LAOTRUST:S1/2:8F03A2C9:<Base45>

says: of kind S (status digest; T is a trust list), the first of two, of the set named so. A set is read whole.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

from pki import base45
from pki.errors import ParseError

LONGEST_LINE = 4296
"""Letters that the largest QR code holds (ISO/IEC 18004, version 40-L, alphanumeric)."""
STATUS, TRUST = "S", "T"
_LINE = re.compile(r"LAOTRUST:([ST])([0-9]{1,2})/([0-9]{1,2}):([0-9A-F]{8}):([0-9A-Z $%*+./:-]+)")
_HEAD = len("LAOTRUST:S10/10:00000000:")
_MOST_LINES = 40


def lines(kind: str, octets: bytes, longest: int = LONGEST_LINE) -> list[str]:
    """As few lines, of nearly the same length, as `octets` need."""
    room = (longest - _HEAD) // 3 * 2
    count = -(-len(octets) // room)
    each = -(-len(octets) // count)
    each += each % 2
    parts = [octets[at : at + each] for at in range(0, len(octets), each)]
    head = f"LAOTRUST:{kind}{{}}/{len(parts)}:{_name(octets)}:"
    return [head.format(place) + base45.encode(part) for place, part in enumerate(parts, 1)]


def joined(kind: str, texts: Iterable[str]) -> bytes:
    """The octets behind `texts`, in whatever order. Raises ParseError.

    The code is `leaflet.malformed`, `leaflet.missing` or, for lines of different sets or another kind, `leaflet.mixed`.
    """
    found = [_LINE.fullmatch(text.strip("\r\n")) for text in texts]
    matched = [one for one in found if one]
    if len(matched) != len(found) or not matched:
        raise ParseError("not a line of a leaflet", "leaflet.malformed")
    if len({(one[1], one[3], one[4]) for one in matched}) > 1 or matched[0][1] != kind:
        raise ParseError("lines of different sets, or of another kind", "leaflet.mixed")
    parts = {int(one[2]): one[5] for one in matched}
    total = int(matched[0][3])
    if not 1 <= total <= _MOST_LINES or set(parts) != set(range(1, total + 1)):
        raise ParseError(f"{len(parts)} lines of {total}", "leaflet.missing")
    octets = b"".join(base45.decode(parts[place]) for place in range(1, total + 1))
    if _name(octets) != matched[0][4]:
        raise ParseError("the lines do not make up the set they are named for", "leaflet.mixed")
    return octets


def _name(octets: bytes) -> str:
    return sha256(octets).hexdigest()[:8].upper()
