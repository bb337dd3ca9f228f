"""What the provider keeps: clients, accounts, authenticators, requests, proofs, sessions, grants and their endings.

Handles, codes and tokens are kept as SHA-256 only. Nothing here is switched off by a second write: a session, a
code or a token is judged at each use by the endings of what it hangs on (`idp.sessions`, `idp.grants`).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.certificates
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, Personal, key_column

SHA256_HEX = String(64)


class Client(Fact):
    """Thing: a relying service as it was registered first. `idp.clients.current` says how it is registered now."""

    __tablename__ = "client"
    id: Mapped[str] = key_column()
    name_lo: Mapped[str]
    name_en: Mapped[str]
    profile: Mapped[str] = mapped_column(String(16))
    """A column of `idp.profiles.TABLE`."""
    first_party: Mapped[bool]
    """A service of the government itself: no consent page."""
    minimum_level: Mapped[int]
    """Assurance level under which no code is issued."""
    sector: Mapped[str]
    """What pairwise subjects are made for: a host name, or the id of a client on somebody's own machine."""
    scopes: Mapped[str]
    redirect_uris: Mapped[str]
    """Space-separated, compared byte for byte."""
    post_logout_redirect_uris: Mapped[str]
    backchannel_logout_uri: Mapped[str | None]
    secret_sha256: Mapped[str] = mapped_column(SHA256_HEX)
    """Empty for a client that has no secret."""
    auth_method: Mapped[str | None] = mapped_column(String(32))
    """One of `idp.client_authentication.METHODS`; without one a secret, in the header or in the form."""
    jwks: Mapped[str | None]
    """Its public keys, a JWK set (RFC 7517), with certificates in `x5c` where a key has one."""
    jwks_uri: Mapped[str | None]
    tls_subject: Mapped[str | None]
    """`dns:…` or `dn:…`: what a certificate for `tls_client_auth` names."""
    id_token_alg: Mapped[str | None] = mapped_column(String(16))
    """Of ID tokens and of answers as JWT; without one ours."""
    userinfo_alg: Mapped[str | None] = mapped_column(String(16))
    """Without one userinfo is not signed."""
    request_uris: Mapped[str | None]
    """Addresses of its request objects, space-separated."""
    resources: Mapped[str | None]
    """What its access tokens may be for beside ourselves (RFC 8707), space-separated."""
    frontchannel_logout_uri: Mapped[str | None]
    signed_requests: Mapped[bool | None]
    """It signs every request; what is not signed is refused."""
    declared: Mapped[str | None]
    """JSON of `idp.declared.Declared`."""
    backchannel_mode: Mapped[str | None] = mapped_column(String(8))
    """`poll` or `ping` (CIBA Core clause 4): how it learns what people answered; without it may not ask them."""
    notification_uri: Mapped[str | None]
    """Where it is pinged."""
    backchannel_alg: Mapped[str | None] = mapped_column(String(16))
    """With which it signs what it asks for; without one any of its profile."""
    serves: Mapped[str | None]
    """Resources (RFC 8707) that it is itself, space-separated: it may introspect tokens for them."""


class ClientRetirement(Fact):
    """Ending of a Client: every code, token and request of it is dead with it."""

    __tablename__ = "client_retirement"
    client_id: Mapped[str] = mapped_column(String(64), ForeignKey("client.id"), primary_key=True, sort_order=-10)


class Account(Fact):
    """Thing: a person's way in. One for each person."""

    __tablename__ = "account"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), unique=True)


class AccountEnd(Fact):
    """Ending of an Account: its sessions, codes and tokens are dead with it."""

    __tablename__ = "account_end"
    account_id: Mapped[str] = mapped_column(String(64), ForeignKey("account.id"), primary_key=True, sort_order=-10)


class AccountUnlock(Fact):
    """Thing: somebody at a desk opened a locked account; attempts begin at zero again."""

    __tablename__ = "account_unlock"
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)


