"""Client metadata (RFC 7591 clause 2, OpenID Connect Dynamic Client Registration clause 2): a line a member.

What is not listed is not understood and left out, as the RFC says; what is listed and not fit is refused. Whatever
counts is in the answer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from idp.assurance import REACHABLE
from idp.client_authentication import METHODS
from idp.clients import ALGORITHMS, BACKCHANNEL_ALGORITHMS, BACKCHANNEL_MODES, Registration, is_plain_https
from idp.declared import CIBA, DEVICE, NOTHING
from idp.encryption import ALGORITHMS as ENCRYPTION_ALGORITHMS
from idp.encryption import CONTENTS, USUAL_CONTENT
from idp.profiles import BY_NAME, Refreshing
from idp.registration.tables import Invitation
from idp.scopes import SCOPES

GRANTS = ("authorization_code", "refresh_token", CIBA, DEVICE)
"""That a service may register for."""
_MOST, _LONGEST, _LONGEST_NAME = 20, 500, 100


class Unfit(Exception):
    """A member cannot be taken. `advice` says what to do; `error` is the word of RFC 7591 clause 3.2.2."""

    def __init__(self, member: str, advice: str) -> None:
        super().__init__(f"{member}: {advice}")
        self.error = "invalid_redirect_uri" if member == "redirect_uris" else "invalid_client_metadata"


Read = Callable[[str, Any], Any]


def text(name: str, value: Any) -> str:
    """A text of sensible length, without signs that nobody sees."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise Unfit(name, f"send a text of 1 to {_LONGEST} visible characters")
    return value


def address(name: str, value: Any) -> str:
    """An https address."""
    if not is_plain_https(text(name, value)):
        raise Unfit(name, "send a plain https address: no user, fragment, dot segment or doubled slash")
    return str(value)


