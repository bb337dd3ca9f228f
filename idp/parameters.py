"""Parameters in the query of an address, and in what is kept of a request."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote_plus

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII)


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of an `application/x-www-form-urlencoded` text, in order."""
    return parse_qsl(query, keep_blank_values=True)


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """The redirect URI with the non-empty `parameters` added to its query (RFC 6749 clause 4.1.2)."""
    added = encoded([(name, value) for name, value in parameters.items() if value])
    return f"{uri}{'&' if '?' in uri else '?'}{added}" if added else uri


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """As `urlencode` has it, where names and most values need no quoting."""
    return "&".join([f"{name}={value if _PLAIN.fullmatch(value) else quote_plus(value)}" for name, value in pairs])
