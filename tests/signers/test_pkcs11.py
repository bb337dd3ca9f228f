"""Keys in SoftHSM tokens: made there, used there, and refused in a sentence that says what to do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest

from pki.keys import algorithm_of, verify
from pki.signing import SignatureAlgorithm
from signers import KeyUnusable, open_signer
from signers.pkcs11 import DEFAULT_MODULE, KeyMissing, generate, open_session, parse

P256 = SignatureAlgorithm.ECDSA_P256_SHA256
Token = Callable[[str], str]


def sentence_of(uri: str) -> str:
    with pytest.raises(KeyUnusable) as refused:
        open_signer(uri)
    return str(refused.value)


@pytest.mark.parametrize(
    "algorithm", [P256, SignatureAlgorithm.ECDSA_P384_SHA384, SignatureAlgorithm.RSA_PKCS1_SHA256]
)
def test_a_key_that_was_made_in_a_token_opens_and_signs(token: Token, algorithm: SignatureAlgorithm) -> None:
    signer = open_signer(generate(token("issuing").format("officers"), algorithm))

    assert signer.algorithm is algorithm is algorithm_of(signer.public_key)
    verify(signer.public_key, algorithm, b"message", signer.sign(b"message"))


def test_the_private_half_cannot_leave_the_token(token: Token) -> None:
    uri = generate(token("issuing").format("officers"), P256)
    session = open_session(parse(uri))

    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="officers")

    assert (key[pkcs11.Attribute.EXTRACTABLE], key[pkcs11.Attribute.SENSITIVE]) == (False, True)
    assert key[pkcs11.Attribute.NEVER_EXTRACTABLE] is True
    with pytest.raises(pkcs11.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]
    session.close()


@pytest.mark.parametrize("algorithm", [P256, SignatureAlgorithm.RSA_PKCS1_SHA256])
def test_a_key_in_a_token_may_sign_and_nothing_else(token: Token, algorithm: SignatureAlgorithm) -> None:
    uri = generate(token("issuing").format("officers"), algorithm)
    session = open_session(parse(uri))

    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="officers")

    other = pkcs11.Attribute.DECRYPT, pkcs11.Attribute.UNWRAP, pkcs11.Attribute.DERIVE
    assert [key[each] for each in (pkcs11.Attribute.SIGN, *other)] == [True, False, False, False]
    session.close()


def test_several_keys_in_several_tokens_are_told_apart(token: Token) -> None:
    first, second = token("issuing"), token("stamping")
    places = first.format("officers"), first.format("citizens"), second.format("officers")
    uris = [generate(uri, P256) for uri in places]

    signers = [open_signer(uri) for uri in uris]
    signatures = [signer.sign(b"message") for signer in signers]

    assert len({signer.public_key for signer in signers}) == 3
    for signer, signature in zip(signers, signatures, strict=True):
        verify(signer.public_key, P256, b"message", signature)


def test_making_a_key_again_leaves_the_key_that_is_there(token: Token) -> None:
    uri = token("issuing").format("officers")
    first = open_signer(generate(uri, P256))

    again = open_signer(generate(uri, P256))

    assert again.public_key == first.public_key


def test_a_key_goes_on_signing_after_its_token_was_restarted(token: Token) -> None:
    signer = open_signer(generate(token("issuing").format("officers"), P256))
    signer.sign(b"before")

    pkcs11.lib(DEFAULT_MODULE).reinitialize()

    verify(signer.public_key, P256, b"after", signer.sign(b"after"))


def test_a_handle_that_names_another_key_after_a_restart_signs_nothing(token: Token) -> None:
    early = open_signer(generate(token("issuing").format("officers"), P256))

    late = open_signer(generate(token("stamping").format("tsa"), P256))

    verify(late.public_key, P256, b"late", late.sign(b"late"))
    verify(early.public_key, P256, b"early", early.sign(b"early"))


def test_many_threads_sign_with_one_key(token: Token) -> None:
    signer = open_signer(generate(token("issuing").format("officers"), P256))

    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda n: signer.sign(b"%d" % n), range(200)))

    for number, signature in enumerate(signatures):
        verify(signer.public_key, P256, b"%d" % number, signature)


def test_a_token_that_is_gone_for_good_is_told(token: Token, tmp_path: Path) -> None:
    signer = open_signer(generate(token("issuing").format("officers"), P256))
    (tmp_path / "tokens").rename(tmp_path / "elsewhere")
    (tmp_path / "tokens").mkdir()
    pkcs11.lib(DEFAULT_MODULE).reinitialize()

    with pytest.raises(KeyUnusable, match="there is no token 'issuing': plug it in"):
        signer.sign(b"message")


def test_a_wrong_pin_is_told_and_never_shown(token: Token, tmp_path: Path) -> None:
    uri = token("issuing").format("officers")
    (tmp_path / "issuing.pin").write_text("999999")

    sentence = sentence_of(uri)

    assert sentence == f"the PIN for token 'issuing' is wrong: correct {tmp_path}/issuing.pin"


def test_a_wrong_pin_does_not_pass_because_another_key_has_the_token_open(token: Token, tmp_path: Path) -> None:
    uri = generate(token("issuing").format("officers"), P256)
    signer = open_signer(uri)
    (tmp_path / "issuing.pin").write_text("999999")

    assert "is wrong" in sentence_of(uri)
    verify(signer.public_key, P256, b"message", signer.sign(b"message"))


def test_a_pin_that_others_may_read_is_refused(token: Token, tmp_path: Path) -> None:
    uri = token("issuing").format("officers")
    (tmp_path / "issuing.pin").chmod(0o644)

    assert sentence_of(uri) == f"others may read {tmp_path}/issuing.pin: run chmod 600 {tmp_path}/issuing.pin"


def test_a_missing_pin_token_object_and_module_are_each_named(token: Token, tmp_path: Path) -> None:
    uri = token("issuing").format("officers")

    assert "'officers' in token 'issuing' is not in the token" in sentence_of(uri)
    assert "there is no token 'other'" in sentence_of(uri.replace("token=issuing", "token=other"))
    assert "there is no PIN at file:" in sentence_of(uri.replace("issuing.pin", "none.pin"))
    assert f"{tmp_path}/none.so does not load" in sentence_of(f"{uri}&module-path={tmp_path}/none.so")
    with pytest.raises(KeyMissing):
        open_signer(uri)


def test_an_object_that_is_there_twice_is_not_guessed(token: Token) -> None:
    uri = generate(token("issuing").format("officers"), P256)
    session = open_session(parse(uri), writing=True)
    session.generate_keypair(pkcs11.KeyType.RSA, 3072, label="officers", store=True)
    session.close()

    assert "is there more than once" in sentence_of(uri)


def test_a_kind_of_key_that_tokens_do_not_make_is_refused(token: Token) -> None:
    with pytest.raises(KeyUnusable, match="EdDSA keys are not made in tokens here"):
        generate(token("issuing").format("officers"), SignatureAlgorithm.ED25519)


@pytest.mark.parametrize(
    "uri",
    ["pkcs11:", "pkcs11:token=a", "pkcs11:object=b?pin-source=file:/pin", "pkcs11:token=a;object=b",
     "pkcs11:token=a;object=b?pin-value=1234", "pkcs11:token=a;object=b?pin-source=relative"],
)  # fmt: skip
def test_a_uri_that_lacks_a_part_is_refused(uri: str) -> None:
    assert "needs token=, object= and ?pin-source=file:" in sentence_of(uri)
