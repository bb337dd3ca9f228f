"""What happens in the provider, as the audit sees it: ids, digests, codes and numbers."""

from dataclasses import dataclass
from typing import ClassVar

from idp.elsewhere.events import EVENTS as ELSEWHERE
from idp.key_events import EVENTS as KEYS
from ledger.event import Code, Digest, Event, Id


@dataclass(frozen=True)
class ClientRegistered(Event):
    """A relying service may ask for sign-ins."""

    kind: ClassVar[str] = "client.registered"
    client: Id
    profile: Code


@dataclass(frozen=True)
class ClientRetired(Event):
    """A relying service may ask no longer; all that it holds is dead."""

    kind: ClassVar[str] = "client.retired"
    client: Id


@dataclass(frozen=True)
class ClientRefused(Event):
    """A client, or somebody in its name, was refused at one of its endpoints."""

    kind: ClassVar[str] = "client.refused"
    client: Id
    code: Code


@dataclass(frozen=True)
class ClientAgreed(Event):
    """A relying service works under another agreement, the one of this number."""

    kind: ClassVar[str] = "client.agreed"
    client: Id
    number: int


@dataclass(frozen=True)
class AgreementEndTold(Event):
    """A relying service was told that its agreement ends within so many days."""

    kind: ClassVar[str] = "client.agreement-end-told"
    client: Id
    days: int


@dataclass(frozen=True)
class ClientsInvited(Event):
    """So many services of an organisation may register themselves."""

    kind: ClassVar[str] = "client.invited"
    invitation: Id
    profile: Code
    most: int


@dataclass(frozen=True)
class InvitationEnded(Event):
    """Nobody registers by this invitation any more."""

    kind: ClassVar[str] = "client.invitation-ended"
    invitation: Id


@dataclass(frozen=True)
class ClientSelfRegistered(Event):
    """A relying service registered itself, as the invitation's registration of this number."""

    kind: ClassVar[str] = "client.self-registered"
    client: Id
    invitation: Id
    number: int


@dataclass(frozen=True)
class ClientChanged(Event):
    """A registration was changed to the version of this number, by the service itself or by a person on duty."""

    kind: ClassVar[str] = "client.changed"
    client: Id
    number: int


@dataclass(frozen=True)
class RegistrationRefused(Event):
    """Somebody with an invitation wanted to register what it does not allow."""

    kind: ClassVar[str] = "client.registration-refused"
    invitation: Id
    code: Code


@dataclass(frozen=True)
class RequestPushed(Event):
    """A service handed in a request, or one that is signed or in detail was kept, before anybody signs in for it."""

    kind: ClassVar[str] = "client.request-pushed"
    client: Id


@dataclass(frozen=True)
class ServiceCallAllowed(Event):
    """A service may call another in people's names."""

    kind: ClassVar[str] = "client.call-allowed"
    call: Id
    caller: Id
    called: Id


@dataclass(frozen=True)
class ServiceCallEnded(Event):
    """A service may call another no more; every token for it is dead."""

    kind: ClassVar[str] = "client.call-ended"
    call: Id


@dataclass(frozen=True)
class AccountOpened(Event):
    """A person has a way in."""

    kind: ClassVar[str] = "account.opened"
    account: Id
    person: Id


@dataclass(frozen=True)
class AccountDescribed(Event):
    """What a person says of himself was entered."""

    kind: ClassVar[str] = "account.described"
    account: Id


@dataclass(frozen=True)
class AccountUnlocked(Event):
    """A locked account has its attempts back."""

    kind: ClassVar[str] = "account.unlocked"
    account: Id


@dataclass(frozen=True)
class AccountEnded(Event):
    """A person has no way in any more."""

    kind: ClassVar[str] = "account.ended"
    account: Id


@dataclass(frozen=True)
class ManagementRefused(Event):
    """Somebody wanted to change an account or a client and may not, or there is nothing to change."""

    kind: ClassVar[str] = "management.refused"
    subject: Id
    code: Code
    by: Id | None


@dataclass(frozen=True)
class AttemptTaken(Event):
    """One of a subject's few attempts was used up, before anything was verified."""

    kind: ClassVar[str] = "sign-in.attempt-taken"
    subject: Id
    number: int


@dataclass(frozen=True)
class AttemptsFlooded(Event):
    """A subject's budget of attempts is used up; this stands for all of them in one minute."""

    kind: ClassVar[str] = "sign-in.attempts-flooded"
    subject: Id