def several(read: Read) -> Read:
    """A list of what `read` reads."""

    def listed(name: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > _MOST:
            raise Unfit(name, f"send an array of at most {_MOST}")
        return tuple(dict.fromkeys(read(name, one) for one in value))

    return listed


def one_of(*words: str) -> Read:
    """One of these words."""

    def chosen(name: str, value: Any) -> str:
        if value not in words:
            raise Unfit(name, f"send one of: {' '.join(words)}")
        return str(value)

    return chosen


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Unfit(name, "send true or false")
    return value


def seconds(name: str, value: Any) -> int:
    """A number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise Unfit(name, "send a number of seconds")
    return value


def key_set(name: str, value: Any) -> str:
    """A JWK set; `idp.fitness.keys_are_there` looks into it."""
    if not isinstance(value, dict):
        raise Unfit(name, "send a JWK set of public keys")
    return json.dumps(value)


def mail(name: str, value: Any) -> str:
    """A mail address."""
    local, at, host = text(name, value).rpartition("@")
    if not (at and local and "." in host) or not value.isascii() or " " in value:
        raise Unfit(name, "send mail addresses")
    return str(value)


def words(name: str, value: Any) -> tuple[str, ...]:
    """Scopes; those that we do not know are left out (RFC 7591 clause 2)."""
    return tuple(scope for scope in SCOPES if scope in text(name, value).split(" "))


@dataclass(frozen=True)
class Member:
    """A member of the metadata, and where its value is kept: in `Registration`, or in `Declared`."""

    name: str
    field: str
    read: Read
    declared: bool = False

    def value(self, wanted: Registration) -> Any:
        """As it is kept."""
        return getattr(wanted.declared if self.declared else wanted, self.field)


_ADDRESSES, _ALGORITHM = several(address), one_of(*ALGORITHMS)
_ENCRYPTION, _CONTENT = one_of(*ENCRYPTION_ALGORITHMS), one_of(*CONTENTS)
MEMBERS = (
    Member("redirect_uris", "redirect_uris", several(text)),
    Member("post_logout_redirect_uris", "post_logout_redirect_uris", _ADDRESSES),
    Member("backchannel_logout_uri", "backchannel_logout_uri", address),
    Member("frontchannel_logout_uri", "frontchannel_logout_uri", address),
    Member("request_uris", "request_uris", several(text)),
    Member("scope", "scopes", words),
    Member("token_endpoint_auth_method", "auth_method", one_of(*METHODS)),
    Member("jwks", "jwks", key_set),
    Member("jwks_uri", "jwks_uri", address),
    Member("id_token_signed_response_alg", "id_token_alg", _ALGORITHM),
    Member("userinfo_signed_response_alg", "userinfo_alg", _ALGORITHM),
    Member("require_signed_request_object", "signed_requests", flag),
    Member("backchannel_token_delivery_mode", "backchannel_mode", one_of(*BACKCHANNEL_MODES)),
    Member("backchannel_client_notification_endpoint", "notification_uri", address),
    Member("backchannel_authentication_request_signing_alg", "backchannel_alg", one_of(*BACKCHANNEL_ALGORITHMS)),
    Member("application_type", "application_type", one_of("web", "native"), declared=True),
    Member("grant_types", "grant_types", several(one_of(*GRANTS)), declared=True),
    Member("response_modes", "response_modes", several(one_of(*BY_NAME["standard"].response_modes)), declared=True),
    Member("contacts", "contacts", several(mail), declared=True),
    Member("client_uri", "client_uri", address, declared=True),
    Member("logo_uri", "logo_uri", address, declared=True),
    Member("policy_uri", "policy_uri", address, declared=True),
    Member("tos_uri", "tos_uri", address, declared=True),
    Member("initiate_login_uri", "initiate_login_uri", address, declared=True),
    Member("sector_identifier_uri", "sector_identifier_uri", address, declared=True),
    Member("default_max_age", "default_max_age", seconds, declared=True),
    Member("require_auth_time", "require_auth_time", flag, declared=True),
    Member("default_acr_values", "default_acr_values", several(one_of(*REACHABLE)), declared=True),
    Member("request_object_signing_alg", "request_alg", _ALGORITHM, declared=True),
    Member("token_endpoint_auth_signing_alg", "assertion_alg", _ALGORITHM, declared=True),
    Member("authorization_signed_response_alg", "answer_alg", _ALGORITHM, declared=True),
    Member("id_token_encrypted_response_alg", "identity_encryption", _ENCRYPTION, declared=True),
    Member("id_token_encrypted_response_enc", "identity_content", _CONTENT, declared=True),
    Member("userinfo_encrypted_response_alg", "userinfo_encryption", _ENCRYPTION, declared=True),
    Member("userinfo_encrypted_response_enc", "userinfo_content", _CONTENT, declared=True),
    Member("authorization_encrypted_response_alg", "answer_encryption", _ENCRYPTION, declared=True),
    Member("authorization_encrypted_response_enc", "answer_content", _CONTENT, declared=True),
    Member("introspection_signed_response_alg", "introspection_alg", _ALGORITHM, declared=True),
    Member("introspection_encrypted_response_alg", "introspection_encryption", _ENCRYPTION, declared=True),
    Member("introspection_encrypted_response_enc", "introspection_content", _CONTENT, declared=True),
    Member("require_pushed_authorization_requests", "pushed_always", flag, declared=True),
    Member("dpop_bound_access_tokens", "dpop_always", flag, declared=True),
    Member("tls_client_certificate_bound_access_tokens", "certificate_always", flag, declared=True),
)
_OF_OURS = frozenset({"id_token_alg", "userinfo_alg", "answer_alg", "introspection_alg"})
"""Algorithms that we sign with; the others are the service's own."""
CONSTANT: Mapping[str, Any] = {
    "subject_type": "pairwise",
    "backchannel_logout_session_required": True,
    "frontchannel_logout_session_required": True,
}
"""What every registration has. The last two are never denied: a session is always named."""
_SAID = {"response_types": several(one_of("code")), "subject_type": one_of("pairwise")}
_SUBJECTS = {"tls_client_auth_subject_dn": "dn:", "tls_client_auth_san_dns": "dns:"}
_OTHER_SUBJECTS = ("tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email")


def read(said: Mapping[str, Any], invitation: Invitation, algorithms: tuple[str, ...]) -> Registration:
    """The registration that the metadata asks for, within the invitation; `algorithms` are those that we sign with.

    Raises Unfit. Whether the values fit together is `idp.clients.may_register`'s to say.
    """
    given = {name: value for name, value in said.items() if value is not None}  # RFC 7592 clause 2.2
    for name, check in _SAID.items():
        if name in given and not check(name, given[name]) and not _only_by_name(given):
            raise Unfit(name, "name at least one")
    if not given.get("redirect_uris") and not _only_by_name(given):
        raise Unfit("redirect_uris", "name at least one")
    found = {member: member.read(member.name, given[member.name]) for member in MEMBERS if member.name in given}
    lao, english = _names(given)
    usual_alg = _usual_algorithm(invitation.profile, algorithms)
    unsaid = replace(NOTHING, answer_alg=usual_alg, introspection_alg=usual_alg)
    wanted = Registration(
        name_lo=lao,
        name_en=english,
        profile=invitation.profile,
        redirect_uris=(),
        scopes=tuple(invitation.scopes.split(" ")),
        minimum_level=invitation.minimum_level,
        auth_method=_usual_method(invitation.profile),
        tls_subject=_tls_subject(given),
        id_token_alg=usual_alg,
        declared=replace(unsaid, grant_types=("authorization_code",), application_type="web"),
    )
    declared = {member.field: value for member, value in found.items() if member.declared}
    usual = {name.replace("_encryption", "_content"): USUAL_CONTENT for name in declared if "_encryption" in name}
    declared = usual | declared
    own = {member.field: value for member, value in found.items() if not member.declared}
    wanted = replace(wanted, **own, declared=replace(wanted.declared, **declared))
    return _within(wanted, invitation, algorithms)


def described(wanted: Registration) -> dict[str, Any]:
    """The metadata as it counts, for the answer (RFC 7591 clause 3.2.1)."""
    values = {member.name: member.value(wanted) for member in MEMBERS}
    found = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    found |= {"scope": " ".join(wanted.scopes), "jwks": json.loads(wanted.jwks) if wanted.jwks else None}
    kind, _, name = (wanted.tls_subject or "").partition(":")
    found |= {member: name for member, prefix in _SUBJECTS.items() if prefix == f"{kind}:"}
    names = {"client_name": wanted.name_en, "client_name#lo": wanted.name_lo, "client_name#en": wanted.name_en}
    kept = {name: value for name, value in found.items() if value is not None and value is not False and value != []}
    by_browser = "authorization_code" in (wanted.declared.grant_types or GRANTS)
    return {**kept, **names, **CONSTANT, "response_types": ["code"] if by_browser else []}


def _within(wanted: Registration, invitation: Invitation, algorithms: tuple[str, ...]) -> Registration:
    """No more than the invitation allows. Raises Unfit."""
    profile, said = BY_NAME[invitation.profile], wanted.declared
    if wanted.auth_method not in profile.methods:
        raise Unfit("token_endpoint_auth_method", f"this invitation takes: {' '.join(profile.methods)}")
    for member in MEMBERS:
        value = member.value(wanted)
        ours = algorithms if member.field in _OF_OURS else ALGORITHMS
        taken = [name for name in ours if name in profile.algorithms]
        if member.read is _ALGORITHM and value not in {None, *taken}:
            raise Unfit(member.name, f"this invitation takes: {' '.join(taken)}")
    refreshed = profile.refreshing is not Refreshing.NONE
    grants = tuple(grant for grant in said.grant_types if refreshed or grant != "refresh_token")
    if not {"authorization_code", CIBA} & set(grants):
        raise Unfit("grant_types", "name authorization_code too")
    allowed = invitation.scopes.split(" ")
    scopes = tuple(scope for scope in wanted.scopes if scope in allowed)
    return replace(wanted, scopes=scopes, declared=replace(said, grant_types=grants))


def _names(given: Mapping[str, Any]) -> tuple[str, str]:
    """The name in Lao and in English; each stands for the other, and for both the host where none is said."""
    plain = given.get("client_name")
    lao, english = given.get("client_name#lo", plain), given.get("client_name#en", plain)
    places = given.get("redirect_uris") or [given.get("backchannel_client_notification_endpoint", "")]
    found = lao or english or _host(places), english or lao or _host(places)
    for name in found:
        if len(text("client_name", name)) > _LONGEST_NAME or not name.strip():
            raise Unfit("client_name", f"say a name of at most {_LONGEST_NAME} characters, best as #lo and #en")
    return found


def _only_by_name(given: Mapping[str, Any]) -> bool:
    """Whether it asks for people by name alone (CIBA Core clause 4), and sends no browser anywhere."""
    grants = given.get("grant_types")
    return isinstance(grants, list) and CIBA in grants and "authorization_code" not in grants


def _host(redirect_uris: Sequence[str]) -> str:
    """Of the first address. Raises Unfit."""
    try:
        return urlsplit(redirect_uris[0]).hostname or ""
    except (IndexError, ValueError) as fault:
        raise Unfit("redirect_uris", "name at least one address with a host") from fault


def _tls_subject(given: Mapping[str, Any]) -> str | None:
    """RFC 8705 clause 2.1.2: exactly one."""
    if others := [name for name in _OTHER_SUBJECTS if name in given]:
        raise Unfit(others[0], f"send one of: {' '.join(_SUBJECTS)}")
    found = [prefix + text(name, given[name]) for name, prefix in _SUBJECTS.items() if name in given]
    if len(found) > 1:
        raise Unfit("tls_client_auth_subject_dn", f"send only one of: {' '.join(_SUBJECTS)}")
    return found[0] if found else None


def _usual_method(profile: str) -> str:
    """`client_secret_basic` where the profile has it (RFC 7591 clause 2), else its first."""
    methods = BY_NAME[profile].methods
    return "client_secret_basic" if "client_secret_basic" in methods else methods[0]


def _usual_algorithm(profile: str, algorithms: tuple[str, ...]) -> str | None:
    """RS256 where it can be had, else the first that can.

    So OpenID Connect Dynamic Client Registration clause 2, JARM clause 3 and RFC 9701 clause 6 have it, each for what
    it signs. Userinfo alone is not signed unless that is asked for.
    """
    taken = [name for name in algorithms if name in BY_NAME[profile].algorithms]
    return "RS256" if "RS256" in taken else taken[0] if taken else None
