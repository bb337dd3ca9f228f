"""`/openapi.json`: what programs may call here, for programs that make clients, and for those that try what breaks."""

from collections.abc import Collection, Mapping
from functools import lru_cache

from flask import Blueprint, Response, current_app

from idp.openapi import document
from idp.routes.faults import word_of
from idp.routes.here import provider
from idp.routes.metadata import cacheable, discovery, octets_of
from idp.routes.oauth import BACKCHANNEL_ERRORS, PUSH_ERRORS, TOKEN_ERRORS
from idp.routes.userinfo import WORDS
from web.guards import Guard, guard
from web.release import RELEASE

routes = Blueprint("openapi", __name__)
_OF_ANY = {word_of(status) for status in (400, 413, 429, 503)}
_OF_CLIENTS = _OF_ANY | {word for word, _ in TOKEN_ERRORS.values()}
_OF_REGISTRATION = _OF_ANY | {"invalid_redirect_uri", "invalid_client_metadata", "invalid_token"}
_OF_USERINFO = _OF_ANY | {*WORDS.values(), "invalid_token"}
ERRORS: Mapping[str, Collection[str]] = {
    "par": _OF_CLIENTS | set(PUSH_ERRORS.values()),
    "token": _OF_CLIENTS,
    "introspect": _OF_CLIENTS,
    "revoke": _OF_CLIENTS,
    "device_authorization": _OF_CLIENTS | set(PUSH_ERRORS.values()),
    "backchannel_authentication": _OF_CLIENTS | {word for word, _ in BACKCHANNEL_ERRORS.values()},
    "userinfo": _OF_USERINFO,
    "userinfo_by_post": _OF_USERINFO,
    "register": _OF_REGISTRATION,
    "registration": _OF_REGISTRATION,
    "change_registration": _OF_REGISTRATION,
    "end_registration": _OF_REGISTRATION,
}
"""The error words that each operation has, from the tables that it answers by."""


@routes.get("/openapi.json")
@guard(Guard.PUBLIC)
def openapi() -> Response:
    """The document (OpenAPI 3.1)."""
    here = provider()
    return cacheable(_composed(here.issuer, tuple(here.keys.algorithms), current_app.extensions["mtls_url"]))


@lru_cache(maxsize=4)
def _composed(issuer: str, algorithms: tuple[str, ...], mtls_url: str) -> bytes:
    """Composed once for what it depends on: the keys alone change while a process lives."""
    return octets_of(document(discovery(issuer, algorithms, mtls_url), ERRORS, RELEASE))