@dataclass(frozen=True)
class SignInRefused(Event):
    """A factor, a step or a request was refused."""

    kind: ClassVar[str] = "sign-in.refused"
    subject: Id
    code: Code
    client: Id | None = None
    certificate: Digest | None = None


@dataclass(frozen=True)
class SignInCancelled(Event):
    """Somebody went back to a service without signing in; at most one a minute is entered."""

    kind: ClassVar[str] = "sign-in.cancelled"
    client: Id


@dataclass(frozen=True)
class FactorShown(Event):
    """An account's factor was shown in answer to a client's request."""

    kind: ClassVar[str] = "sign-in.factor-shown"
    account: Id
    request: Id
    factor: Code


@dataclass(frozen=True)
class ConsentAsked(Event):
    """A person was asked whether a service may have what it asks for."""

    kind: ClassVar[str] = "consent.asked"
    account: Id
    client: Id


@dataclass(frozen=True)
class ConsentGiven(Event):
    """The person agreed."""

    kind: ClassVar[str] = "consent.given"
    account: Id
    client: Id


@dataclass(frozen=True)
class ConsentNarrowed(Event):
    """The person took single claims back: the service gets them no more."""

    kind: ClassVar[str] = "consent.narrowed"
    account: Id
    client: Id


@dataclass(frozen=True)
class ConsentRevoked(Event):
    """The person took it back; what the service holds is dead."""

    kind: ClassVar[str] = "consent.revoked"
    account: Id
    client: Id


@dataclass(frozen=True)
class ConsentDenied(Event):
    """The person did not agree; the service gets an error."""

    kind: ClassVar[str] = "consent.denied"
    account: Id
    client: Id


@dataclass(frozen=True)
class SessionBegun(Event):
    """A person is signed in in one browser."""

    kind: ClassVar[str] = "session.begun"
    session: Id
    account: Id
    level: int


@dataclass(frozen=True)
class SessionRenewed(Event):
    """The same person showed again who he is; the session has a new handle."""

    kind: ClassVar[str] = "session.renewed"
    session: Id
    account: Id
    level: int


@dataclass(frozen=True)
class SessionEnded(Event):
    """A session is over, and its services are being told."""

    kind: ClassVar[str] = "session.ended"
    session: Id
    reason: Code


@dataclass(frozen=True)
class CodeIssued(Event):
    """A client got an authorization code for a session."""

    kind: ClassVar[str] = "code.issued"
    client: Id
    session: Id
    grant: Id


@dataclass(frozen=True)
class CodeRedeemed(Event):
    """A client redeemed its code for tokens."""

    kind: ClassVar[str] = "code.redeemed"
    client: Id
    grant: Id


@dataclass(frozen=True)
class TokenIssued(Event):
    """A service got a token for itself, about no person."""

    kind: ClassVar[str] = "token.issued"
    client: Id


@dataclass(frozen=True)
class TokenRefreshed(Event):
    """A client exchanged its refresh token for the next one."""

    kind: ClassVar[str] = "token.refreshed"
    client: Id
    grant: Id


@dataclass(frozen=True)
class TokenExchanged(Event):
    """A service got a token by which it calls another in a person's name, perhaps for whom that person acts."""

    kind: ClassVar[str] = "token.exchanged"
    client: Id
    called: Id
    grant: Id
    exchange: Id
    mandate: Id | None


@dataclass(frozen=True)
class ExchangeEnded(Event):
    """The service that got a token in exchange revoked it."""

    kind: ClassVar[str] = "token.exchange-ended"
    client: Id
    exchange: Id


@dataclass(frozen=True)
class GrantEnded(Event):
    """A grant is over: its client revoked it, or its code or token came a second time."""

    kind: ClassVar[str] = "grant.ended"
    client: Id
    grant: Id
    reason: Code


EVENTS = (
    ClientRegistered, ClientRetired, ClientRefused, RequestPushed, ServiceCallAllowed, ServiceCallEnded,
    ClientAgreed, AgreementEndTold, ClientsInvited, InvitationEnded, ClientSelfRegistered, ClientChanged,
    RegistrationRefused,
    AccountOpened, AccountDescribed, AccountUnlocked, AccountEnded, ManagementRefused,
    AttemptTaken, AttemptsFlooded, SignInRefused, SignInCancelled, FactorShown,
    ConsentAsked, ConsentGiven, ConsentNarrowed, ConsentDenied, ConsentRevoked,
    SessionBegun, SessionRenewed, SessionEnded,
    CodeIssued, CodeRedeemed, TokenIssued, TokenRefreshed, TokenExchanged, ExchangeEnded, GrantEnded,
    *ELSEWHERE,
    *KEYS,
)  # fmt: skip
