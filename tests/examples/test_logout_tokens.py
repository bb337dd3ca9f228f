"""What the samples check before they end anybody's session; each test uses keys and tokens of its own making."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

import examples.edocument.logout as edocument
import examples.estaff.logout as estaff

ISSUER, CLIENT = "https://localhost:8443", "edocument"
FAR = 4_000_000_000
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
JWKS = KeySet([KEY]).as_dict(private=False)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "somebody",
    "sid": "session-1",
    "iat": 1_700_000_000,
    "exp": FAR,
    "jti": "once",
    "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
}


def token(changes: dict[str, Any] | None = None, *, key: ECKey = KEY, typ: str = "logout+jwt") -> str:
    claims = {name: value for name, value in (CLAIMS | (changes or {})).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "one", "typ": typ}, claims, key)


@pytest.fixture
def sessions() -> edocument.Sessions:
    sessions = edocument.Sessions()
    sessions.open("a", {"claims": {"sub": "somebody", "sid": "session-1"}})
    sessions.open("b", {"claims": {"sub": "somebody", "sid": "session-2"}})
    sessions.open("c", {"claims": {"sub": "another", "sid": "session-3"}})
    return sessions


def test_a_logout_token_ends_the_session_that_it_names_and_no_other(sessions: edocument.Sessions) -> None:
    ended = edocument.verify_logout_token(token(), JWKS, ISSUER, CLIENT, sessions)

    assert ended == 1
    assert sessions.find("a") is None
    assert sessions.find("b") is not None


def test_without_a_sid_all_sessions_of_the_person_end(sessions: edocument.Sessions) -> None:
    ended = edocument.verify_logout_token(token({"sid": None}), JWKS, ISSUER, CLIENT, sessions)

    assert ended == 2
    assert sessions.find("c") is not None


def test_the_same_logout_token_is_not_taken_twice(sessions: edocument.Sessions) -> None:
    edocument.verify_logout_token(token(), JWKS, ISSUER, CLIENT, sessions)

    with pytest.raises(edocument.LogoutRefused, match="used before"):
        edocument.verify_logout_token(token(), JWKS, ISSUER, CLIENT, sessions)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "estaff"},
        {"exp": 1_700_000_100},
        {"jti": None},
        {"events": None},
        {"events": {"something": {}}},
        {"nonce": "n"},
        {"sub": None, "sid": None},
    ],
)
def test_a_token_that_says_anything_wrong_ends_nothing(sessions: edocument.Sessions, changes: dict[str, Any]) -> None:
    wrong = token(changes)

    with pytest.raises(edocument.LogoutRefused):
        edocument.verify_logout_token(wrong, JWKS, ISSUER, CLIENT, sessions)
    assert sessions.find("a") is not None


def test_an_id_token_is_no_logout_token(sessions: edocument.Sessions) -> None:
    id_token = token(typ="JWT")

    with pytest.raises(edocument.LogoutRefused, match="no logout token"):
        edocument.verify_logout_token(id_token, JWKS, ISSUER, CLIENT, sessions)


def test_a_token_signed_by_another_key_ends_nothing(sessions: edocument.Sessions) -> None:
    forged = token(key=ECKey.generate_key("P-256", {"kid": "one"}))

    with pytest.raises(edocument.LogoutRefused, match="does not verify"):
        edocument.verify_logout_token(forged, JWKS, ISSUER, CLIENT, sessions)


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_garbage_is_refused_and_not_a_crash(sessions: edocument.Sessions, garbage: str) -> None:
    with pytest.raises(edocument.LogoutRefused):
        edocument.verify_logout_token(garbage, JWKS, ISSUER, CLIENT, sessions)


def test_both_samples_check_logout_tokens_alike() -> None:
    first, second = edocument.__file__, estaff.__file__

    with open(first) as one, open(second) as other:  # noqa: PTH123
        assert one.read() == other.read()
