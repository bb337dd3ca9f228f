"""Our own keys by name: opened where the settings say, made there if they are not there yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pki.signing import SignatureAlgorithm, Signer
from signers import file as file_keys
from signers import open_signer
from signers import pkcs11 as token_keys
from web.home import Home

FILE_ONLY = ("tls-",)
"""Keys that OpenSSL itself must open, so that they are encrypted files whatever the mapping says."""


class Keyring(Protocol):
    """Where a ceremony has its keys from."""

    def signer(self, name: str, algorithm: SignatureAlgorithm) -> Signer:
        """The key of that name, made first if there is none. Calling it again gives the same key."""


@dataclass(frozen=True)
class HomeKeyring:
    """Keys at the URIs of `mapping` (`LAOTRUST_KEYS_<NAME>`), else in encrypted files of the home."""

    home: Home
    mapping: Mapping[str, str] = field(default_factory=dict)

    def signer(self, name: str, algorithm: SignatureAlgorithm) -> Signer:
        """The key of that name, made first if there is none."""
        uri = self.uri(name)
        if uri.startswith("pkcs11:"):
            return self._on_token(uri, algorithm)
        path = self.home.key(name)
        if uri == self.home.key_uri(name) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file_keys.generate(path, algorithm, _passphrase_of(path))
        return open_signer(uri)

    def uri(self, name: str) -> str:
        """Where the key of that name is."""
        chosen = None if name.startswith(FILE_ONLY) else self.mapping.get(name)
        return chosen or self.home.key_uri(name)

    def _on_token(self, uri: str, algorithm: SignatureAlgorithm) -> Signer:
        try:
            return open_signer(uri)
        except token_keys.KeyMissing:
            token_keys.generate(uri, algorithm)
            return open_signer(uri)


def _passphrase_of(key: Path) -> Path:
    return key.with_suffix("").with_suffix(".pass")
