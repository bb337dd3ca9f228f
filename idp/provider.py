"""What the use cases of the provider work with, put together once at start."""

from dataclasses import dataclass, field
from functools import cached_property

from idp.client_keys import ClientKeys
from idp.token_keys import TokenKey, TokenKeys
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from pki.signing import Signer


@dataclass(frozen=True)
class Provider:
    """The audited database, the key of sealed columns, the key of tokens, and our own name."""

    ledger: Ledger
    fields: SealedFields
    signer: Signer
    issuer: str
    client_keys: ClientKeys = field(default_factory=ClientKeys)
    """The keys of clients, those behind an address fetched."""
    further_keys: tuple[TokenKey, ...] = ()
    """Keys for services that ask for another algorithm than `signer` has."""

    @cached_property
    def keys(self) -> TokenKeys:
        """All keys of tokens; the first is `signer`."""
        return TokenKeys((TokenKey(self.signer), *self.further_keys))
