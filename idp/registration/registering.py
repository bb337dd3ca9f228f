"""A service registers itself and manages its registration (RFC 7591, RFC 7592).

Each change is a new version; a change gives a new registration access token, and each other still counts for
REFRESH_GRACE after its own successor came, for an answer that was lost on the way: whoever shows it is told the token
that counts, and the secret that was new with it. Both are kept under pads that only the token before yields, so else
nobody can be told a secret twice. Reading gives no new token.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.clients import Registration, kept, may_register, recalled
from idp.declared import DEVICE
from idp.events import ClientChanged, ClientRetired, ClientSelfRegistered, RegistrationRefused
from idp.fetching import Fetched
from idp.fitness import redirect_uris_are_plain
from idp.handles import HandleKind, digest, is_of, kept_for, new_handle, told_again
from idp.policy import REFRESH_GRACE
from idp.provider import Provider
from idp.registration import metadata
from idp.registration.invitations import by_token, invitation_of, used
from idp.registration.metadata import Unfit
from idp.registration.tables import ClientAgreement, ClientVersion, Invitation, InvitationUse
from idp.tables import ClientRetirement
from idp.throttle import record_once_a_minute
from idp.usable_keys import key_refusal
from ledger.decision import Allow, Decision, Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Taken

ADVICE = {
    "client.scope": ("scope", "name openid too"),
    "client.redirect-uri": ("redirect_uris", "send plain https addresses, byte for byte as the service uses them"),
    "client.uri": ("client_metadata", "send plain https addresses"),
    "client.method": ("token_endpoint_auth_method", "take one that the invitation has"),
    "client.encryption": ("jwks", "add a key with use enc for each *_encrypted_response_alg; userinfo is signed in it"),
    "client.key-blocked": ("jwks", "a key in it is blocked for ever, as one in other hands: make another, send that"),
    "client.key-used": ("jwks", "a key in it belongs to somebody else here: make one for this service alone"),
    "client.keys": ("jwks", "send jwks or jwks_uri as the method needs it: or tls_client_auth_* alone"),
}  # fmt: skip
"""What a service can do about a refusal of `idp.fitness.FITNESS`, or of one of its keys."""
TOKEN_REFUSED = Refuse("registration.token")


@dataclass(frozen=True)
class Registered:
    """A registration as it counts now, with its token. The secret is set when it is new to whoever asks."""

    client_id: str
    wanted: Registration
    issued_at: datetime
    token: str
    secret: str = ""

    def answer(self, issuer: str) -> dict[str, Any]:
        """What the service reads (RFC 7591 clause 3.2.1, RFC 7592 clause 3)."""
        return {
            **metadata.described(self.wanted),
            "client_id": self.client_id,
            "client_id_issued_at": int(self.issued_at.timestamp()),
            **({"client_secret": self.secret} if self.secret else {}),
            **({"client_secret_expires_at": 0} if self.wanted.has_secret else {}),
            "registration_client_uri": f"{issuer}/register/{self.client_id}",
            "registration_access_token": self.token,
        }


def register(provider: Provider, token: str, said: Mapping[str, Any]) -> Registered | Refuse:
    """A service is a client from now on, on the terms of the invitation. Raises Unfit for metadata that is not fit."""
    ledger = provider.ledger
    with ledger.read() as reading:
        invitation = by_token(reading, token, ledger.clock.now())
    if invitation is None:
        return TOKEN_REFUSED
    try:
        wanted = _wanted(provider, said, invitation)
    except Unfit as fault:
        record_once_a_minute(ledger, RegistrationRefused(invitation.id, fault.error.replace("_", "-")), ANYONE)
        raise
    return _register(provider, invitation, wanted)


def read(provider: Provider, client_id: str, token: str) -> Registered | Refuse:
    """The registration of the client whose token this is."""
    with provider.ledger.read() as reading:
        found = _newest(reading, client_id, token, provider.ledger.clock.now())
    return TOKEN_REFUSED if found is None else found.registered()


def change(provider: Provider, client_id: str, token: str, said: Mapping[str, Any]) -> Registered | Refuse:
    """The registration is what `said` has, all else as if it had never been said. Raises Unfit.

    Whoever lost the answer and says the same again is told the same: nothing is changed twice. Its people keep their
    `sub`: what would give all of them another is another service, and registers anew.
    """
    ledger = provider.ledger
    with ledger.read() as reading:
        newest = _newest(reading, client_id, token, ledger.clock.now())
        invitation = invitation_of(reading, client_id) if newest else None
    if invitation is None or newest is None:
        return TOKEN_REFUSED
    before = newest.registered()
    _verify_own(said, client_id, newest.version)
    try:
        wanted = _wanted(provider, said, invitation)
        _verify_same_subjects(client_id, before.wanted, wanted)
    except Unfit as fault:
        event = RegistrationRefused(invitation.id, fault.error.replace("_", "-"))
        record_once_a_minute(ledger, event, Actor.client(client_id))
        raise
    if newest.token != token and kept(wanted) == newest.version.registration:
        return before
    row, new_token, secret = _next_version(provider, newest, wanted)
    try:
        with ledger.entry(ClientChanged(client_id, row.number), Actor.client(client_id)) as tx:
            tx.add(row)
    except Taken:
        return TOKEN_REFUSED
    return Registered(client_id, wanted, before.issued_at, new_token, secret)


def retire(provider: Provider, client_id: str, token: str) -> Decision:
    """The client is no more (RFC 7592 clause 2.3); `token` is its registration access token."""
    known = read(provider, client_id, token)
    if isinstance(known, Refuse):
        return known
    try:
        with provider.ledger.entry(ClientRetired(client_id), Actor.client(client_id)) as tx:
            tx.add(ClientRetirement(client_id=client_id))
    except Taken:
        return TOKEN_REFUSED
    return Allow()


def _wanted(provider: Provider, said: Mapping[str, Any], invitation: Invitation) -> Registration:
    """What is asked for, once it is fit in every way. Raises Unfit."""
    wanted = metadata.read(said, invitation, provider.keys.algorithms)
    decision = may_register(wanted)
    with provider.ledger.read() as reading:
        taken = key_refusal(reading, wanted.jwks) if decision else None
    if taken is not None:
        decision = Refuse(taken)
    if isinstance(decision, Refuse):
        member, advice = ADVICE.get(decision.code, ("client_metadata", f"does not fit together: {decision.code}"))
        raise Unfit(member if redirect_uris_are_plain(wanted) else "redirect_uris", advice)
    if wanted.declared.sector_identifier_uri:
        _verify_sector(provider, wanted.declared.sector_identifier_uri, _of_sector(wanted))
    return wanted


def _of_sector(wanted: Registration) -> tuple[str, ...]:
    """The addresses that the sector's list must have: by which tokens come (CIBA Core clause 4). Raises Unfit."""
    if DEVICE in wanted.declared.grant_types:
        raise Unfit("sector_identifier_uri", "a device proves no host: register the service for devices by itself")
    if wanted.backchannel_mode is None:
        return wanted.redirect_uris
    if wanted.jwks_uri is None:
        raise Unfit("sector_identifier_uri", "who asks for people by name needs a jwks_uri that is in its list")
    return (*wanted.redirect_uris, wanted.jwks_uri)