class ManagementProof(Fact, ActProof):
    """Thing: the act of the person who registered or retired a client, or opened, unlocked or ended an account.

    `entry_id` ties it to what it caused; `idp.management` says what was signed.
    """

    __tablename__ = "management_proof"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    """As it was signed: a person's number, a client's id, or the digest of a client's registration."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)


class Authenticator(Personal):
    """Version of an account's password or one-time-code secret: for each kind the highest number counts."""

    __tablename__ = "authenticator"
    __table_args__ = (UniqueConstraint("account_id", "kind", "number"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`password` or `totp`."""
    number: Mapped[int]
    verifier: Mapped[bytes]
    """An Argon2id string for a password; for TOTP the secret, sealed by `ledger.sealed_fields`."""
    at: Mapped[datetime]
    """A cutoff of the person at this time or later kills it."""


class SelfDescription(Personal):
    """Version of what an account's person says of himself: the highest number counts."""

    __tablename__ = "self_description"
    __table_args__ = (UniqueConstraint("account_id", "number"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    number: Mapped[int]
    claims: Mapped[str]
    """JSON of standard claims (OpenID Connect Core clause 5.1)."""
    at: Mapped[datetime]


class Attempt(Fact):
    """Use: one of the few tries that a subject has in a window, taken before anything is verified."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("subject", "round", "window", "number"),)
    id: Mapped[str] = key_column()
    subject: Mapped[str] = mapped_column(String(64))
    """An account's id, alone or with the kind of code that is tried, or the keyed digest of a user name."""
    round: Mapped[int]
    """Completed sign-ins and unlockings so far: each gives new attempts."""
    window: Mapped[int]
    """Quarter hours since 1970 UTC."""
    number: Mapped[int]


class FloodMark(Fact):
    """Use: the one entry a minute that stands for all attempts of a subject beyond its budget."""

    __tablename__ = "flood_mark"
    __table_args__ = (UniqueConstraint("subject", "minute"),)
    id: Mapped[str] = key_column()
    subject: Mapped[str] = mapped_column(String(64))
    minute: Mapped[int]


class AuthorizationRequest(Fact):
    """Thing: a service's request that somebody has begun to answer, kept here so that no field of it can be changed.

    It is bound to the browser in which it began, and to the account whose first proof made it.
    """

    __tablename__ = "authorization_request"
    id: Mapped[str] = key_column()
    handle_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    browser_sha256: Mapped[str] = mapped_column(SHA256_HEX)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    parameters: Mapped[str]
    """The request as `application/x-www-form-urlencoded`, without hints about a person."""
    at: Mapped[datetime]
    pushed_id: Mapped[str | None] = mapped_column(String(64))
    """The PushedRequest that it came as."""


class PushedRequest(Personal):
    """Thing: a request, handed in (RFC 9126), signed (RFC 9101) or in detail (RFC 9396); it may name a person."""

    __tablename__ = "pushed_request"
    id: Mapped[str] = key_column()
    handle_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    parameters: Mapped[str]
    dpop_jkt: Mapped[str | None] = mapped_column(String(43))
    """The key whose proof came with it."""
    at: Mapped[datetime]


class PushedRequestUse(Fact):
    """Ending of a PushedRequest, in the entry of the code that was issued for it."""

    __tablename__ = "pushed_request_use"
    pushed_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("pushed_request.id"), primary_key=True, sort_order=-10
    )


class Proof(Fact):
    """Use: one factor shown once in answer to one request. `use_key` makes it one-time."""

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("account_id", "use_key"),)
    id: Mapped[str] = key_column()
    request_id: Mapped[str] = mapped_column(ForeignKey("authorization_request.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(16))
    """`password`, `totp` or `certificate`."""
    use_key: Mapped[str] = mapped_column(String(96))
    certificate_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"))
    at: Mapped[datetime]


class Session(Fact):
    """Thing: a person signed in in one browser. Its id is the `sid` of the state's own services."""

    __tablename__ = "session"
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    for_one_answer: Mapped[bool | None]
    """It is for the request of its sign-in alone (`idp.profiles.Profile.signs_in_alone`)."""


class Authentication(Fact):
    """Version of a Session: each proof of who it is gives it a new handle, and the old one is dead."""

    __tablename__ = "authentication"
    __table_args__ = (UniqueConstraint("session_id", "number"), UniqueConstraint("request_id"))
    id: Mapped[str] = key_column()
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"))
    number: Mapped[int]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("authorization_request.id"))
    handle_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    level: Mapped[int]
    methods: Mapped[str]
    """RFC 8176 words, space-separated."""
    certificate_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    at: Mapped[datetime]


class SessionEnd(Fact):
    """Ending of a Session, in the same entry as the logout messages to its services."""

    __tablename__ = "session_end"
    session_id: Mapped[str] = mapped_column(String(64), ForeignKey("session.id"), primary_key=True, sort_order=-10)
    reason: Mapped[str] = mapped_column(String(16))
    """`logout`, `replaced`, `cut-off`, `remote`: by its person, in another browser, or `left`: he went away."""


class Consent(Fact):
    """Use: an agreement of the time before consents had an end. None counts: see `ConsentVersion`."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("account_id", "client_id", "scope"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    scope: Mapped[str]


class Subject(Fact):
    """Use: the random name by which one sector of services knows an account (OpenID Connect Core clause 8.1)."""

    __tablename__ = "subject"
    __table_args__ = (UniqueConstraint("account_id", "sector"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    sector: Mapped[str]
    sub: Mapped[str] = mapped_column(String(64), unique=True)


class Grant(Fact):
    """Thing: what a session gave a client. Code, access tokens and refresh tokens hang on it and die with it."""

    __tablename__ = "grant"
    id: Mapped[str] = key_column()
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"), index=True)
    authentication_id: Mapped[str] = mapped_column(ForeignKey("authentication.id"))
    subject_id: Mapped[str] = mapped_column(ForeignKey("subject.id"))
    scope: Mapped[str]
    at: Mapped[datetime]
    claims: Mapped[str | None]
    """The `claims` parameter, as it was sent."""
    resources: Mapped[str | None]
    """What access tokens may be for (RFC 8707), space-separated."""
    detailed: Mapped[bool | None]
    """It is for what its GrantDetails say (RFC 9396)."""
    preapproval_id: Mapped[str | None] = mapped_column(String(64))
    """The Preapproval under which its person was not asked."""


class GrantEnd(Fact):
    """Ending of a Grant before its session ends."""

    __tablename__ = "grant_end"
    grant_id: Mapped[str] = mapped_column(String(64), ForeignKey("grant.id"), primary_key=True, sort_order=-10)
    reason: Mapped[str] = mapped_column(String(16))
    """`revoked`, `code-reused` or `token-reused`."""


class AuthorizationCode(Fact):
    """Thing: a code of sixty seconds, bound to client, redirect URI and PKCE challenge."""

    __tablename__ = "authorization_code"
    id: Mapped[str] = key_column()
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant.id"), unique=True)
    code_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    nonce: Mapped[str | None]
    at: Mapped[datetime]
    dpop_jkt: Mapped[str | None] = mapped_column(String(43))
    """The key that must redeem it (RFC 9449 clause 10)."""


class CodeUse(Fact):
    """Ending of an AuthorizationCode: it has been redeemed."""

    __tablename__ = "code_use"
    code_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("authorization_code.id"), primary_key=True, sort_order=-10
    )


class RefreshToken(Fact):
    """Version of a grant's refresh token: the highest number counts.

    `for_predecessor` is the token itself, readable only with the token before it, so that an answer which got
    lost on the way can be given once more (and never another one).
    """

    __tablename__ = "refresh_token"
    __table_args__ = (UniqueConstraint("grant_id", "number"),)
    id: Mapped[str] = key_column()
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant.id"))
    number: Mapped[int]
    token_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    for_predecessor: Mapped[bytes | None]
    at: Mapped[datetime]
    bound_to: Mapped[str | None] = mapped_column(String(64))
    """`jkt:…` or `x5t#S256:…`: the key of a client that proves nothing else of itself."""


class TokenKeyRow(Fact):
    """Thing: a key of tokens that was announced after the first ones, or that is retired."""

    __tablename__ = "token_key"
    id: Mapped[str] = key_column()
    kid: Mapped[str] = mapped_column(String(43), unique=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    spki: Mapped[bytes]
    uri: Mapped[str]
    """Where each process of ours opens it; empty for one that the settings name."""
    at: Mapped[datetime]


class TokenKeyStart(Fact):
    """Ending of a key's announcement: it signs."""

    __tablename__ = "token_key_start"
    token_key_id: Mapped[str] = mapped_column(String(64), ForeignKey("token_key.id"), primary_key=True, sort_order=-10)
    at: Mapped[datetime]


class TokenKeyEnd(Fact):
    """Ending of a TokenKeyRow: nothing that it signed counts."""

    __tablename__ = "token_key_end"
    token_key_id: Mapped[str] = mapped_column(String(64), ForeignKey("token_key.id"), primary_key=True, sort_order=-10)
