import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from pki import base64url
from pki.errors import ParseError, PkiError, SignatureInvalid, Unsupported
from pki.jws import jwk, sign, spki_of, thumbprint, unverified_header, verify
from pki.signing import SignatureAlgorithm
from tests.issuing import KeySigner, new_key

# joserfc warns that RFC 9864 prefers the name Ed25519; OpenID providers still say EdDSA.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
ALGORITHMS = [algorithm for algorithm in SignatureAlgorithm if not algorithm.post_quantum]
JOSERFC_KEYS: dict[str, Any] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}

# RFC 7515 appendix A.3.
RFC7515_A3_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
    "Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC7515_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
# RFC 8037 appendix A.4.
RFC8037_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
RFC8037_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
# RFC 7638 clause 3.1.
RFC7638_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


@pytest.fixture(scope="module")
def signer() -> KeySigner:
    return KeySigner()


def keys(signer: KeySigner) -> dict[str, bytes]:
    return {thumbprint(signer.public_key): signer.public_key}


def forged(signer: KeySigner, header: dict[str, object], payload: bytes = b"{}") -> str:
    """A token with any header at all, signed by a real key."""
    ours = sign({"typ": "JWT"}, payload, signer)
    encoded = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return ".".join((encoded, *ours.split(".")[1:]))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_implementation_verifies_what_we_sign(algorithm: SignatureAlgorithm) -> None:
    signer = KeySigner(new_key(algorithm))

    token = sign({"typ": "at+jwt"}, {"sub": "ນາງ ຄຳ"}, signer)

    public = jwk(signer.public_key)
    read = joserfc_jws.deserialize_compact(
        token, JOSERFC_KEYS[public["kty"]].import_key(public), algorithms=[algorithm.value]
    )
    assert json.loads(read.payload) == {"sub": "ນາງ ຄຳ"}
    assert read.headers() == {"kid": public["kid"], "typ": "at+jwt", "alg": algorithm.value}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_verify_what_another_implementation_signs(algorithm: SignatureAlgorithm) -> None:
    signer = KeySigner(new_key(algorithm))
    kind = JOSERFC_KEYS[jwk(signer.public_key)["kty"]]

    token = joserfc_jws.serialize_compact(
        {"alg": algorithm.value, "typ": "JWT"}, b'{"a": 1}', kind.import_key(signer.pem), algorithms=[algorithm.value]
    )

    assert verify(token, {"any": signer.public_key}, {"JWT"}).claims() == {"a": 1}


@pytest.mark.parametrize(
    ("token", "key", "payload"),
    [
        (
            RFC7515_A3_TOKEN,
            RFC7515_A3_KEY,
            b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}',
        ),
        (RFC8037_TOKEN, RFC8037_KEY, b"Example of Ed25519 signing"),
    ],
    ids=["RFC 7515 A.3", "RFC 8037 A.4"],
)
def test_the_vectors_of_the_rfcs_verify(token: str, key: dict[str, str], payload: bytes) -> None:
    assert verify(token, {"vector": spki_of(key)}, {""}).payload == payload


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (RFC7638_KEY, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (RFC8037_KEY, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ],
    ids=["RFC 7638 3.1", "RFC 8037 A.3"],
)
def test_thumbprints_are_those_of_the_rfcs(key: dict[str, str], expected: str) -> None:
    assert thumbprint(spki_of(key)) == expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_survives_the_way_to_jwk_and_back(algorithm: SignatureAlgorithm) -> None:
    spki = KeySigner(new_key(algorithm)).public_key

    assert spki_of(jwk(spki)) == spki


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["b64"]}, {"b64": False}, {"jwk": RFC7515_A3_KEY}, {"jku": "https://x.example/keys"},
        {"x5u": "https://x.example/c"}, {"x5c": ["MII"]}, {"zip": "DEF"},
    ],
    ids=lambda extra: next(iter(extra)),
)  # fmt: skip
def test_headers_that_bring_keys_or_ask_for_more_are_refused(signer: KeySigner, extra: dict[str, object]) -> None:
    token = forged(signer, {"alg": "ES256", "typ": "JWT", **extra})

    with pytest.raises(Unsupported) as refused:
        verify(token, keys(signer), {"JWT"})

    assert refused.value.code == "jws.header"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256K", "PS256", "", 1, None])
def test_algorithms_off_the_list_are_refused(signer: KeySigner, algorithm: object) -> None:
    with pytest.raises(Unsupported) as refused:
        verify(forged(signer, {"alg": algorithm, "typ": "JWT"}), keys(signer), {"JWT"})

    assert refused.value.code == "jws.algorithm"


