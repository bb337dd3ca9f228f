"""What a service says of itself besides what `Client` has in columns: kept as one JSON text."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from idp.tables import Client

CLIENT_CREDENTIALS = "client_credentials"
"""A service's token for itself (RFC 6749 clause 4.4), for who has registered for it by name alone."""
CIBA, DEVICE = "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:device_code"
"""Grants that come to a service by no browser of the person's (CIBA Core clause 10.1, RFC 8628 clause 3.4)."""

@dataclass(frozen=True)
class Declared:
    """Members of OpenID Connect Dynamic Client Registration clause 2 and its kin; what is not said has its default."""

    application_type: str | None = None
    grant_types: tuple[str, ...] = ()
    """The only ones that it may use; none named means all that its profile has."""
    contacts: tuple[str, ...] = ()
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    initiate_login_uri: str | None = None
    sector_identifier_uri: str | None = None
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    request_alg: str | None = None
    """With which it signs its requests, and no other."""
    assertion_alg: str | None = None
    """With which it signs its assertions, and no other."""
    answer_alg: str | None = None
    """Of answers as JWT (JARM clause 3). Who registers himself always has one; without, as its ID tokens."""
    identity_encryption: str | None = None
    """With which ID tokens are encrypted to it (`idp.encryption`); `_content` says how what is in them."""
    identity_content: str | None = None
    userinfo_encryption: str | None = None
    userinfo_content: str | None = None
    answer_encryption: str | None = None
    answer_content: str | None = None
    introspection_alg: str | None = None
    """Of introspection as JWT (RFC 9701 clause 6), likewise."""
    introspection_encryption: str | None = None
    introspection_content: str | None = None
    response_modes: tuple[str, ...] = ()
    """The only ones in which answers come to it; none named means all that its profile has."""
    details_types: tuple[str, ...] = ()
    """Of `idp.details.TYPES`: what it may ask for in detail. A person on duty registers it, nobody for himself."""
    pushed_always: bool = False
    dpop_always: bool = False
    certificate_always: bool = False

    def text(self) -> str | None:
        """What is kept: nothing for a service that says nothing."""
        said = {name: value for name, value in asdict(self).items() if value != getattr(NOTHING, name)}
        return json.dumps(said, separators=(",", ":"), sort_keys=True) if said else None

    @property
    def bound_always(self) -> bool:
        """Whether its tokens are never for any bearer."""
        return self.dpop_always or self.certificate_always

    def may_use(self, grant_type: str) -> bool:
        """Whether it registered for this grant."""
        return not self.grant_types or grant_type in self.grant_types


NOTHING = Declared()


def declared_by(client: Client) -> Declared:
    """What the client says of itself."""
    return parse_declared(client.declared or "")


@lru_cache(maxsize=256)
def parse_declared(text: str) -> Declared:
    """What `Declared.text` has kept."""
    return declared_of(json.loads(text)) if text else NOTHING


def declared_of(said: Mapping[str, Any]) -> Declared:
    """From JSON's values; a member that this release does not know is left out."""
    known = {field.name for field in fields(Declared)}
    return Declared(**{name: as_value(value) for name, value in said.items() if name in known})


def as_value(value: Any) -> Any:
    """A list of JSON as the tuple that it was."""
    return tuple(value) if isinstance(value, list) else value
