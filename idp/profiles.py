"""Security profiles of clients: a line a rule, a column a profile. How strict we are with whom is read here.

`standard`: plain OpenID Connect as old software speaks it. `gov`: services of the state. `fapi2`: FAPI 2.0 Security
Profile and Message Signing. `kiosk`: a machine that many people use. `native`: a program on somebody's own machine,
which can keep no secret (RFC 8252).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from idp.tables import Client


class Refreshing(Enum):
    """What becomes of a refresh token that is used."""

    KEPT = "kept"
    """It stays: whoever shows it also shows the key that it is bound to (FAPI 2.0 clause 5.3.2.1)."""
    ROTATED = "rotated"
    """It gives its one successor (RFC 9700 clause 4.14)."""
    NONE = "none"
    """There is none."""


@dataclass(frozen=True)
class Profile:
    """The rules that hold for a client."""

    pkce_demanded: bool
    pushed_demanded: bool
    sender_demanded: bool
    """Tokens are bound to a key of the client, by DPoP or mutual TLS."""
    nonce_demanded: bool
    """A DPoP proof has a nonce of ours in it (RFC 9449 clause 8)."""
    methods: tuple[str, ...]
    """Of authentication at our endpoints: names of `idp.client_authentication.METHODS`."""
    algorithms: frozenset[str]
    """With which the client may sign."""
    issuer_alone: bool
    """A client's assertion is for our issuer, as one text; else an endpoint of ours will do too.

    CIBA Core clause 7.1 says otherwise of clients that ask for people by name, there and at the token endpoint."""
    assertion_life: timedelta
    request_by_address: bool
    """A registered `request_uri` is fetched (RFC 9101 clause 5.2)."""
    outer_counts: bool
    """Beside a request object, parameters that it lacks are taken from the query (OpenID Connect Core clause 6.1)."""
    object_times_demanded: bool
    """A request object has `nbf` and `exp`, an hour apart at most (FAPI 2.0 Message Signing clause 5.3.1)."""
    response_modes: tuple[str, ...]
    refreshing: Refreshing
    loopback: bool
    """Redirect URIs on this machine by http, at any port (RFC 8252 clause 7.3)."""
    device_allowed: bool
    """It may show a code for its person to type elsewhere (RFC 8628): machines without a keyboard, and programs.

    Where a browser is at hand there is a way that nobody can be talked into from afar (RFC 8628 clause 5.4).
    """
    signs_in_alone: bool
    """Each sign-in is for its own request: no session of the browser answers it, and the browser has none afterwards.

    Many people come to the machine, one after the other: whoever is next is nobody yet."""
    backchannel_allowed: bool
    """It may ask for a person by name (CIBA) if its registration says how it is answered, always by a signed object."""

    @property
    def proves_itself(self) -> bool:
        """Whether a client authenticates at all."""
        return self.methods != _NONE


_SECRETS = ("client_secret_basic", "client_secret_post")
_KEYS = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
_ANY, _NONE = (*_SECRETS, *_KEYS), ("none",)
_ALL = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
_FAPI = frozenset({"PS256", "ES256", "EdDSA"})
_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
_HOUR, _MINUTES = timedelta(hours=1), timedelta(minutes=5)
_KEPT, _TURN, _NO = Refreshing.KEPT, Refreshing.ROTATED, Refreshing.NONE

PROFILES = ("standard", "gov", "fapi2", "kiosk", "native")
TABLE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    # rule                     standard gov       fapi2     kiosk     native
    ("pkce_demanded",         (False,  True,     True,     True,     True)),
    ("pushed_demanded",       (False,  True,     True,     True,     False)),
    ("sender_demanded",       (False,  False,    True,     True,     False)),
    ("nonce_demanded",        (False,  False,    True,     True,     False)),
    ("methods",               (_ANY,   _KEYS,    _KEYS,    _KEYS,    _NONE)),
    ("algorithms",            (_ALL,   _FAPI,    _FAPI,    _FAPI,    _FAPI)),
    ("issuer_alone",          (False,  True,     True,     True,     True)),
    ("assertion_life",        (_HOUR,  _MINUTES, _MINUTES, _MINUTES, _MINUTES)),
    ("request_by_address",    (True,   False,    False,    False,    False)),
    ("outer_counts",          (True,   False,    False,    False,    False)),
    ("object_times_demanded", (False,  True,     True,     True,     True)),
    ("response_modes",        (_MODES, _MODES,   _MODES,   _MODES,   _MODES)),
    ("refreshing",            (_TURN,  _TURN,    _KEPT,    _NO,      _TURN)),
    ("loopback",              (False,  False,    False,    False,    True)),
    ("device_allowed",        (True,   False,    False,    True,     True)),
    ("signs_in_alone",        (False,  False,    False,    True,     False)),
    ("backchannel_allowed",   (True,   True,     True,     False,    False)),
)  # fmt: skip
BY_NAME: Mapping[str, Profile] = {
    name: Profile(**{rule: row[column] for rule, row in TABLE}) for column, name in enumerate(PROFILES)
}


def own_algorithms(profile: Profile, registered: str | None) -> frozenset[str]:
    """With which one client may sign: of the profile's the one that it has registered, if it has."""
    return profile.algorithms & {registered} if registered else profile.algorithms


def profile_of(client: Client) -> Profile:
    """The rules that hold for this client."""
    return BY_NAME[client.profile]