def test_a_listed_algorithm_that_is_not_the_keys_is_refused(signer: KeySigner) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verify(forged(signer, {"alg": "RS256", "typ": "JWT"}), keys(signer), {"JWT"})

    assert refused.value.code == "jws.algorithm"


@pytest.mark.parametrize("typ", ["at+jwt", "", "logout+jwt"])
def test_a_token_of_another_type_is_refused(signer: KeySigner, typ: str) -> None:
    with pytest.raises(Unsupported) as refused:
        verify(sign({"typ": typ}, {}, signer), keys(signer), {"JWT"})

    assert refused.value.code == "jws.type"


def test_types_are_compared_without_case_and_media_prefix(signer: KeySigner) -> None:
    assert verify(sign({"typ": "application/AT+JWT"}, {}, signer), keys(signer), {"at+jwt"}).claims() == {}


def test_an_unknown_key_is_refused(signer: KeySigner) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verify(sign({"typ": "JWT", "kid": "another"}, {}, signer), keys(signer), {"JWT"})

    assert refused.value.code == "jws.key-unknown"


def test_without_a_kid_there_must_be_one_key_only(signer: KeySigner) -> None:
    token = forged(signer, {"alg": "ES256", "typ": "JWT"})

    with pytest.raises(SignatureInvalid) as refused:
        verify(token, {"a": signer.public_key, "b": signer.public_key}, {"JWT"})

    assert refused.value.code == "jws.key-unknown"


def test_a_changed_payload_does_not_verify(signer: KeySigner) -> None:
    header, _, signature = sign({"typ": "JWT"}, {"sub": "a"}, signer).split(".")

    with pytest.raises(SignatureInvalid):
        verify(f"{header}.{base64url.encode(b'{}')}.{signature}", keys(signer), {"JWT"})


def test_a_der_signature_is_not_taken_for_a_fixed_width_one(signer: KeySigner) -> None:
    signed = sign({"typ": "JWT"}, {}, signer).rpartition(".")[0]

    with pytest.raises(SignatureInvalid):
        verify(f"{signed}.{base64url.encode(signer.sign(signed.encode()))}", keys(signer), {"JWT"})


@pytest.mark.parametrize("text", ["YQ==", "YR", "Y Q", "Y+8", "Y", "\u00e9", "YQ\n"])
def test_base64url_has_one_text_for_one_value(text: str) -> None:
    with pytest.raises(ParseError):
        base64url.decode(text)


@pytest.mark.parametrize("header", [b'{"alg":"ES256","alg":"none"}', b"[]", b"\xff", b'{"alg":NaN}', b"", b"[" * 9999,
                                    b'{"a":["\\ud800"]}', b'{"a":{"\\u0000":1}}'])
def test_headers_that_are_no_plain_json_object_are_refused(signer: KeySigner, header: bytes) -> None:
    token = f"{base64url.encode(header)}.e30.AA"

    with pytest.raises(ParseError):
        verify(token, keys(signer), {""})


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "x" * 70_000])
def test_what_is_no_compact_token_is_refused(signer: KeySigner, token: str) -> None:
    with pytest.raises(ParseError):
        verify(token, keys(signer), {""})


@given(st.text(alphabet="eyJhbGciOiJub25lIn0._-", max_size=60))
def test_whatever_comes_only_our_errors_are_raised(token: str) -> None:
    with pytest.raises(PkiError):
        verify(token, {}, {""})


@pytest.mark.parametrize(
    "key",
    [
        {**RFC7515_A3_KEY, "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"},
        {"kty": "oct", "k": "AAAA"},
        {**RFC7515_A3_KEY, "crv": "secp256k1"},
        {**RFC7515_A3_KEY, "x": "AA"},
        {**RFC7515_A3_KEY, "y": RFC7515_A3_KEY["x"]},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": 2},
        {"kty": "RSA", "n": "AA", "e": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": RFC8037_KEY["x"]},
        {},
    ],
)
def test_keys_that_are_private_broken_or_unknown_are_refused(key: dict[str, str]) -> None:
    with pytest.raises((ParseError, Unsupported)):
        spki_of(key)


def test_the_header_of_an_unverified_token_can_be_read(signer: KeySigner) -> None:
    assert unverified_header(sign({"typ": "JWT", "kid": "k1"}, {}, signer))["kid"] == "k1"
