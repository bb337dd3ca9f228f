"""Relying services: how they are registered, found, retired, and how they show at an endpoint who they are."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.assurance import HIGHEST
from idp.authorization import SCOPES
from idp.events import ClientRefused, ClientRegistered, ClientRetired
from idp.handles import HandleKind, digest, new_handle
from idp.tables import Client, ClientRetirement
from idp.throttle import record_once_a_minute
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken

PROFILES = ("gov", "standard")
_URI_SIGNS = re.compile(r"https://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?")
_ENCODED_TRICKS = re.compile(r"%(2e|2f|5c|25)", re.IGNORECASE)


@dataclass(frozen=True)
class Registration:
    """What a service is registered with."""

    name_lo: str
    name_en: str
    profile: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = SCOPES
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    first_party: bool = False
    minimum_level: int = 2


@dataclass(frozen=True)
class RegisteredClient:
    """A fresh client. The secret exists here and with the service, nowhere else."""

    client_id: str
    client_secret: str


def register(ledger: Ledger, wanted: Registration, actor: Actor) -> RegisteredClient | Refuse:
    """The service is a client from now on."""
    decision = may_register(wanted)
    if isinstance(decision, Refuse):
        return decision
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness)
    client_id = ledger.new_id()
    with ledger.entry(ClientRegistered(client_id, wanted.profile), actor) as tx:
        tx.add(_row(client_id, wanted, digest(secret)))
    return RegisteredClient(client_id, secret)


def retire(ledger: Ledger, client_id: str, actor: Actor) -> Decision:
    """Nothing of the client counts any more, from this moment."""
    with ledger.read() as session:
        if session.get(Client, client_id) is None:
            return Refuse("client.unknown")
    try:
        with ledger.entry(ClientRetired(client_id), actor) as tx:
            tx.add(ClientRetirement(client_id=client_id))
    except Taken:
        return Refuse("client.retired")
    return Allow()


def may_register(wanted: Registration) -> Decision:
    """Whether the values are fit: known profile and scopes, and URIs that no two parsers can read differently."""
    uris = (*wanted.redirect_uris, *wanted.post_logout_redirect_uris, *filter(None, [wanted.backchannel_logout_uri]))
    if wanted.profile not in PROFILES or not 1 <= wanted.minimum_level <= HIGHEST:
        return Refuse("client.profile")
    if not set(wanted.scopes) <= set(SCOPES) or "openid" not in wanted.scopes:
        return Refuse("client.scope")
    if not wanted.redirect_uris or not all(map(is_plain_https, uris)):
        return Refuse("client.uri")
    return Allow() if wanted.name_lo.strip() and wanted.name_en.strip() else Refuse("client.name")


def is_plain_https(uri: str) -> bool:
    """Whether it is an https URI without user, fragment, dot segments, or octets that parsers disagree about."""
    if not _URI_SIGNS.fullmatch(uri) or _ENCODED_TRICKS.search(uri):
        return False
    parts = urlsplit(uri)
    segments = parts.path.split("/")
    return bool(parts.hostname) and not {".", ".."} & set(segments) and ";" not in uri and "//" not in parts.path


def find(session: Reading, client_id: str) -> tuple[Client | None, bool]:
    """The client of this id, and whether it lives."""
    client = session.get(Client, client_id)
    return client, client is not None and not is_retired(session, client_id)


def is_retired(session: Reading, client_id: str) -> bool:
    """Whether the client was retired."""
    return bool(session.scalar(select(exists().where(ClientRetirement.client_id == client_id))))


def every(session: Reading) -> list[tuple[Client, bool]]:
    """All clients in the order of their registration, each with whether it lives."""
    statement = select(Client, ClientRetirement.client_id).outerjoin(
        ClientRetirement, ClientRetirement.client_id == Client.id
    )
    return [(client, retired is None) for client, retired in session.execute(statement.order_by(Client.id))]


def authenticate(ledger: Ledger, client_id: str, secret: str) -> Client | Refuse:
    """The live client whose secret this is (RFC 6749 clause 2.3.1). A wrong secret is entered, an unknown id is not."""
    with ledger.read() as session:
        client, lives = find(session, client_id)
    if client is None:
        return Refuse("client.unauthenticated")
    if lives and hmac.compare_digest(client.secret_sha256, digest(secret)):
        return client
    record_once_a_minute(ledger, ClientRefused(client.id, "client.unauthenticated"), Actor.client(client.id))
    return Refuse("client.unauthenticated")


def _row(client_id: str, wanted: Registration, secret_sha256: str) -> Client:
    return Client(
        id=client_id,
        name_lo=wanted.name_lo.strip(),
        name_en=wanted.name_en.strip(),
        profile=wanted.profile,
        first_party=wanted.first_party,
        minimum_level=wanted.minimum_level,
        sector=urlsplit(wanted.redirect_uris[0]).netloc,
        scopes=_joined(wanted.scopes),
        redirect_uris=_joined(wanted.redirect_uris),
        post_logout_redirect_uris=_joined(wanted.post_logout_redirect_uris),
        backchannel_logout_uri=wanted.backchannel_logout_uri,
        secret_sha256=secret_sha256,
    )


def _joined(values: Iterable[str]) -> str:
    return " ".join(values)
