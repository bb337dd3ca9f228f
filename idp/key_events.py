"""What happens to keys, those of tokens and those of clients, as the audit sees it."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Event, Id


@dataclass(frozen=True)
class ClientKeysLapsed(Event):
    """The address of a client's keys was not reached for a day, so none of those known counts any more."""

    kind: ClassVar[str] = "client.keys-lapsed"
    client: Id


@dataclass(frozen=True)
class ClientKeysReached(Event):
    """The keys of a client that had lapsed were fetched, and count again."""

    kind: ClassVar[str] = "client.keys-reached"
    client: Id


@dataclass(frozen=True)
class TokenKeyChanged(Event):
    """A key of tokens was announced, used or retired; it is named by its thumbprint (RFC 7638)."""

    kind: ClassVar[str] = "token-key.changed"
    key: Id
    step: Code


@dataclass(frozen=True)
class TokenKeyRevoked(Event):
    """A key of tokens that others may know counts no more; `next` signs in its stead, if another had to begin."""

    kind: ClassVar[str] = "token-key.revoked"
    key: Id
    next: Id | None = None


@dataclass(frozen=True)
class TokenKeyRevocationTold(Event):
    """So many letters went to services: what they are to do because of a key that was revoked."""

    kind: ClassVar[str] = "token-key.revocation-told"
    key: Id
    letters: int


EVENTS = (ClientKeysLapsed, ClientKeysReached, TokenKeyChanged, TokenKeyRevoked, TokenKeyRevocationTold)
