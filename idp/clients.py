"""Relying services: how they are registered, found, and retired."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.assurance import HIGHEST
from idp.client_keys import canonical_set, parse_key_set
from idp.events import ClientRegistered, ClientRetired
from idp.handles import HandleKind, digest, new_handle
from idp.management import act_of, manager, refused
from idp.profiles import BY_NAME, PROFILES
from idp.scopes import SCOPES
from idp.tables import Client, ClientRetirement
from idp.trusted import certifies_nobody
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken
from pki.errors import PkiError

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""With which ID tokens, userinfo and answers may be asked to be signed."""
_URI_SIGNS = re.compile(r"https://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[A-Za-z0-9\-._~]+)+")
"""RFC 8252 clause 7.3."""
_SUBJECT = re.compile(r"(dns:[a-z0-9.\-]{1,253}|dn:[^\x00-\x1f\x7f]{1,500})")
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
    auth_method: str | None = None
    jwks: str | None = None
    jwks_uri: str | None = None
    tls_subject: str | None = None
    id_token_alg: str | None = None
    userinfo_alg: str | None = None
    request_uris: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    frontchannel_logout_uri: str | None = None
    signed_requests: bool = False
    """It signs every request (RFC 9101 clause 10.5): one that is not signed is not its own."""
    serves: tuple[str, ...] = ()
    """Resources that it is itself: it may introspect tokens for them."""

    @property
    def has_secret(self) -> bool:
        """Whether it authenticates by a secret."""
        return self.auth_method in {None, "client_secret_basic", "client_secret_post"}

    def digest(self) -> str:
        """SHA-256 in hex of all of it, which whoever registers it signs."""
        return sha256(canonical(asdict(self))).hexdigest()


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
    if decision and not {wanted.id_token_alg, wanted.userinfo_alg} <= {None, *served}:
        decision = Refuse("client.algorithm-unserved")
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness) if wanted.has_secret else ""
    client_id = ledger.new_id()
    with ledger.entry(ClientRegistered(client_id, wanted.profile), by.actor) as tx:
        tx.add(_row(client_id, wanted, digest(secret) if secret else ""), by.proof(tx.new_id()))
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
    """Whether the values are fit: what is wrong first in FITNESS is the refusal."""
    found = next((code for code, is_fit in FITNESS if not is_fit(wanted)), None)
    return Refuse(found) if found else Allow()


def profile_is_known(wanted: Registration) -> bool:
    """A profile of ours, and a level that can be reached."""
    return wanted.profile in PROFILES and 1 <= wanted.minimum_level <= HIGHEST


def scopes_are_known(wanted: Registration) -> bool:
    """Scopes of ours, `openid` among them."""
    return set(wanted.scopes) <= set(SCOPES) and "openid" in wanted.scopes


def addresses_are_plain(wanted: Registration) -> bool:
    """URIs that no two parsers can read differently."""
    loopback = BY_NAME[wanted.profile].loopback
    others = (
        *wanted.post_logout_redirect_uris, *wanted.request_uris, *wanted.resources, *wanted.serves,
        *filter(None, (wanted.backchannel_logout_uri, wanted.frontchannel_logout_uri, wanted.jwks_uri)),
    )  # fmt: skip
    back = [is_plain_https(uri) or (loopback and bool(_LOOPBACK.fullmatch(uri))) for uri in wanted.redirect_uris]
    return bool(back) and all(back) and all(map(is_plain_https, others))


def addresses_are_of_one_host(wanted: Registration) -> bool:
    """OpenID Connect Core clause 8.1: subjects are made for one host, so there must be no second one."""
    return len({urlsplit(uri).hostname for uri in wanted.redirect_uris if uri.startswith("https:")}) <= 1


def is_named(wanted: Registration) -> bool:
    """In both languages."""
    return bool(wanted.name_lo.strip() and wanted.name_en.strip())


def method_is_allowed(wanted: Registration) -> bool:
    """Its profile lets it authenticate so."""
    allowed = BY_NAME[wanted.profile].methods
    return (wanted.auth_method or "client_secret_basic") in allowed


def keys_are_there(wanted: Registration) -> bool:
    """One key set in one place, which the method can use; a name for certificates of ours and for nothing else."""
    if (wanted.jwks and wanted.jwks_uri) or (wanted.signed_requests and not (wanted.jwks or wanted.jwks_uri)):
        return False
    if (wanted.auth_method == "tls_client_auth") != bool(wanted.tls_subject):
        return False
    if wanted.tls_subject and not _SUBJECT.fullmatch(wanted.tls_subject):
        return False
    if wanted.auth_method in {"private_key_jwt", "self_signed_tls_client_auth"} and not wanted.jwks:
        return wanted.auth_method == "private_key_jwt" and bool(wanted.jwks_uri)
    return wanted.jwks is None or _holds_keys(wanted)


def algorithms_are_known(wanted: Registration) -> bool:
    """We sign so, and its profile takes it."""
    taken = BY_NAME[wanted.profile].algorithms.intersection(ALGORITHMS)
    return {wanted.id_token_alg, wanted.userinfo_alg} <= {None, *taken}


FITNESS: tuple[tuple[str, Callable[[Registration], bool]], ...] = (
    ("client.profile", profile_is_known),
    ("client.scope", scopes_are_known),
    ("client.uri", addresses_are_plain),
    ("client.sector", addresses_are_of_one_host),
    ("client.name", is_named),
    ("client.method", method_is_allowed),
    ("client.keys", keys_are_there),
    ("client.algorithm", algorithms_are_known),
)


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


def _holds_keys(wanted: Registration) -> bool:
    try:
        keys = parse_key_set(wanted.jwks or "")
    except PkiError:
        return False
    if wanted.auth_method != "self_signed_tls_client_auth":
        return bool(keys)
    shown = [key.certificate for key in keys if key.certificate]
    return bool(shown) and all(map(certifies_nobody, shown))


def _row(client_id: str, wanted: Registration, secret_sha256: str) -> Client:
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
        serves=_joined(wanted.serves) or None,
    )


def _sector(client_id: str, wanted: Registration) -> str:
    """The host that subjects are made for; every program on somebody's own machine is a sector of its own."""
    loopback = any(map(_LOOPBACK.fullmatch, wanted.redirect_uris))
    return client_id if loopback else urlsplit(wanted.redirect_uris[0]).netloc


def _joined(values: Iterable[str]) -> str:
    return " ".join(values)
