"""What every answer is held to, whatever the module is about."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512
from typing import Any

from joserfc import jwt
from requests import Response

from tests.conformance.description import Provider
from tests.conformance.tokens import ALGORITHMS, header, now
from tests.conformance.visitor import Answer

_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
"""RFC 6749 clause 4.1.2.1."""
_CODE = re.compile(r"[\x20-\x7e]{22,}")
"""RFC 6749 appendix A.11; 22 characters of base64url have 128 bits."""
_SKEW = 30
OF_A_CODE = {"code", "state", "iss", "session_state"}
OF_AN_ERROR = {"error", "error_description", "error_uri", "state", "iss"}


def granted(provider: Provider, asked: Mapping[str, str], answer: Answer) -> str:
    """The code in a good answer to the request."""
    found = _common(provider, asked, answer)
    assert "error" not in found, found
    assert set(found) <= OF_A_CODE, found
    assert _CODE.fullmatch(found["code"])
    return found["code"]


def refused(provider: Provider, asked: Mapping[str, str], answer: Answer, *words: str) -> dict[str, str]:
    """The parameters of an error that went to the service, with one of these words."""
    assert answer.by != "page", answer.page.text[:400]
    found = _common(provider, asked, answer)
    assert "code" not in found, found
    assert found["error"] in words, found
    assert _DESCRIPTION.fullmatch(found.get("error_description", ""))
    assert set(found) <= OF_AN_ERROR, found
    return found


def refused_on_a_page(answer: Answer) -> None:
    """The person was told on a page, and nothing went to the service."""
    assert answer.by == "page", answer.page.url
    assert 400 <= answer.page.status < 500, answer.page.status
    assert answer.page.text


def refused_anyhow(provider: Provider, asked: Mapping[str, str], answer: Answer, *words: str) -> None:
    """The person was told on a page, or the service by one of these words."""
    if answer.by == "page":
        refused_on_a_page(answer)
    else:
        refused(provider, asked, answer, *words)


def refused_in_json(response: Response, *words: str, status: tuple[int, ...] = (400, 401)) -> None:
    """An error of RFC 6749 clause 5.2 with one of these words."""
    assert response.status_code in status, (response.status_code, response.text)
    assert response.headers["Content-Type"].startswith("application/json")
    said = response.json()
    assert said["error"] in words, said
    assert _DESCRIPTION.fullmatch(said.get("error_description", "")), said
    assert set(said) <= {"error", "error_description", "error_uri"}, said


def verified_id_token(
    provider: Provider, client_id: str, tokens: Mapping[str, Any], nonce: str | None, *algorithms: str
) -> dict[str, Any]:
    """The claims of the ID token (OpenID Connect Core clause 3.1.3.7)."""
    text = tokens["id_token"]
    claims: dict[str, Any] = jwt.decode(text, provider.key_set(), algorithms=list(algorithms) or ALGORITHMS).claims
    assert claims["iss"] == provider.issuer
    assert claims["aud"] in (client_id, [client_id])
    assert claims.get("azp", client_id) == client_id
    assert claims["iat"] <= now() + _SKEW < claims["exp"] + 2 * _SKEW
    assert claims.get("nonce") == nonce
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sub"].isascii()
    assert isinstance(claims.get("auth_time", 0), int)
    assert isinstance(claims.get("amr", []), list)
    assert isinstance(claims.get("acr", ""), str)
    if "at_hash" in claims:
        assert claims["at_hash"] == _half_hash(text, tokens["access_token"])
    return claims


def _common(provider: Provider, asked: Mapping[str, str], answer: Answer) -> dict[str, str]:
    """What good and bad answers to the service have alike (RFC 6749 clause 4.1.2, RFC 9207)."""
    assert answer.by != "page", (answer.page.status, answer.page.url, answer.page.text[:400])
    names = [name for name, _ in answer.pairs]
    assert len(names) == len(set(names)), names
    found = answer.parameters
    assert found.get("state") == asked.get("state")
    if provider.announces("authorization_response_iss_parameter_supported"):
        assert found["iss"] == provider.issuer
    assert found.get("iss", provider.issuer) == provider.issuer
    if answer.by == "form_post":
        assert not any(name in answer.page.url.partition("?")[2] for name in ("code=", "error="))
    return found


def _half_hash(token: str, value: str) -> str:
    """OpenID Connect Core clause 3.1.3.6; every algorithm here hashes with SHA-256 but EdDSA, with SHA-512."""
    digest = (sha512 if header(token)["alg"] == "EdDSA" else sha256)(value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
