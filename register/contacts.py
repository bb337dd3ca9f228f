"""Telephone numbers in Lao forms."""

import re

from ledger.spelling import digits

_NATIONAL = re.compile(r"20(?:[23579][0-9]{7}|8[78][0-9]{6})|30[0-9]{7}|(?!20|30)[2-8][0-9]{7}")
_PREFIX = re.compile(r"(?:\+|00)856|0")


def parse_phone(text: str) -> str | None:
    """The number in E.164 (`+8562055512345`); None if it is no Lao mobile or land line."""
    dialled = re.sub(r"[ .()-]", "", digits(text))
    national, prefixes = _PREFIX.subn("", dialled, count=1)
    beginning = _PREFIX.match(dialled)
    return f"+856{national}" if prefixes and beginning and _NATIONAL.fullmatch(national) else None
