"""What a request to an endpoint shows of its client."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_plus

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


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

    @cached_property
    def basic(self) -> tuple[str, str] | None:
        """Id and secret in the header; None where it has none that can be read (RFC 6749 clause 2.3.1).

        Both halves are form-encoded, then base64, strictly: there is one way to write them, and no other is mended.
        """
        scheme, _, encoded = self.authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = b64decode(encoded, validate=True)
            pair = decoded.decode("ascii")
            name, colon, secret = pair.partition(":")
            if not colon or b64encode(decoded).decode() != encoded or _BROKEN.search(pair):
                return None
            return unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
        except ValueError:
            return None
