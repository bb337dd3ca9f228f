"""What happens over ACME (RFC 8555)."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class AcmeAccountMade(Event):
    """A client has an account, bound to an allowance by a secret that was given out for it."""

    kind: ClassVar[str] = "acme.account-made"
    account: Id
    allowance: Id
    secret: Id


@dataclass(frozen=True)
class AcmeTermsAgreed(Event):
    """An account's client agreed to a newer version of the terms."""

    kind: ClassVar[str] = "acme.terms-agreed"
    account: Id
    version: int


@dataclass(frozen=True)
class AcmeKeyChanged(Event):
    """An account has another key; its old one and the new one signed for it."""

    kind: ClassVar[str] = "acme.key-changed"
    account: Id
    number: int


@dataclass(frozen=True)
class AcmeAccountEnded(Event):
    """An account was deactivated by its client."""

    kind: ClassVar[str] = "acme.account-ended"
    account: Id


@dataclass(frozen=True)
class AcmeOrdered(Event):
    """An account wants so many names in one certificate, all within its allowance."""

    kind: ClassVar[str] = "acme.ordered"
    order: Id
    account: Id
    names: int


@dataclass(frozen=True)
class AcmeChallengeAnswered(Event):
    """An account says that its answer to a challenge is in place."""

    kind: ClassVar[str] = "acme.challenge-answered"
    authorization: Id
    method: Code


@dataclass(frozen=True)
class AcmeValidated(Event):
    """Our look-ups are over: the challenge is met and CAA lets us issue, or `code` says what was wrong."""

    kind: ClassVar[str] = "acme.validated"
    authorization: Id
    valid: bool
    code: Code | None = None


@dataclass(frozen=True)
class AcmeAuthorizationEnded(Event):
    """An account gave up an authorization."""

    kind: ClassVar[str] = "acme.authorization-ended"
    authorization: Id


@dataclass(frozen=True)
class AcmeRevoked(Event):
    """A certificate ended because its account, or without one its own key, signed for it."""

    kind: ClassVar[str] = "acme.revoked"
    certificate: Id
    reason: Code
    account: Id | None = None


@dataclass(frozen=True)
class AcmeRefused(Event):
    """What a known account asked for was not taken up; of many within an hour only the first are recorded.

    `request` is the SHA-256 of the message.
    """

    kind: ClassVar[str] = "acme.refused"
    code: Code
    request: Digest
    account: Id
    allowance: Id
    order: Id | None = None


EVENTS = (
    AcmeAccountMade, AcmeTermsAgreed, AcmeKeyChanged, AcmeAccountEnded, AcmeOrdered, AcmeChallengeAnswered,
    AcmeValidated, AcmeAuthorizationEnded, AcmeRevoked, AcmeRefused,
)  # fmt: skip
