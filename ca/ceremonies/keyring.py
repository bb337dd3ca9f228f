"""Our own keys by name: opened where the settings say, made there if they are not there yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pki.signing import SignatureAlgorithm, Signer
from signers import destroy, generate, open_signer
from web.home import Home

FILE_ONLY = ("tls-",)
"""Keys that OpenSSL itself must open, so that they are encrypted files whatever the mapping says."""


class Keyring(Protocol):
    """Where a ceremony has its keys from."""

    def signer(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
        """The key of that name, made first if there is none. Calling it again gives the same key."""

    def opened(self, name: str) -> Signer:
        """The key of that name, which is there. Raises KeyUnusable."""

    def destroy(self, name: str, sha256_hex: str) -> bool:
        """The key of that name, with this digest of its public half, is no more; False if it was not there."""


@dataclass(frozen=True)
class HomeKeyring:
    """Keys at the URIs of `mapping` (`LAOTRUST_KEYS_<NAME>`), else in encrypted files of the home."""

    home: Home
    mapping: Mapping[str, str] = field(default_factory=dict)

    def signer(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
        """The key of that name, made first if there is none."""
        return generate(self.uri(name), algorithm, rsa_bits)

    def opened(self, name: str) -> Signer:
        """The key of that name, which is there."""
        return open_signer(self.uri(name))

    def destroy(self, name: str, sha256_hex: str) -> bool:
        """The key of that name is no more."""
        return destroy(self.uri(name), sha256_hex)

    def uri(self, name: str) -> str:
        """Where the key of that name is."""
        chosen = None if name.startswith(FILE_ONLY) else self.mapping.get(name)
        return chosen or self.home.key_uri(name)
