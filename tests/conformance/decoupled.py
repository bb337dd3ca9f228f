"""A service that asks for a person who is elsewhere (CIBA), and the person's answer through the practice address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from requests import Response

from tests.conformance.description import Client, Provider
from tests.conformance.strict import LIFE, STRICT, Strict
from tests.conformance.tokens import chance, now, signed

GRANT_TYPE = "urn:openid:params:grant-type:ciba"
NEEDS = ("backchannel_authentication_endpoint", f"grant_types_supported:{GRANT_TYPE}", *STRICT[1:])


@dataclass(frozen=True)
class Decoupled:
    """The service at work; what it shares with other strict ones is in `strict`."""

    strict: Strict

    @classmethod
    def of(cls, provider: Provider, client: Client) -> "Decoupled":
        return cls(Strict(provider, client, signs=True))

    @property
    def provider(self) -> Provider:
        return self.strict.provider

    def wish(self, **changes: Any) -> dict[str, Any]:
        """What is asked for (CIBA clause 7.1); a change of None leaves one out."""
        return {"scope": "openid", "login_hint": self.provider.accounts[0].username, **changes}

    def claims(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of the request object (FAPI-CIBA clause 5.2.2)."""
        own = {"iss": self.strict.client.client_id, "aud": self.provider.issuer, "jti": chance()}
        return {**own, "iat": now(), "nbf": now(), "exp": now() + LIFE, **wish}

    def ask(self, wish: Mapping[str, Any] | None = None, **form: str | None) -> Response:
        """What the endpoint says to the wish in a signed object; `form` adds to it, or with None takes from it."""
        request = signed(self.claims(wish if wish is not None else self.wish()), self.strict.key)
        return self.strict.send("backchannel_authentication_endpoint", {"request": request, **form})

    def begun(self, wish: Mapping[str, Any] | None = None) -> str:
        """The auth_req_id of a good answer (CIBA clause 7.3)."""
        answer = self.ask(wish)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert isinstance(said["expires_in"], int)
        assert said["expires_in"] > 0
        assert isinstance(said.get("interval", 5), int)
        assert len(said["auth_req_id"]) >= 22
        return str(said["auth_req_id"])

    def person(self, auth_req_id: str, action: str) -> None:
        """The person says `allow` or `deny`."""
        assert self.provider.approval_url, "the description has no ciba_approval_url"
        url = self.provider.approval_url.replace("{auth_req_id}", auth_req_id).replace("{action}", action)
        answer = self.provider.http.post(url, timeout=15)
        assert answer.status_code < 400, answer.text

    def redeem(self, auth_req_id: str, **form: str | None) -> Response:
        usual = {"grant_type": GRANT_TYPE, "auth_req_id": auth_req_id}
        return self.strict.send("token_endpoint", usual | form, self.strict.proof_key)

    def tokens(self, wish: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The tokens after the person agreed, checked."""
        auth_req_id = self.begun(wish)
        self.person(auth_req_id, "allow")
        return self.strict.checked(self.redeem(auth_req_id), {})

    def registered(self, notified_at: str) -> "Decoupled":
        """A service with the same keys, registered by itself to be pinged at that address."""
        metadata = {
            "grant_types": [GRANT_TYPE, "refresh_token"],
            "response_types": [],
            "redirect_uris": [],
            "require_pushed_authorization_requests": None,
            "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": notified_at,
            "backchannel_authentication_request_signing_alg": "ES256",
            "id_token_signed_response_alg": "ES256",
        }
        return Decoupled(self.strict.registered(**metadata))
