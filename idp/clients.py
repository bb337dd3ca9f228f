"""Relying services: how they are registered, found, and retired."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.agreements import Agreed, agreement_row
from idp.assurance import HIGHEST
from idp.client_keys import canonical_set, certifies_nobody, parse_key_set
from idp.declared import DEVICE, NOTHING, Declared, as_value, declared_of
from idp.details import TYPES
from idp.encryption import may_be_encrypted
from idp.events import ClientRegistered, ClientRetired
from idp.handles import HandleKind, digest, new_handle
from idp.management import act_of, manager, refused
from idp.profiles import BY_NAME, PROFILES
from idp.registered import Registered, registered
from idp.registration.tables import ClientVersion
from idp.scopes import SCOPES
from idp.tables import Client, ClientRetirement
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken
from pki.errors import PkiError

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""With which ID tokens, userinfo and answers may be asked to be signed."""
BACKCHANNEL_ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""With which a service signs what it asks for (as FAPI-CIBA has it), whatever its profile."""
BACKCHANNEL_MODES = ("poll", "ping")
"""How a service learns of an answer (CIBA Core clause 5); `push` is left out, as FAPI-CIBA clause 5.2.2 demands."""
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
    declared: Declared = NOTHING
    agreed: Agreed | None = None
    """Under which it works (DP-04)."""
    backchannel_mode: str | None = None
    notification_uri: str | None = None
    backchannel_alg: str | None = None
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
    with ledger.read() as session:
        agreement = agreement_row(session, ledger.new_id(), client_id, wanted.agreed)
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


def redirect_uris_are_plain(wanted: Registration) -> bool:
    """There are some, save for who asks for people by name, and no two parsers can read them differently."""
    loopback = BY_NAME[wanted.profile].loopback
    back = [is_plain_https(uri) or (loopback and bool(_LOOPBACK.fullmatch(uri))) for uri in wanted.redirect_uris]
    return (bool(back) or bool(wanted.backchannel_mode)) and all(back)


def addresses_are_plain(wanted: Registration) -> bool:
    """The same of all others. That of a request object may end with its digest (OpenID Connect Core clause 6.2)."""
    said = wanted.declared
    single = (
        wanted.backchannel_logout_uri, wanted.frontchannel_logout_uri, wanted.jwks_uri, said.client_uri, said.logo_uri,
        said.policy_uri, said.tos_uri, said.initiate_login_uri, said.sector_identifier_uri, wanted.notification_uri,
    )  # fmt: skip
    objects = (uri.partition("#")[0] for uri in wanted.request_uris)
    others = (*wanted.post_logout_redirect_uris, *objects, *wanted.resources, *wanted.serves, *filter(None, single))
    return all(map(is_plain_https, others))


def addresses_are_of_one_host(wanted: Registration) -> bool:
    """OpenID Connect Core clause 8.1: subjects are made for one host, so a second one needs a list of its sector."""
    if wanted.declared.sector_identifier_uri:
        return True
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
    said = wanted.declared
    return {wanted.id_token_alg, wanted.userinfo_alg, said.answer_alg, said.introspection_alg} <= {None, *taken}


def what_is_encrypted_can_be_read(wanted: Registration) -> bool:
    """By a key of its own; userinfo is signed in it, so that it is known whose word it is."""
    signed = wanted.userinfo_alg is not None or wanted.declared.userinfo_encryption is None
    return signed and may_be_encrypted(wanted.declared, wanted.jwks, wanted.jwks_uri)


def details_are_known(wanted: Registration) -> bool:
    """Types of ours, for services at its resources."""
    types = wanted.declared.details_types
    return set(types) <= set(TYPES) and (not types or bool(wanted.resources))


def agreement_has_days(wanted: Registration) -> bool:
    """It has a number, and ends after it begins."""
    return wanted.agreed is None or wanted.agreed.has_days


def people_may_be_asked_for(wanted: Registration) -> bool:
    """CIBA Core clause 4: a way of ours, of a profile that has it, with keys to sign by; who is pinged says where."""
    if wanted.backchannel_mode is None:
        return wanted.notification_uri is None and wanted.backchannel_alg is None
    profile = BY_NAME[wanted.profile]
    pinged = wanted.backchannel_mode == "ping"
    fit = profile.backchannel_allowed and wanted.backchannel_alg in {None, *BACKCHANNEL_ALGORITHMS}
    keys = bool(wanted.jwks or wanted.jwks_uri)
    return fit and keys and wanted.backchannel_mode in BACKCHANNEL_MODES and pinged == bool(wanted.notification_uri)


FITNESS: tuple[tuple[str, Callable[[Registration], bool]], ...] = (
    ("client.profile", profile_is_known),
    ("client.scope", scopes_are_known),
    ("client.redirect-uri", redirect_uris_are_plain),
    ("client.uri", addresses_are_plain),
    ("client.sector", addresses_are_of_one_host),
    ("client.name", is_named),
    ("client.method", method_is_allowed),
    ("client.keys", keys_are_there),
    ("client.algorithm", algorithms_are_known),
    ("client.encryption", what_is_encrypted_can_be_read),
    ("client.details", details_are_known),
    ("client.agreement-days", agreement_has_days),
    ("client.backchannel", people_may_be_asked_for),
)


def is_plain_https(uri: str) -> bool:
    """Whether it is an https URI without user, fragment, dot segments, or octets that parsers disagree about."""
    if not _URI_SIGNS.fullmatch(uri) or _ENCODED_TRICKS.search(uri):
        return False
    parts = urlsplit(uri)
    segments = parts.path.split("/")
    return bool(parts.hostname) and not {".", ".."} & set(segments) and ";" not in uri and "//" not in parts.path


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
    return row(found.client.id, recalled(newest.registration), newest.secret_sha256)


def newest_version(session: Reading, client_id: str) -> ClientVersion | None:
    """What a client that registered itself made of its registration last."""
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


def _holds_keys(wanted: Registration) -> bool:
    try:
        keys, readers = (parse_key_set(wanted.jwks or "", use) for use in ("sig", "enc"))
    except PkiError:
        return False
    if wanted.auth_method != "self_signed_tls_client_auth":
        signs = wanted.auth_method == "private_key_jwt" or wanted.signed_requests or wanted.backchannel_mode
        return bool(keys) or (bool(readers) and not signs)
    shown = [key.certificate for key in keys if key.certificate]
    return bool(shown) and all(map(certifies_nobody, shown))


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


def _sector(client_id: str, wanted: Registration) -> str:
    """The host that subjects are made for, if all ways to tokens lead by it; else the service is a sector of its own.

    A code goes to the redirect URI, an answer about a person who is asked for by name to whoever has the keys (CIBA
    Core clause 4). A device proves no host, nor does a program on somebody's own machine. Whom an officer registered,
    he vouches for; who registers himself says which grants he uses.
    """
    said = wanted.declared
    if said.sector_identifier_uri:
        return urlsplit(said.sector_identifier_uri).netloc
    if any(map(_LOOPBACK.fullmatch, wanted.redirect_uris)):
        return client_id
    hosts = {urlsplit(uri).netloc for uri in wanted.redirect_uris[:1]}  # others are of the same host
    if not hosts or (said.grant_types and wanted.backchannel_mode):
        hosts.add(urlsplit(wanted.jwks_uri).netloc if wanted.jwks_uri else client_id)
    return hosts.pop() if len(hosts) == 1 and DEVICE not in said.grant_types else client_id


def _joined(values: Iterable[str]) -> str:
    return " ".join(values)
