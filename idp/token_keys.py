"""The provider's own keys: one that signs for each algorithm, and those whose tokens still count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pki.jws import PSS, jwk, sign, thumbprint
from pki.signing import Signer


@dataclass(frozen=True)
class TokenKey:
    """A key with the one algorithm that it is used with: an RSA key that pads by PSS says so itself."""

    signer: Signer
    pss: bool = False

    @cached_property
    def algorithm(self) -> str:
        """JOSE's name."""
        return PSS if self.pss else self.signer.algorithm.value

    @cached_property
    def kid(self) -> str:
        """The thumbprint of the public key (RFC 7638)."""
        return thumbprint(self.signer.public_key)

    def public(self) -> dict[str, str]:
        """As it is published."""
        return {**jwk(self.signer.public_key), "alg": self.algorithm}

    def sign(self, typ: str, claims: Mapping[str, Any]) -> str:
        """A token of this type."""
        return sign({"typ": typ, "kid": self.kid}, claims, self.signer, self.algorithm)


@dataclass(frozen=True)
class TokenKeys:
    """The first signs what is ours to read again (access tokens, logouts) and whatever asks for no algorithm."""

    keys: Sequence[TokenKey]

    @property
    def first(self) -> TokenKey:
        """Of access tokens and logout tokens."""
        return self.keys[0]

    def of(self, algorithm: str | None) -> TokenKey:
        """The key for the algorithm that a client asks for; the first when it asks for none that is here."""
        return next((key for key in self.keys if key.algorithm == algorithm), self.first)

    @cached_property
    def algorithms(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(dict.fromkeys(key.algorithm for key in self.keys))

    @cached_property
    def by_kid(self) -> Mapping[str, bytes]:
        """The public keys whose tokens count."""
        return {key.kid: key.signer.public_key for key in self.keys}

    def published(self) -> list[dict[str, str]]:
        """As a JWK set has them (RFC 7517 clause 5)."""
        return [key.public() for key in self.keys]
