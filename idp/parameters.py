"""Parameters in the query of an address, and in what is kept of a request."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of an `application/x-www-form-urlencoded` text, in order."""
    return parse_qsl(query, keep_blank_values=True)


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """The redirect URI with the non-empty `parameters` added to its query (RFC 6749 clause 4.1.2)."""
    added = urlencode({name: value for name, value in parameters.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{added}" if added else uri