def _verify_sector(provider: Provider, uri: str, wanted: tuple[str, ...]) -> None:
    """The sector's own list has every address (OpenID Connect Dynamic Client Registration clause 5). Raises Unfit."""
    try:
        answer: Fetched = provider.client_keys.fetcher.get(uri)
        listed = json.loads(answer.body.decode()) if answer.status == 200 else None
    except (OSError, ValueError, RecursionError) as fault:
        raise Unfit("sector_identifier_uri", "answer there with a JSON array of your addresses") from fault
    if not isinstance(listed, list) or not all(one in listed for one in wanted):
        raise Unfit("sector_identifier_uri", f"its JSON array must have: {' '.join(wanted)}")


def _verify_same_subjects(client_id: str, before: Registration, wanted: Registration) -> None:
    """What subjects are made for is what it was (OpenID Connect Core clause 8.1). Raises Unfit."""
    sector, other = (clients.row(client_id, one, "").sector for one in (before, wanted))
    if sector != other:
        raise Unfit("redirect_uris", f"its people would get another sub: stay at {sector}, or register anew")


def _register(provider: Provider, invitation: Invitation, wanted: Registration) -> Registered | Refuse:
    """In the next free place of the invitation: those who come together meet at its UNIQUE number."""
    ledger = provider.ledger
    client_id, now = ledger.new_id(), ledger.clock.now()
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness) if wanted.has_secret else ""
    token, kept_secret = new_handle(HandleKind.REGISTRATION, ledger.randomness), digest(secret) if secret else ""
    with ledger.read() as reading:
        number = used(reading, invitation.id) + 1
    while number <= invitation.most:
        try:
            event = ClientSelfRegistered(client_id, invitation.id, number)
            with ledger.entry(event, Actor.client(client_id)) as tx:
                tx.add(clients.row(client_id, wanted, kept_secret), _agreement(tx.new_id(), client_id, invitation))
                tx.add(InvitationUse(id=tx.new_id(), invitation_id=invitation.id, number=number, client_id=client_id))
                tx.add(_row(tx.new_id(), client_id, 1, wanted, kept_secret, token, now))
        except Taken:
            number += 1
        else:
            return Registered(client_id, wanted, now, token, secret)
    return TOKEN_REFUSED


