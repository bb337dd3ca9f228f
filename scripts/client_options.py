"""The options that say what a service is registered with, the same for `client-add` and `client-change`."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import click

from idp.assurance import HIGHEST
from idp.client_authentication import METHODS
from idp.clients import ALGORITHMS, BACKCHANNEL_ALGORITHMS, BACKCHANNEL_MODES, Registration
from idp.declared import CIBA, CLIENT_CREDENTIALS, DEVICE, Declared
from idp.details import TYPES
from idp.profiles import BY_NAME, PROFILES
from idp.scopes import SCOPES
from scripts.cli import Run
from scripts.client_encryption import OPTIONS, with_encryption
from scripts.token_key_list import keyring_of

_F = TypeVar("_F", bound=Callable[..., Any])
GRANT_TYPES = ("authorization_code", "refresh_token", CLIENT_CREDENTIALS, CIBA, DEVICE)
EMPTY = Registration(name_lo="", name_en="", profile="gov", redirect_uris=())
"""What is not said has the value that it has here."""
USUAL = "RS256"
_SEVERAL: tuple[tuple[str, str, Any, str], ...] = (
    ("--redirect-uri", "redirect_uris", str, "Exactly as the service sends it."),
    ("--post-logout-uri", "post_logout_redirect_uris", str, "Where it may ask to go after signing out."),
    ("--contact", "contacts", str, "Mail address of those who keep it: written to when a key or its agreement ends."),
    ("--scope", "scopes", click.Choice(SCOPES), "What it may ask for; default: all."),
    ("--request-uri", "request_uris", str, "Where a request object of its may be fetched."),
    ("--resource", "resources", str, "A service that its access tokens may be for (RFC 8707)."),
    ("--serves", "serves", str, "A resource that it is itself: it may introspect tokens for it."),
    ("--details-type", "details_types", click.Choice(tuple(TYPES)),
     "What it may ask people for in detail (RFC 9396), for services at its --resource."),
    ("--response-mode", "response_modes", click.Choice(BY_NAME["standard"].response_modes),
     "The only ones in which answers come to it; default: all."),
    ("--grant-type", "grant_types", click.Choice(GRANT_TYPES),
     "The only grants that it may use; client_credentials has to be named."),
)  # fmt: skip
"""Options that are said several times: name, field, kind and help."""
_ONCE: tuple[tuple[str, str, Any, str], ...] = (
    ("--lo", "name_lo", str, "The service's name in Lao."),
    ("--en", "name_en", str, "The service's name in English."),
    ("--profile", "profile", click.Choice(PROFILES), "How strict it is taken; default: gov."),
    ("--level", "minimum_level", click.IntRange(1, HIGHEST), "Level at least; default: 2."),
    ("--backchannel-logout-uri", "backchannel_logout_uri", str, "Where it is told that a session is over."),
    ("--frontchannel-logout-uri", "frontchannel_logout_uri", str, "What its pages load when a session is over."),
    ("--auth-method", "auth_method", click.Choice(tuple(METHODS)), "How it authenticates; default: a secret."),
    ("--jwks", "jwks", click.File(encoding="utf-8", errors="replace"),
     "Its public keys, a JWK set (with x5c for self-signed)."),
    ("--jwks-uri", "jwks_uri", str, "Where its public keys are; fetched again for a key that is new."),
    ("--tls-subject", "tls_subject", str, "dns:HOST or dn:SUBJECT of its certificate, for tls_client_auth."),
    ("--id-token-alg", "id_token_alg", click.Choice(ALGORITHMS),
     "How its ID tokens are signed; default with profile standard: RS256."),
    ("--userinfo-alg", "userinfo_alg", click.Choice(ALGORITHMS), "Its userinfo is signed, and so."),
    ("--backchannel-mode", "backchannel_mode", click.Choice(BACKCHANNEL_MODES), "It may ask for people by name: CIBA."),
    ("--notification-uri", "notification_uri", str, "Where it is pinged when somebody answered, with mode ping."),
    ("--backchannel-alg", "backchannel_alg", click.Choice(BACKCHANNEL_ALGORITHMS), "With which it signs what it asks."),
)  # fmt: skip
_FLAGS = (
    ("--first-party/--third-party", "first_party", "A service of the government itself: no consent page."),
    ("--signed-requests/--unsigned-requests", "signed_requests", "It signs every request; unsigned ones are refused."),
)
_NEEDED = frozenset({"name_lo", "name_en", "redirect_uris"})
_DECLARED = frozenset(one.name for one in fields(Declared))


def with_registration(*, new: bool) -> Callable[[_F], _F]:
    """Adds all of them; a `new` client needs names and an address."""

    def add(function: _F) -> _F:
        function = with_encryption(function)
        for option, field, said in reversed(_FLAGS):
            function = click.option(option, field, default=None, help=said)(function)
        for several, options in ((True, _SEVERAL), (False, _ONCE)):
            for option, field, kind, said in reversed(options):
                needed = new and field in _NEEDED
                function = click.option(
                    option, field, type=kind, multiple=several, required=needed, help=said
                )(function)  # fmt: skip
        return function

    return add


def changed(before: Registration, said: Mapping[str, Any], without: tuple[str, ...] = ()) -> Registration:
    """The registration with what was said in the place of what was, and what is named in `without` as if never said."""
    values: dict[str, Any] = {}
    for name in without:
        values[name] = getattr(EMPTY.declared if name in _DECLARED else EMPTY, name)
    values |= {name: value for name, value in said.items() if value is not None and value != ()}
    if hasattr(values.get("jwks"), "read"):
        values["jwks"] = values["jwks"].read()
    declared = {name: value for name, value in values.items() if name in _DECLARED}
    own = {name: value for name, value in values.items() if name not in _DECLARED}
    return replace(before, **own, declared=replace(before.declared, **declared))


def settled(run: Run, wanted: Registration) -> tuple[Registration, tuple[str, ...]]:
    """A new registration with what is usual in the place of what nobody said, and what `served_for` says of it.

    ID tokens of profile `standard` are signed with RS256 where a key of ours does that: software as it is bought counts
    on it (OpenID Connect Dynamic Client Registration clause 2).
    """
    if wanted.profile != "standard" or wanted.id_token_alg:
        return wanted, served_for(run, wanted)
    served = keyring_of(run).current(run.ledger).algorithms
    return replace(wanted, id_token_alg=USUAL if USUAL in served else None), served


def served_for(run: Run, wanted: Registration) -> tuple[str, ...]:
    """With which algorithms our keys sign; they are opened only where something must be signed in one way."""
    return keyring_of(run).current(run.ledger).algorithms if wanted.signed_with else ALGORITHMS


REMOVABLE: Mapping[str, str] = {
    option.removeprefix("--"): field
    for option, field in (*((one[0], one[1]) for one in (*_ONCE, *_SEVERAL)), *OPTIONS)
    if field not in _NEEDED
}
"""What `client-change --without` takes away: the option's name, and the field."""
