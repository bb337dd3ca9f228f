"""What a request to an endpoint shows of its client."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Presented:
    """The form, the Authorization header, the certificate of the handshake, and the names of this endpoint."""

    form: Mapping[str, str]
    authorization: str = ""
    certificate: bytes | None = None
    audiences: frozenset[str] = frozenset()
    """URLs by which an assertion may name us beside our issuer, where its profile lets it."""
    audiences_by_name: frozenset[str] = frozenset()
    """Those of a client that asks for people by name, whatever its profile (CIBA Core clause 7.1)."""
