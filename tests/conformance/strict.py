"""A relying service of profile `fapi2`: PAR, private_key_jwt, DPoP; signed requests and answers where the plan asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key
from requests import Response

from tests.conformance.answers import granted, verified_id_token
from tests.conformance.description import Client, Provider
from tests.conformance.raw import RawAnswer, plain_get
from tests.conformance.relying import Relying
from tests.conformance.tokens import (
    ALGORITHMS,
    chance,
    dpop,
    new_ec,
    now,
    relabelled,
    s256,
    signed,
    spoilt,
    without_none,
)
from tests.conformance.visitor import Answer, Visitor

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE = 60
Claims = Mapping[str, Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})
STRICT = (
    "pushed_authorization_request_endpoint",
    "token_endpoint_auth_methods_supported:private_key_jwt",
    "dpop_signing_alg_values_supported",
)
"""What discovery says of a provider of FAPI 2.0 with DPoP."""
SIGNING = (
    "request_parameter_supported", "request_object_signing_alg_values_supported", "response_modes_supported:jwt",
)  # fmt: skip
"""What it says besides, where requests and answers are signed."""


@dataclass(frozen=True)
class Strict:
    """The service in one login: its verifier and its DPoP key are of this login alone."""

    provider: Provider
    client: Client
    signs: bool
    """By the plan Message Signing: the request is a signed object, the answer a signed JWT."""
    verifier: str = field(default_factory=chance)
    proof_key: Key = field(default_factory=new_ec)

    @property
    def key(self) -> Key:
        """The first of its keys that is fit for FAPI 2.0."""
        assert self.client.keys is not None, f"{self.client.client_id} has no keys in the description"
        return next(key for key in self.client.keys if key.key_type != "RSA" or len(self.client.keys.keys) == 1)

    def ask(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request."""
        usual = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid",
            "state": chance(),
            "nonce": chance(),
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            "response_mode": "jwt" if self.signs else None,
        }
        return without_none(usual | changes)

    def assertion(self, key: Key | None = None, algorithm: str = "", **changes: Any) -> str:
        """A client assertion (RFC 7523 clause 3); a claim of None is left out."""
        own = self.client.client_id
        usual = {"iss": own, "sub": own, "aud": self.provider.issuer, "jti": chance()}
        times = {"iat": now(), "nbf": now(), "exp": now() + LIFE}
        return signed(usual | times | changes, key or self.key, algorithm)

    def request_object(
        self, asked: Mapping[str, str], key: Key | None = None, algorithm: str = "", **changes: Any
    ) -> str:
        """The request as a signed object (RFC 9101 clause 4)."""
        times = {"iat": now(), "nbf": now(), "exp": now() + LIFE}
        claims = {**asked, "iss": self.client.client_id, "aud": self.provider.issuer, "jti": chance(), **times}
        typ = {"typ": "oauth-authz-req+jwt"}
        return signed(claims | changes, key or self.key, algorithm, **typ)

    def push(self, asked: Mapping[str, str], **form: str | None) -> Response:
        """What the PAR endpoint says to the request; `form` adds to it, or with None takes from it."""
        sent = {"request": self.request_object(asked), "client_id": asked["client_id"]} if self.signs else asked
        return self.send("pushed_authorization_request_endpoint", {**sent, **form})

    def handle(self, asked: Mapping[str, str], **form: str | None) -> str:
        """The request_uri of the pushed request."""
        response = self.push(asked, **form)
        assert response.status_code == 201, response.text
        body = response.json()
        assert isinstance(body["expires_in"], int)
        return str(body["request_uri"])

    def at_door(self, request_uri: str) -> dict[str, str]:
        """All that the browser brings to the authorization endpoint."""
        return {"client_id": self.client.client_id, "request_uri": request_uri}

    def authorize(
        self, visitor: Visitor, request_uri: str, beside: Mapping[str, str] = NOTHING, *, agree: bool = True
    ) -> Answer:
        """What came of the pushed request, its signed answer opened; the browser brings `beside` too."""
        door = {**self.at_door(request_uri), **beside}
        return self.opened(visitor.authorize(door, stop_at=self.client.redirect_uri, agree=agree))

    def opened(self, answer: Answer) -> Answer:
        """The answer with what its JWT says (JARM clause 2.4), if it has one."""
        text = answer.parameters.get("response")
        if text is None:
            return answer
        assert set(answer.parameters) == {"response"}
        claims = jwt.decode(text, self.provider.key_set(), algorithms=ALGORITHMS).claims
        assert claims["iss"] == self.provider.issuer
        assert claims.pop("aud") == self.client.client_id
        assert now() < claims.pop("exp")
        claims.pop("iat", None)
        return replace(answer, pairs=list(claims.items()))

    def code(self, visitor: Visitor, asked: Mapping[str, str], **form: str | None) -> str:
        """A code for the request."""
        return granted(self.provider, asked, self.authorize(visitor, self.handle(asked, **form)))

    def redeem(self, code: str, **form: str | None) -> Response:
        """What the token endpoint says to the code."""
        usual = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier, "client_id": self.client.client_id,
        }  # fmt: skip
        return self.send("token_endpoint", usual | form, self.proof_key)

    def refresh(self, token: str, **form: str | None) -> Response:
        usual = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.client.client_id}
        return self.send("token_endpoint", usual | form, self.proof_key)

    def send(
        self, endpoint: str, form: Mapping[str, str | None], proof_key: Key | None = None, proof: Claims = NOTHING
    ) -> Response:
        """A POST with a client assertion, unless `form` has its own, and a DPoP proof if there is a key for it."""

        def body() -> dict[str, str]:
            usual = {"client_assertion_type": JWT_BEARER, "client_assertion": self.assertion()}
            return without_none({**usual, **form})

        return self.proven("POST", self.provider.metadata[endpoint], proof_key, proof, body=body)

    def proven(
        self,
        method: str,
        url: str,
        key: Key | None,
        proof: Claims = NOTHING,
        headers: Mapping[str, str] = NOTHING,
        body: Callable[[], dict[str, str]] = dict,
    ) -> Response:
        """The answer to the request with a DPoP proof, asked again with the server's nonce where it wants one."""

        def once(claims: Claims) -> Response:
            own = {"DPoP": dpop(key, method, url, claims=claims)} if key is not None else {}
            return self.provider.http.request(method, url, headers={**headers, **own}, data=body() or None, timeout=15)

        answer = once(proof)
        wants = answer.headers.get("DPoP-Nonce")
        if key is not None and wants and "use_dpop_nonce" in answer.text + answer.headers.get("WWW-Authenticate", ""):
            return once({**proof, "nonce": wants})
        return answer

    def tokens(self, visitor: Visitor, **changes: str | None) -> dict[str, Any]:
        """The tokens of a whole login, checked."""
        asked = self.ask(**changes)
        return self.checked(self.redeem(self.code(visitor, asked)), asked)

    def checked(self, response: Response, asked: Mapping[str, str]) -> dict[str, Any]:
        """The body of a good answer of the token endpoint."""
        assert response.status_code == 200, response.text
        assert "no-store" in response.headers["Cache-Control"]
        body: dict[str, Any] = response.json()
        assert body["token_type"].lower() == "dpop"
        strong_ones = ("PS256", "ES256", "EdDSA")
        verified_id_token(self.provider, self.client.client_id, body, asked.get("nonce"), *strong_ones)
        return body

    def resource(self, token: str, *, scheme: str = "DPoP", key: Key | None = None, **claims: Any) -> Response:
        """What userinfo says to the token with a proof."""
        url = self.provider.metadata["userinfo_endpoint"]
        headers = {"Authorization": f"{scheme} {token}"}
        return self.proven("GET", url, key or self.proof_key, {"ath": s256(token)} | claims, headers)

    def resource_at(self, url: str, token: str, **claims: Any) -> Response:
        """As `resource`, at another address of it."""
        headers = {"Authorization": f"DPoP {token}"}
        return self.proven("GET", url, self.proof_key, {"ath": s256(token)} | claims, headers)

    def proven_code(self, visitor: Visitor) -> tuple[dict[str, str], str]:
        """A request that was pushed with a DPoP proof, and its code."""
        asked = self.ask()
        sent = {"request": self.request_object(asked), "client_id": asked["client_id"]} if self.signs else asked
        pushed = self.send("pushed_authorization_request_endpoint", sent, self.proof_key)
        assert pushed.status_code == 201, pushed.text
        return asked, granted(self.provider, asked, self.authorize(visitor, pushed.json()["request_uri"]))

    def registered(self, **metadata: Any) -> "Strict":
        """A service with the same keys, registered by itself with `metadata` besides; it does not sign its requests."""
        keys = self.client.keys
        assert keys is not None
        wanted = {
            "redirect_uris": [self.client.redirect_uri],
            "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "private_key_jwt",
            "dpop_bound_access_tokens": True,
            "require_pushed_authorization_requests": True,
            "jwks": keys.as_dict(private=False),
        }
        said = Relying(self.provider, self.client).registered(**(wanted | metadata)).client
        return replace(self, client=replace(said, keys=keys), signs=False)

    def with_key(self, key: Key) -> "Strict":
        """This login with another DPoP key."""
        return replace(self, proof_key=key)

    def proof(self, token: str, **header: Any) -> str:
        """A proof for `bare`, with the server's nonce if it has one; a header member of None is left out."""
        return dpop(self.proof_key, "GET", self._userinfo, claims=self._bound(token), **header)

    def proof_by(self, key: Key, algorithm: str, token: str, **header: Any) -> str:
        """As `proof`, under another key and algorithm; `alg` may say another than that."""
        if header.get("alg"):
            return relabelled(self.proof_by(key, algorithm, token), **header)
        return dpop(key, "GET", self._userinfo, claims=self._bound(token), alg=algorithm)

    def dated_proof(self, token: str, iat: int) -> str:
        """A proof of that time without a nonce of the server, which would speak for its freshness."""
        return dpop(self.proof_key, "GET", self._userinfo, claims={"ath": s256(token), "iat": iat})

    def spoilt_proof(self, token: str) -> str:
        return spoilt(self.proof(token))

    def unsigned_proof(self, token: str) -> str:
        return relabelled(self.proof(token), alg="none").rpartition(".")[0] + "."

    def bare(self, token: str, proofs: Sequence[str], *, scheme: str = "DPoP") -> RawAnswer:
        """What userinfo says to the token with exactly these DPoP headers."""
        headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", proof) for proof in proofs)]
        return plain_get(self.provider, self._userinfo, headers)

    @property
    def _userinfo(self) -> str:
        return str(self.provider.metadata["userinfo_endpoint"])

    def _bound(self, token: str) -> dict[str, Any]:
        return {"ath": s256(token), "nonce": self.resource(token).headers.get("DPoP-Nonce")}
