"""What the use cases of the provider work with, put together once at start."""

from dataclasses import dataclass

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
