"""A relying service that shows who it is by private_key_jwt, and is plain OpenID Connect for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from joserfc.jwk import Key
from requests import Response

from tests.conformance.relying import Relying
from tests.conformance.strict import JWT_BEARER, LIFE
from tests.conformance.tokens import chance, now, signed, without_none


@dataclass(frozen=True)
class Asserting(Relying):
    """The service and the key that it uses now."""

    key: Key | None = None

    @classmethod
    def registered_by(cls, plain: Relying, key: Key, **metadata: Any) -> "Asserting":
        """A service like `plain`, registered by itself with that key."""
        method = {
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        client = plain.registered(**(method | metadata)).client
        return cls(plain.provider, client, plain.mode, key)

    def with_key(self, key: Key) -> "Asserting":
        return replace(self, key=key)

    def token(self, form: Mapping[str, str | None]) -> Response:
        own = self.client.client_id
        claims = {
            "iss": own,
            "sub": own,
            "aud": self.provider.issuer,
            "jti": chance(),
            "iat": now(),
            "exp": now() + LIFE,
        }
        assert self.key is not None
        sent = {"client_assertion_type": JWT_BEARER, "client_assertion": signed(claims, self.key), "client_id": own}
        endpoint = self.provider.metadata["token_endpoint"]
        return self.provider.http.post(endpoint, data=without_none({**form, **sent}), timeout=15)
