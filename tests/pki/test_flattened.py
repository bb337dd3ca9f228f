import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import ParseError, PkiError, SignatureInvalid, Unsupported, WeakKey
from pki.flattened import NAMES, account_key, check_algorithm, parse_flattened, verify, verify_mac
from pki.signing import SignatureAlgorithm
from tests.ca.acme.client import binding, flattened, public, text
from tests.issuing import KeySigner, new_key

TAKEN = [algorithm for algorithm in SignatureAlgorithm if algorithm.value in NAMES]
URL = "https://localhost/acme/new-account"


def sent(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


@pytest.mark.parametrize("algorithm", TAKEN, ids=lambda algorithm: algorithm.value)
def test_a_message_verifies_under_the_key_that_comes_with_it(algorithm: SignatureAlgorithm) -> None:
    signer = KeySigner(new_key(algorithm))
    message = parse_flattened(sent(flattened({"url": URL, "jwk": public(signer)}, b"{}", signer)))

    verify(message, account_key(message.header["jwk"]))

    assert (message.text("url"), message.members()) == (URL, {})


def test_a_message_by_another_key_does_not_verify() -> None:
    message = parse_flattened(sent(flattened({"url": URL}, b"{}", KeySigner())))

    with pytest.raises(SignatureInvalid):
        verify(message, KeySigner().public_key)


@pytest.mark.parametrize("alg", ["none", "HS256", "ES512", "RS1", "ML-DSA-44", None, 7])
def test_other_algorithms_are_not_taken(alg: object) -> None:
    message = parse_flattened(sent(flattened({"url": URL, "alg": alg}, b"{}", KeySigner())))

    with pytest.raises(Unsupported) as refused:
        check_algorithm(message)

    assert refused.value.code == "jws.algorithm"


def test_the_header_may_not_name_another_algorithm_than_the_keys() -> None:
    signer = KeySigner()
    message = parse_flattened(sent(flattened({"url": URL, "alg": "ES384"}, b"{}", signer)))

    with pytest.raises(SignatureInvalid):
        verify(message, signer.public_key)


@pytest.mark.parametrize(
    "bent",
    [
        {"header": {"kid": "x"}},
        {"signatures": []},
        {"payload": None},
        {"payload": "a="},
        {"protected": text(b"[]")},
        {"protected": text(b'{"alg":"ES256","alg":"ES256"}')},
        {"protected": text(b"[" * 20_000)},
        {"signature": "ສ"},
    ],
    ids=str,
)
def test_a_message_of_another_form_is_malformed(bent: dict[str, Any]) -> None:
    message = {**flattened({"url": URL}, b"{}", KeySigner()), **bent}

    with pytest.raises(ParseError):
        parse_flattened(sent(message))


@pytest.mark.parametrize("member", ["crit", "b64", "jku", "x5u", "x5c"])
def test_what_would_bring_a_key_or_a_rule_of_its_own_is_refused(member: str) -> None:
    with pytest.raises(Unsupported):
        parse_flattened(sent(flattened({"url": URL, member: []}, b"{}", KeySigner())))


def test_a_binding_verifies_under_its_shared_key_alone() -> None:
    message = parse_flattened(sent(binding("kid", b"k" * 32, URL, KeySigner())))

    verify_mac(message, b"k" * 32)

    with pytest.raises(SignatureInvalid):
        verify_mac(message, b"q" * 32)


def test_no_signature_is_taken_for_a_mac() -> None:
    message = parse_flattened(sent(flattened({"kid": "kid"}, b"{}", KeySigner())))

    with pytest.raises(Unsupported):
        verify_mac(message, b"k" * 32)


def test_an_account_key_of_2048_bits_will_do_and_a_smaller_one_will_not() -> None:
    good, small = (KeySigner(rsa.generate_private_key(65537, bits)) for bits in (2048, 1024))

    assert account_key(public(good)) == good.public_key
    with pytest.raises(WeakKey):
        account_key(public(small))


MEMBERS = st.sampled_from(["protected", "payload", "signature", "a"])
NESTED = st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(MEMBERS, inner, max_size=4))


@given(st.binary(max_size=400) | NESTED.map(lambda message: json.dumps(message).encode()))
def test_any_octets_are_read_or_refused_as_broken(octets: bytes) -> None:
    try:
        parse_flattened(octets)
    except PkiError:
        return
