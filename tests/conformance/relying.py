"""A relying service of profile `standard`: plain OpenID Connect, as software off the shelf speaks it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from requests import Response

from tests.conformance.answers import granted, verified_id_token
from tests.conformance.description import Client, Provider
from tests.conformance.tokens import chance, without_none
from tests.conformance.visitor import Answer, Visitor


@dataclass(frozen=True)
class Login:
    """A login from the request to the tokens."""

    asked: Mapping[str, str]
    answer: Answer
    code: str
    tokens: Mapping[str, Any]
    claims: Mapping[str, Any]
    """Of the ID token, verified."""


@dataclass(frozen=True)
class Relying:
    """The service at work."""

    provider: Provider
    client: Client
    mode: str = "query"

    def ask(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; a change of None leaves one out."""
        usual = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid",
            "state": chance(),
            "nonce": chance(),
            "response_mode": None if self.mode == "query" else self.mode,
        }
        return without_none(usual | changes)

    def login(
        self, visitor: Visitor, *, by_post: bool = False, verifier: str | None = None, **changes: str | None
    ) -> Login:
        """A whole login, each of whose answers was checked."""
        asked = self.ask(**changes)
        answer = visitor.authorize(asked, by_post=by_post)
        code = granted(self.provider, asked, answer)
        assert answer.by == self.mode
        response = self.redeem(code, code_verifier=verifier)
        return Login(asked, answer, code, self.tokens(response), self.id_token(response, asked))

    def redeem(self, code: str, **changes: str | None) -> Response:
        """What the token endpoint says to the code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uri}
        return self.token(form | changes)

    def registered(self, **metadata: Any) -> "Relying":
        """A service like this one, registered by itself with `metadata` besides (RFC 7591)."""
        wanted = {"redirect_uris": [self.client.redirect_uri], "response_types": ["code"]}
        answer = self.register(wanted | metadata)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        client = Client(
            client_id=said["client_id"],
            client_secret=said.get("client_secret"),
            redirect_uris=said.get("redirect_uris", ()),
            post_logout_redirect_uris=said.get("post_logout_redirect_uris", ()),
            profile=self.client.profile,
            metadata=said,
        )
        return replace(self, client=client)

    def with_metadata(self, metadata: Mapping[str, Any]) -> "Relying":
        """This service, as if it had been registered with `metadata`."""
        return replace(self, client=replace(self.client, metadata=metadata))

    def register(self, metadata: Mapping[str, Any]) -> Response:
        """What the registration endpoint says."""
        token = self.provider.initial_access_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        endpoint = self.provider.metadata["registration_endpoint"]
        return self.provider.http.post(endpoint, json=without_none(metadata), headers=headers, timeout=15)

    def refresh(self, token: str) -> Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": token})

    def token(self, form: Mapping[str, str | None]) -> Response:
        """The token endpoint's answer to this client, by client_secret_basic unless it was registered otherwise."""
        method = (self.client.metadata or {}).get("token_endpoint_auth_method", "client_secret_basic")
        own = {"client_id": self.client.client_id, "client_secret": self.client.client_secret}
        sent = without_none(form if method == "client_secret_basic" else {**form, **own})
        auth = (self.client.client_id, self.client.client_secret or "") if method == "client_secret_basic" else None
        return self.provider.http.post(self.provider.metadata["token_endpoint"], data=sent, auth=auth, timeout=15)

    def tokens(self, response: Response) -> dict[str, Any]:
        """The body of a good answer of the token endpoint (RFC 6749 clause 5.1)."""
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        assert "no-store" in response.headers["Cache-Control"]
        body: dict[str, Any] = response.json()
        assert body["token_type"].lower() in {"bearer", "dpop"}
        self.provider.advise(holds=isinstance(body.get("expires_in"), int), otherwise="expires_in is missing")
        return body

    def id_token(self, response: Response, asked: Mapping[str, str]) -> dict[str, Any]:
        """The claims of the answer's ID token, verified."""
        return verified_id_token(self.provider, self.client.client_id, response.json(), asked.get("nonce"))

    def userinfo(self, tokens: Mapping[str, Any], *, method: str = "GET") -> dict[str, Any]:
        """The claims at userinfo."""
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        endpoint = self.provider.metadata["userinfo_endpoint"]
        response = self.provider.http.request(method, endpoint, headers=bearer, timeout=15)
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        claims: dict[str, Any] = response.json()
        return claims
