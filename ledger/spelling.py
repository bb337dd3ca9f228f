"""Lao text as people write it: what is stored, what is compared, how it sorts, and what digits mean.

What is *stored* is what the person wrote, in NFC. What is *compared* is a fold that joins spellings which look
alike, since no normal form of Unicode joins them all; it is for search and duplicates and never shown.
"""

import re
import unicodedata

FOLD_VERSION = 1
"""Raised when `fold` changes: kept search keys must then be made again."""
PASSWORD_VERSION = 1
"""Raised when `prepare_password` changes: kept beside each password's hash, so that old ones still match."""

_TO_ASCII = {zero + digit: ord("0") + digit for zero in (0x0ED0, 0x0E50) for digit in range(10)}
_TONES = "\u0ec8\u0ec9\u0eca\u0ecb\u0ecc"
_MARKS = "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
_CLUSTER = re.compile(f"[{_MARKS}]{{2,}}")
_SEMIVOWEL_LO = "\u0ebc"
_SPACES = re.compile(r"\s+")


def stored(text: str) -> str:
    """`text` as it is kept: NFC, without invisible characters, and with single spaces between words."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _visible(text))).strip()


def digits(text: str) -> str:
    """`text` with Lao and Thai digits as ASCII digits; all else is left, so that later checks can refuse it."""
    return text.translate(_TO_ASCII)


def fold(text: str) -> str:
    """The key under which look-alike spellings are equal; equal for no two spellings that look different.

    NFKC (which parts ຳ, ໜ and ໝ) and case folding; tone marks behind vowels and circle; a mark typed twice
    counts once; two ເ are ແ; ຫຼ is ຫລ; Lao and Thai digits are ASCII.
    """
    parted = _ordered(unicodedata.normalize("NFKC", digits(_visible(text))))
    joined = parted.replace("\u0ec0\u0ec0", "\u0ec1").replace("\u0eab\u0ebc", "\u0eab\u0ea5")
    return _SPACES.sub(" ", joined).strip().casefold()


def fold_name(given: str, family: str | None) -> str:
    """The fold of a whole name. Spaces inside the given or the family name do not tell names apart."""
    parts = (fold(given), fold(family or ""))
    return " ".join(part.replace(" ", "") for part in parts if part)


def fold_username(text: str) -> str:
    """The key of a user name: folded, and without any space, since these come from phones' keyboards."""
    return fold(text).replace(" ", "")


def prepare_password(text: str) -> str:
    """What is hashed, when a password is set and when it is checked: NFKC with Lao marks in one order.

    Letter case, spaces and digits count as typed. See PASSWORD_VERSION.
    """
    return _ordered(unicodedata.normalize("NFKC", text))


def sort_key(text: str) -> str:
    """Sorts as the Unicode Collation Algorithm does: by consonant even when a vowel is written first.

    Primary order first, then tone marks, then the text itself. Other scripts come by code point, before Lao.
    """
    parted = _ordered(unicodedata.normalize("NFKC", digits(_visible(text)))).casefold()
    joined = _PREFIXED.sub(r"\2\1", parted.replace("\u0ecd\u0eb2", "\u0eb3"))
    primary = "".join(_WEIGHTS.get(letter, letter) for letter in joined if letter not in _SECONDARY)
    return "\x00".join((primary, "".join(letter for letter in joined if letter in _SECONDARY), parted))


def is_lao(text: str) -> bool:
    """Whether `text` is made of Lao letters and marks, spaces, hyphens and full stops, and has a letter."""
    return _LAO_NAME.fullmatch(text) is not None


def is_roman(text: str) -> bool:
    """Whether `text` is made of Latin letters, spaces, hyphens, apostrophes and full stops, a letter first."""
    return _ROMAN_NAME.fullmatch(text) is not None


_LAO_NAME = re.compile("[\u0e81-\u0eae\u0ec0-\u0ec4\u0edc-\u0edf][\u0e81-\u0ec6\u0ec8-\u0ecd\u0edc-\u0edf .\\-]*")
_ROMAN_NAME = re.compile("[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f .'\u2019\\-]*")
_PREFIXED = re.compile("([\u0ec0-\u0ec4])([\u0e81-\u0eae])")
_SECONDARY = _TONES + "\u0ecd"


def _weights() -> dict[str, str]:
    """Code order is right but for ສ, which comes before ຊ; the Khmu letters, before ກ and ຍ (DUCET, Lao block)."""
    order = list(range(0x0E81, 0x0EC7))
    for letter, before in ((0x0EAA, 0x0E8A), (0x0EDE, 0x0E81), (0x0EDF, 0x0E8D)):
        if letter in order:
            order.remove(letter)
        order.insert(order.index(before), letter)
    return {chr(letter): chr(0x0E80 + place) for place, letter in enumerate(order)}


_WEIGHTS = _weights()


def _visible(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cf", "Cc"} or letter in "\t\n\r")


def _ordered(text: str) -> str:
    """`text` (NFKC) with each run of Lao marks in one order: semivowel, vowels and circle, tone."""
    return _CLUSTER.sub(_in_order, text)


def _in_order(run: re.Match[str]) -> str:
    return "".join(sorted(set(run.group()), key=lambda mark: (mark in _TONES, mark != _SEMIVOWEL_LO, mark)))
