"""Relying services: how they are registered, found, retired, and how they show at an endpoint who they are."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.assurance import HIGHEST
from idp.authorization import SCOPES
from idp.events import ClientRefused, ClientRegistered, ClientRetired
from idp.handles import HandleKind, digest, new_handle
from idp.management import act_of, manager, refused
from idp.tables import Client, ClientRetirement
from idp.throttle import record_once_a_minute
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
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

    def digest(self) -> str:
        """SHA-256 in hex of all of it, which whoever registers it signs."""
        return sha256(canonical(asdict(self))).hexdigest()


@dataclass(frozen=True)
class RegisteredClient:
    """A fresh client. The secret exists here and with the service, nowhere else."""

    client_id: str
    client_secret: str


def registering(wanted: Registration, at: datetime) -> Act:
    """What the person signs who registers a service."""
    return act_of("client.register", wanted.digest(), at)


def retiring(client_id: str, at: datetime) -> Act:
    """What the person signs who retires a client."""
    return act_of("client.retire", client_id, at)


def register(ledger: Ledger, wanted: Registration, signed: SignedAct) -> RegisteredClient | Refuse:
    """The service is a client from now on; `signed` is `registering` under the key of a person on duty."""
    by = manager(ledger, signed, "client.register", wanted.digest())
    if isinstance(by, Refuse):
        return by
    decision = may_register(wanted)
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness)
    client_id = ledger.new_id()
    with ledger.entry(ClientRegistered(client_id, wanted.profile), by.actor) as tx:
        tx.add(_row(client_id, wanted, digest(secret)), by.proof(tx.new_id()))
    return RegisteredClient(client_id, secret)


def retire(ledger: Ledger, client_id: str, signed: SignedAct) -> Decision:
    """Nothing of the client counts any more, from this moment; `signed` is `retiring`."""
    by = manager(ledger, signed, "client.retire", client_id)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        known = find(session, client_id)[0] is not None
    if not known:
        return refused(ledger, "unknown", "client.unknown", by.person_id)
    try:
        with ledger.entry(ClientRetired(client_id), by.actor) as tx:
            tx.add(ClientRetirement(client_id=client_id), by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, client_id, "client.retired", by.person_id)
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
    """The client of this id, and whether it lives. No id has a control character, which PostgreSQL would not take."""
    client = session.get(Client, client_id) if client_id.isprintable() else None
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
