"""Our own pages as a relying party of our own provider (OpenID Connect Core 1.0 clause 3.1): who is there.

A page keeps no session, and no key but its own as a client. What a browser carries between two requests is its own:
while it is away, state and PKCE verifier; once it is back, the access token, for which the provider says at every page
who that is, and nothing once the session there has ended. Token signatures are verified by certificates in the ledger,
not by what an address answers.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.base import without
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.clock import Randomness
from pki.base64url import encode
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.jws import sign, thumbprint, verify
from pki.signing import Signer
from web.relying_party import Answer, OutboundFailed

CLOCKS_APART = timedelta(seconds=5)
_ID_TOKEN, _ACCESS_TOKEN = {"JWT"}, {"at+jwt"}
_BY_KEY = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PROOF_LIFE = 60
"""Seconds."""
_FORM = "application/x-www-form-urlencoded"


class SignOnFailed(Exception):
    """The sign-in is no proof of anybody. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Reaching(Protocol):
    """What is needed of `web.relying_party.Fetcher`."""

    def get(self, url: str) -> Answer:
        """The answer to a GET."""

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """The answer to a POST."""


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way: the browser goes to `url`, and keeps the rest until it is back."""

    url: str
    state: str
    verifier: str
    nonce: str


@dataclass(frozen=True)
class Tokens:
    """What a code was exchanged for; nothing of it is verified yet."""

    id_token: str
    access_token: str


@dataclass(frozen=True)
class IdToken:
    """An ID token that was verified; only `RelyingParty.verified` makes it."""

    text: str
    sub: str
    session_id: str
    acr: str
    authenticated_at: datetime

    @property
    def sha256(self) -> str:
        """Of the token as it came, hex."""
        return sha256(self.text.encode()).hexdigest()


@dataclass
class RelyingParty:
    """One registered client of the provider. Safe for threads."""

    issuer: str
    client_id: str
    signer: Signer
    """Our key at the provider (OpenID Connect Core clause 9, `private_key_jwt`)."""
    redirect_uri: str
    web: Reaching
    _metadata: dict[str, Any] = field(default_factory=dict)

    def begin(self, randomness: Randomness, now: datetime, nonce: str, **wishes: str) -> Begun:
        """The way to the provider, by code and PKCE (RFC 7636); `wishes` are further parameters of the request.

        The request is handed in (RFC 9126), so the browser carries its name only. Raises OSError if the provider is
        away, or does not take it.
        """
        state, verifier = encode(randomness(32)), encode(randomness(32))
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid organisation",
            "state": state,
            "nonce": nonce,
            "code_challenge": encode(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **wishes,
        }
        form = asked | self._proof(randomness, now)
        answer = self.web.post(self._endpoint("pushed_authorization_request"), urlencode(form).encode(), _FORM)
        found = _members(answer)
        if answer.status != 201 or "request_uri" not in found:
            raise OutboundFailed(f"status {answer.status}")
        named = urlencode({"client_id": self.client_id, "request_uri": str(found["request_uri"])})
        return Begun(f"{self._endpoint('authorization')}?{named}", state, verifier, nonce)

    def redeem(self, code: str, verifier: str, randomness: Randomness, now: datetime) -> Tokens:
        """The tokens for a code (RFC 6749 clause 4.1.3). Raises SignOnFailed, or OSError if the provider is away."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            **self._proof(randomness, now),
        }
        answer = self.web.post(self._endpoint("token"), urlencode(form).encode(), _FORM)
        if answer.status >= 500:
            raise OutboundFailed(f"status {answer.status}")
        found = _members(answer)
        if answer.status != 200 or not {"id_token", "access_token"} <= found.keys():
            raise SignOnFailed("sign-on.code")
        return Tokens(str(found["id_token"]), str(found["access_token"]))

    def verified(self, token: str, nonce: str, keys: Mapping[str, bytes], now: datetime) -> IdToken:
        """The ID token, if the provider signed it, for us, in answer to the request of this nonce. Raises SignOnFailed.

        `keys` as `token_keys` gives them. When and how well the person was authenticated is for the caller to judge.
        """
        claims = self._claims(token, keys, _ID_TOKEN)
        if not all(holds(claims, self, nonce, now) for holds in ID_TOKEN_CHECKS):
            raise SignOnFailed("sign-on.token")
        try:
            at = datetime.fromtimestamp(int(claims["auth_time"]), UTC)
            return IdToken(token, str(claims["sub"]), str(claims["sid"]), str(claims["acr"]), at)
        except (KeyError, TypeError, ValueError, OverflowError) as fault:
            raise SignOnFailed("sign-on.token") from fault

    def userinfo(self, access_token: str, keys: Mapping[str, bytes]) -> Mapping[str, Any] | None:
        """What the provider says now of whoever the token is for; None when nothing. Raises OSError if it is away.

        A token that was given to another service counts for nothing here (RFC 9068 clause 4).
        """
        try:
            claims = self._claims(access_token, keys, _ACCESS_TOKEN)
        except SignOnFailed:
            return None
        if claims.get("client_id") != self.client_id:
            return None
        body = urlencode({"access_token": access_token}).encode()
        answer = self.web.post(self._endpoint("userinfo"), body, _FORM)
        if answer.status == 401:
            return None
        found = _members(answer)
        if answer.status != 200 or "sub" not in found:
            raise OutboundFailed(f"status {answer.status}")
        return found

    @property
    def sign_out_url(self) -> str:
        """Where the session at the provider ends, after a question of its own."""
        return self._endpoint("end_session")

    def _proof(self, randomness: Randomness, now: datetime) -> dict[str, str]:
        """Who we are, for one request (RFC 7523 clause 3)."""
        at = int(now.timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "iat": at, "exp": at + _PROOF_LIFE}
        proof = sign({"typ": "JWT"}, {**claims, "jti": encode(randomness(16))}, self.signer)
        return {"client_id": self.client_id, "client_assertion_type": _BY_KEY, "client_assertion": proof}

    def _claims(self, token: str, keys: Mapping[str, bytes], types: set[str]) -> dict[str, Any]:
        try:
            claims = verify(token, keys, types).claims()
        except PkiError as fault:
            raise SignOnFailed("sign-on.token") from fault
        if claims.get("iss") != self.issuer:
            raise SignOnFailed("sign-on.token")
        return claims

    def _endpoint(self, name: str) -> str:
        """From the provider's own description (OpenID Connect Discovery clause 4), read once."""
        if not self._metadata:
            answer = self.web.get(f"{self.issuer}/.well-known/openid-configuration")
            found = _members(answer)
            if answer.status != 200 or found.get("issuer") != self.issuer:
                raise OutboundFailed(f"status {answer.status}, or the description of another issuer")
            self._metadata.update(found)
        return str(self._metadata[f"{name}_endpoint"])


