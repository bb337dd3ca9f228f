"""Requests that a library would not send: the same header twice."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPSConnection
from urllib.parse import urlsplit

from tests.conformance.description import Provider


@dataclass(frozen=True)
class RawAnswer:
    status_code: int
    text: str


def plain_get(provider: Provider, url: str, headers: Sequence[tuple[str, str]]) -> RawAnswer:
    """The answer to a GET with exactly these headers, in this order."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=str(provider.authority))
    line = HTTPSConnection(parts.netloc, context=context, timeout=15)
    try:
        line.putrequest("GET", parts.path)
        for name, value in headers:
            line.putheader(name, value)
        line.endheaders()
        answer = line.getresponse()
        return RawAnswer(answer.status, answer.read().decode())
    finally:
        line.close()
