"""Relying services: how they are registered, found, and retired."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.agreements import agreement_row
from idp.client_keys import canonical_set
from idp.declared import DEVICE, as_value, declared_by, declared_of
from idp.events import ClientRegistered, ClientRetired
from idp.fitness import (
    ALGORITHMS,
    BACKCHANNEL_ALGORITHMS,
    BACKCHANNEL_MODES,
    LOOPBACK,
    Registration,
    is_plain_https,
    may_register,
)
from idp.handles import HandleKind, digest, new_handle
from idp.management import act_of, manager, refused
from idp.registered import Registered, registered
from idp.registration.tables import ClientVersion
from idp.tables import Client, ClientRetirement
from idp.usable_keys import key_refusal
from ledger.acts import Act, SignedAct
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken

__all__ = [
    "ALGORITHMS", "BACKCHANNEL_ALGORITHMS", "BACKCHANNEL_MODES", "RegisteredClient", "Registration", "current", "every",
    "find", "host_of", "is_over", "is_plain_https", "is_retired", "kept", "may_register", "newest_version", "recalled",
    "register", "registering", "registration_of", "retire", "retiring", "row",
]  # fmt: skip


@dataclass(frozen=True)
class RegisteredClient:
    """A fresh client. The secret exists here and with the service, nowhere else; empty when it needs none."""

    client_id: str
    client_secret: str


def registering(wanted: Registration, at: datetime) -> Act:
    """What the person signs who registers a service."""
    return act_of("client.register", wanted.digest(), at)


def retiring(client_id: str, at: datetime) -> Act:
    """What the person signs who retires a client."""
    return act_of("client.retire", client_id, at)


def register(
    ledger: Ledger, wanted: Registration, signed: SignedAct, served: Collection[str] = ALGORITHMS
) -> RegisteredClient | Refuse:
    """The service is a client from now on; `signed` is `registering` under the key of a person on duty.

    `served` are the algorithms that keys of ours are for, as far as the caller can tell.
    """
    by = manager(ledger, signed, "client.register", wanted.digest())
    if isinstance(by, Refuse):
        return by
    decision = may_register(wanted)
    if decision and not wanted.signed_with <= set(served):
        decision = Refuse("client.algorithm-unserved")
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness) if wanted.has_secret else ""
    client_id = ledger.new_id()
    with ledger.read() as session:
        agreement = agreement_row(session, ledger.new_id(), client_id, wanted.agreed)
        if code := key_refusal(session, wanted.jwks):
            agreement = Refuse(code)
    if isinstance(agreement, Refuse):
        return refused(ledger, "unknown", agreement.code, by.person_id)
    with ledger.entry(ClientRegistered(client_id, wanted.profile), by.actor) as tx:
        tx.add(row(client_id, wanted, digest(secret) if secret else ""), *agreement, by.proof(tx.new_id()))
    return RegisteredClient(client_id, secret)


def retire(ledger: Ledger, client_id: str, signed: SignedAct) -> Decision:
    """Nothing of the client counts any more, from this moment; `signed` is `retiring`."""
    by = manager(ledger, signed, "client.retire", client_id)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        known = current(session, client_id) is not None
    if not known:
        return refused(ledger, "unknown", "client.unknown", by.person_id)
    try:
        with ledger.entry(ClientRetired(client_id), by.actor) as tx:
            tx.add(ClientRetirement(client_id=client_id), by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, client_id, "client.retired", by.person_id)
    return Allow()


def find(session: Reading, client_id: str, now: datetime) -> tuple[Client | None, bool]:
    """The client of this id as it is registered now, and whether it lives."""
    found = registered(session, client_id)
    return (_as_it_is(found), found.lives(now)) if found else (None, False)


def current(session: Reading, client_id: str) -> Client | None:
    """The client as it is registered now, alive or not; a copy that belongs to no session, if it changed since."""
    found = registered(session, client_id)
    return _as_it_is(found) if found else None


def _as_it_is(found: Registered) -> Client:
    newest = found.version
    if newest is None or newest.number == 1:
        return found.client
    became = row(found.client.id, recalled(newest.registration), newest.secret_sha256)
    if host_of(found.client.sector) == became.sector:
        became.sector = found.client.sector  # as it was written once: people keep their `sub`
    return became


def host_of(sector: str) -> str:
    """What a sector is by its host alone: earlier releases kept the port and capitals as they stood in the address."""
    return urlsplit(f"//{sector}").hostname or sector


def newest_version(session: Reading, client_id: str) -> ClientVersion | None:
    """What was made of the registration last, if it was changed or the client registered itself."""
    versions = select(ClientVersion).where(ClientVersion.client_id == client_id)
    return session.scalar(versions.order_by(ClientVersion.number.desc()).limit(1))


def is_over(session: Reading, client_id: str, now: datetime) -> bool:
    """Whether the client was retired, or its agreement has lapsed or not yet begun; or there is none."""
    found = registered(session, client_id)
    return found is None or not found.lives(now)


def is_retired(session: Reading, client_id: str) -> bool:
    """Whether the client was retired."""
    return bool(session.scalar(select(exists().where(ClientRetirement.client_id == client_id))))


def every(session: Reading, now: datetime) -> list[tuple[Client, bool]]:
    """All clients in the order of their registration, as they are now, each with whether it lives."""
    found = (find(session, client_id, now) for client_id in session.scalars(select(Client.id).order_by(Client.id)))
    return [(client, lives) for client, lives in found if client is not None]


def kept(wanted: Registration) -> str:
    """A registration as a version of a client keeps it."""
    return json.dumps({**asdict(wanted), "agreed": None}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=256)
def recalled(text: str) -> Registration:
    """What `kept` has kept; agreements are kept apart."""
    said = {name: as_value(value) for name, value in json.loads(text).items()}
    return Registration(**(said | {"declared": declared_of(said["declared"])}))


def row(client_id: str, wanted: Registration, secret_sha256: str) -> Client:
    """The client with these values, which no session knows yet."""
    return Client(
        id=client_id,
        name_lo=wanted.name_lo.strip(),
        name_en=wanted.name_en.strip(),
        profile=wanted.profile,
        first_party=wanted.first_party,
        minimum_level=wanted.minimum_level,
        sector=_sector(client_id, wanted),
        scopes=_joined(wanted.scopes),
        redirect_uris=_joined(wanted.redirect_uris),
        post_logout_redirect_uris=_joined(wanted.post_logout_redirect_uris),
        backchannel_logout_uri=wanted.backchannel_logout_uri,
        secret_sha256=secret_sha256,
        auth_method=wanted.auth_method,
        jwks=canonical_set(wanted.jwks) if wanted.jwks else None,
        jwks_uri=wanted.jwks_uri,
        tls_subject=wanted.tls_subject,
        id_token_alg=wanted.id_token_alg,
        userinfo_alg=wanted.userinfo_alg,
        request_uris=_joined(wanted.request_uris) or None,
        resources=_joined(wanted.resources) or None,
        frontchannel_logout_uri=wanted.frontchannel_logout_uri,
        signed_requests=wanted.signed_requests or None,
        declared=wanted.declared.text(),
        backchannel_mode=wanted.backchannel_mode,
        notification_uri=wanted.notification_uri,
        backchannel_alg=wanted.backchannel_alg,
        serves=_joined(wanted.serves) or None,
    )


def registration_of(client: Client) -> Registration:
    """What `row` has made this client of; agreements are kept apart, and so is the secret."""
    values: dict[str, Any] = {name: getattr(client, name) for name in _ALIKE}
    values |= {name: tuple((getattr(client, name) or "").split()) for name in _JOINED}
    return Registration(**values, declared=declared_by(client), signed_requests=bool(client.signed_requests))


_ALIKE = (
    "name_lo", "name_en", "profile", "first_party", "minimum_level", "backchannel_logout_uri", "auth_method", "jwks",
    "jwks_uri", "tls_subject", "id_token_alg", "userinfo_alg", "frontchannel_logout_uri", "backchannel_mode",
    "notification_uri", "backchannel_alg",
)  # fmt: skip
_JOINED = ("scopes", "redirect_uris", "post_logout_redirect_uris", "request_uris", "resources", "serves")


def _sector(client_id: str, wanted: Registration) -> str:
    """The host that subjects are made for, if all ways to tokens lead by it; else the service is a sector of its own.

    The host component alone (OpenID Connect Core clause 8.1): without the port, and in small letters.

    A code goes to the redirect URI, an answer about a person who is asked for by name to whoever has the keys (CIBA
    Core clause 4). A device proves no host, nor does a program on somebody's own machine; several hosts need a list of
    their sector. Whom an officer registered, he vouches for; who registers himself says which grants he uses.
    """
    said = wanted.declared
    if said.sector_identifier_uri:
        return _host(said.sector_identifier_uri)
    if any(map(LOOPBACK.fullmatch, wanted.redirect_uris)):
        return client_id
    hosts = {_host(uri) for uri in wanted.redirect_uris}
    if not hosts or (said.grant_types and wanted.backchannel_mode):
        hosts.add(_host(wanted.jwks_uri) if wanted.jwks_uri else client_id)
    return hosts.pop() if len(hosts) == 1 and DEVICE not in said.grant_types else client_id


def _host(uri: str) -> str:
    return urlsplit(uri).hostname or ""


def _joined(values: Iterable[str]) -> str:
    return " ".join(values)
