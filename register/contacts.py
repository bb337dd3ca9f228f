"""Mail addresses and telephone numbers in Lao forms."""

import re
from collections.abc import Collection

from ledger.spelling import digits

_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9])?"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
_MAIL = re.compile(f"(?P<local>{_LOCAL})@(?P<domain>{_DOMAIN})")
_NATIONAL = re.compile(r"20(?:[23579][0-9]{7}|8[78][0-9]{6})|30[0-9]{7}|(?!20|30)[2-8][0-9]{7}")
_PREFIX = re.compile(r"(?:\+|00)856|0")


def parse_mail(text: str) -> str | None:
    """The address with its domain in lower case; None if it is no plain ASCII address (no dot at the end)."""
    found = _MAIL.fullmatch(text)
    return f"{found['local']}@{found['domain'].lower()}" if found and ".." not in text else None


def under(mail: str, domains: Collection[str]) -> bool:
    """Whether the address is directly under one of the domains: no sub-domain, no look-alike ending."""
    return mail.partition("@")[2] in domains


def parse_phone(text: str) -> str | None:
    """The number in E.164 (`+8562055512345`); None if it is no Lao mobile or land line."""
    dialled = re.sub(r"[ .()-]", "", digits(text))
    national, prefixes = _PREFIX.subn("", dialled, count=1)
    beginning = _PREFIX.match(dialled)
    return f"+856{national}" if prefixes and beginning and _NATIONAL.fullmatch(national) else None