@dataclass(frozen=True)
class _Newest:
    """What counts of a registration, for whoever has its token or had one until just now."""

    version: ClientVersion
    issued_at: datetime
    token: str
    secret: str
    """That came with an answer which may have been lost."""

    def registered(self) -> Registered:
        version = self.version
        return Registered(version.client_id, recalled(version.registration), self.issued_at, self.token, self.secret)


def _next_version(provider: Provider, newest: _Newest, wanted: Registration) -> tuple[ClientVersion, str, str]:
    """The version, its token, and the secret that is new to whoever changes it, if one is needed."""
    ledger, known = provider.ledger, newest.version.secret_sha256
    fresh = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness) if wanted.has_secret and not known else ""
    secret_sha256 = digest(fresh) if fresh else known if wanted.has_secret else ""
    token = new_handle(HandleKind.REGISTRATION, ledger.randomness)
    row = _row(
        ledger.new_id(), newest.version.client_id, newest.version.number + 1, wanted, secret_sha256, token,
        ledger.clock.now(),
    )  # fmt: skip
    row.token_for_predecessor = kept_for(newest.token, HandleKind.REGISTRATION, token)
    row.secret_for_predecessor = kept_for(newest.token, HandleKind.CLIENT_SECRET, fresh) if fresh else None
    return row, token, fresh or (newest.secret if wanted.has_secret else "")


def _newest(reading: Reading, client_id: str, token: str, now: datetime) -> _Newest | None:
    """The newest version of a living client, for its token or for one whose successor came within REFRESH_GRACE.

    Whoever lost several answers in that time comes from the token that he has to the newest, step by step.
    """
    if not is_of(HandleKind.REGISTRATION, token) or not clients.find(reading, client_id, now)[1]:
        return None
    of_client = select(ClientVersion).where(ClientVersion.client_id == client_id)
    shown = reading.scalar(of_client.where(ClientVersion.token_sha256 == digest(token)))
    first = reading.scalar(of_client.where(ClientVersion.number == 1))
    if shown is None or first is None:
        return None
    since = reading.scalars(of_client.where(ClientVersion.number > shown.number).order_by(ClientVersion.number)).all()
    if since and now - since[0].at > REFRESH_GRACE:
        return None
    secret = ""
    for one in since:
        if one.token_for_predecessor is None:
            return None
        if one.secret_for_predecessor is not None:
            secret = told_again(token, HandleKind.CLIENT_SECRET, one.secret_for_predecessor)
        token = told_again(token, HandleKind.REGISTRATION, one.token_for_predecessor)
    newest = since[-1] if since else shown
    return _Newest(newest, first.at, token, secret if secret and digest(secret) == newest.secret_sha256 else "")


def _verify_own(said: Mapping[str, Any], client_id: str, newest: ClientVersion) -> None:
    """RFC 7592 clause 2.2: the service names itself, and with its own secret if it sends one. Raises Unfit."""
    if said.get("client_id") != client_id:
        raise Unfit("client_id", "send your own")
    secret = said.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and digest(secret) == newest.secret_sha256):
        raise Unfit("client_secret", "send your own or leave it out: nobody chooses it")


def _row(
    version_id: str, client_id: str, number: int, wanted: Registration, secret_sha256: str, token: str, at: datetime
) -> ClientVersion:
    return ClientVersion(
        id=version_id,
        client_id=client_id,
        number=number,
        registration=kept(wanted),
        secret_sha256=secret_sha256,
        token_sha256=digest(token),
        at=at,
    )


def _agreement(agreement_id: str, client_id: str, invitation: Invitation) -> ClientAgreement:
    return ClientAgreement(
        id=agreement_id,
        client_id=client_id,
        number=1,
        organisation_id=invitation.organisation_id,
        reference=invitation.reference,
        valid_from=invitation.agreed_from,
        valid_until=invitation.agreed_until,
    )