def is_for_us(claims: Mapping[str, Any], party: RelyingParty, nonce: str, now: datetime) -> bool:  # noqa: ARG001
    """Clause 3.1.3.7, items 3 to 5: for this client, and for nobody else."""
    return claims.get("aud") == party.client_id and claims.get("azp", party.client_id) == party.client_id


def is_of_now(claims: Mapping[str, Any], party: RelyingParty, nonce: str, now: datetime) -> bool:  # noqa: ARG001
    """Items 9 and 10."""
    made, ends, apart = claims.get("iat"), claims.get("exp"), CLOCKS_APART.total_seconds()
    if not isinstance(made, int) or not isinstance(ends, int):
        return False
    return made - apart <= now.timestamp() < ends + apart


def answers_our_request(claims: Mapping[str, Any], party: RelyingParty, nonce: str, now: datetime) -> bool:  # noqa: ARG001
    """Item 11."""
    return hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())


ID_TOKEN_CHECKS: Sequence[Callable[[Mapping[str, Any], RelyingParty, str, datetime], bool]] = (
    is_for_us,
    is_of_now,
    answers_our_request,
)
"""What must hold of an ID token beside its signature and issuer; all one shape, so that the table can be read."""


def token_keys(session: Session, now: datetime) -> Mapping[str, bytes]:
    """The keys that may sign tokens at `now`, by thumbprint: those that a `token-signer` certificate of ours names."""
    revoked = select(Revocation.at).where(Revocation.certificate_id == Certificate.id, Revocation.at <= now)
    holds = select(Hold.id).where(Hold.certificate_id == Certificate.id, Hold.at <= now)
    living = select(Certificate).where(
        Certificate.profile == "token-signer", Certificate.not_before <= now, Certificate.not_after >= now,
        ~revoked.exists(), ~without(holds, Hold.id, HoldRelease).exists(),
    )  # fmt: skip
    keys = [parse_certificate(bytes(one.der)).spki for one in session.scalars(living)]
    return {thumbprint(spki): spki for spki in keys}


def _members(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
