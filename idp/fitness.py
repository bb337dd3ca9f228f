"""What a service is registered with, and whether that is fit: FITNESS is the table, read from top to bottom."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from idp.agreements import Agreed
from idp.assurance import HIGHEST
from idp.client_keys import certifies_nobody, parse_key_set
from idp.declared import NOTHING, Declared
from idp.details import TYPES
from idp.encryption import may_be_encrypted
from idp.profiles import BY_NAME, PROFILES
from idp.scopes import SCOPES
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from pki.errors import PkiError

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""With which ID tokens, userinfo and answers may be asked to be signed."""
BACKCHANNEL_ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""With which a service signs what it asks for (as FAPI-CIBA has it), whatever its profile."""
BACKCHANNEL_MODES = ("poll", "ping")
"""How a service learns of an answer (CIBA Core clause 5); `push` is left out, as FAPI-CIBA clause 5.2.2 demands."""
_URI_SIGNS = re.compile(r"https://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?")
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[A-Za-z0-9\-._~]+)+")
"""RFC 8252 clause 7.3."""
_MAIL = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9\-]{1,63}(\.[A-Za-z0-9\-]{1,63})+")
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

    @property
    def signed_with(self) -> frozenset[str]:
        """All that we are to sign with for it, as far as it says so."""
        said = (self.id_token_alg, self.userinfo_alg, self.declared.answer_alg, self.declared.introspection_alg)
        return frozenset(filter(None, said))

    def digest(self) -> str:
        """SHA-256 in hex of all of it, which whoever registers it signs."""
        return sha256(canonical(asdict(self))).hexdigest()


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
    back = [is_plain_https(uri) or (loopback and bool(LOOPBACK.fullmatch(uri))) for uri in wanted.redirect_uris]
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


def contacts_are_addresses(wanted: Registration) -> bool:
    """Mail addresses, to be written to."""
    return all(_MAIL.fullmatch(address) for address in wanted.declared.contacts)


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
    return wanted.signed_with <= BY_NAME[wanted.profile].algorithms.intersection(ALGORITHMS)


def modes_are_known(wanted: Registration) -> bool:
    """Its profile has them."""
    return set(wanted.declared.response_modes) <= set(BY_NAME[wanted.profile].response_modes)


def what_is_encrypted_can_be_read(wanted: Registration) -> bool:
    """By a key of its own; userinfo is signed in it, so that it is known whose word it is."""
    signed = wanted.userinfo_alg is not None or wanted.declared.userinfo_encryption is None
    return signed and may_be_encrypted(wanted.declared, wanted.jwks, wanted.jwks_uri)


def who_serves_proves_itself(wanted: Registration) -> bool:
    """RFC 7662 clause 2.1: else whoever knows its id reads the tokens that others got for it."""
    return not wanted.serves or wanted.auth_method != "none"


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
    ("client.contact", contacts_are_addresses),
    ("client.name", is_named),
    ("client.method", method_is_allowed),
    ("client.keys", keys_are_there),
    ("client.algorithm", algorithms_are_known),
    ("client.response-mode", modes_are_known),
    ("client.encryption", what_is_encrypted_can_be_read),
    ("client.serves", who_serves_proves_itself),
    ("client.details", details_are_known),
    ("client.agreement-days", agreement_has_days),
    ("client.backchannel", people_may_be_asked_for),
)


def is_plain_https(uri: str) -> bool:
    """Whether it is an https URI without user, fragment, dot segments, or octets that parsers disagree about."""
    if not _URI_SIGNS.fullmatch(uri) or _ENCODED_TRICKS.search(uri):
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port  # read for its error alone: the port is judged only when asked for
    except ValueError:
        return False
    segments = parts.path.split("/")
    return bool(parts.hostname) and not {".", ".."} & set(segments) and ";" not in uri and "//" not in parts.path


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
