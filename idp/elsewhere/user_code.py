"""The code that people type: nine digits in threes, which a Lao keyboard has too (RFC 8628 clause 6.1).

Thirty bits are few, so a code lives for minutes, and each try is one of an account's few attempts (clause 5.1).
"""

import re

from ledger.clock import Randomness
from ledger.spelling import digits

_LENGTH = 9
_FILLERS = re.compile(r"[\s.\u2010-\u2015\u200b-]")


def new_user_code(randomness: Randomness) -> str:
    """A fresh code, as it is shown."""
    number = int.from_bytes(randomness(8)) % 10**_LENGTH
    return shown(f"{number:0{_LENGTH}}")


def typed(text: str) -> str | None:
    """The nine digits that somebody typed, in Lao digits too, however he parted them; None if it is no code."""
    bare = _FILLERS.sub("", digits(text))
    return bare if re.fullmatch(rf"[0-9]{{{_LENGTH}}}", bare) else None


def shown(bare: str) -> str:
    """`123-456-789`."""
    return "-".join(bare[place : place + 3] for place in range(0, _LENGTH, 3))
