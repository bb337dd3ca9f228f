"""Keys in SoftHSM tokens: made there, used there, and refused in a sentence that says what to do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

import signers.pkcs11
import signers.token
from pki.errors import SignatureInvalid
from pki.keys import algorithm_of, key_sha256, verify, verify_pss
from pki.signing import SignatureAlgorithm, pads_by_pss
from signers import KeyUnusable, destroy, open_signer
from signers import generate as made_or_opened
from signers.pkcs11 import DEFAULT_MODULE, KeyMissing, contents, generate, open_session, parse
from signers.token import find_token, in_words
from tests.softhsm import SO_PIN

P256 = SignatureAlgorithm.ECDSA_P256_SHA256
Token = Callable[[str], str]


def sentence_of(uri: str) -> str:
    with pytest.raises(KeyUnusable) as refused:
        open_signer(uri)
    return str(refused.value)


@pytest.mark.parametrize(
    "algorithm",
    [
        P256, SignatureAlgorithm.ECDSA_P384_SHA384, SignatureAlgorithm.RSA_PKCS1_SHA256, SignatureAlgorithm.ED25519,
    ],
)  # fmt: skip
def test_a_key_that_was_made_in_a_token_opens_and_signs(token: Token, algorithm: SignatureAlgorithm) -> None:
    signer = open_signer(generate(token("issuing").format("officers"), algorithm))

    assert signer.algorithm is algorithm is algorithm_of(signer.public_key)
    verify(signer.public_key, algorithm, b"message", signer.sign(b"message"))


def test_an_rsa_key_pads_by_pss_where_its_uri_says_so(token: Token) -> None:
    uri = generate(token("tokens").format("ps256"), SignatureAlgorithm.RSA_PKCS1_SHA256)
    pss, plain = open_signer(f"{uri}&padding=pss", jose=True), open_signer(uri)

    verify_pss(pss.public_key, b"message", pss.sign(b"message"))
    assert pss.public_key == plain.public_key
    assert (pads_by_pss(pss), pads_by_pss(plain)) == (True, False)
    with pytest.raises(SignatureInvalid):
        verify_pss(plain.public_key, b"message", plain.sign(b"message"))


def test_padding_is_pss_and_for_rsa_keys_alone(token: Token) -> None:
    uri = generate(token("tokens").format("es256"), P256)

    with pytest.raises(KeyUnusable, match="is no RSA key: leave padding= out"):
        open_signer(f"{uri}&padding=pss", jose=True)
    with pytest.raises(KeyUnusable, match="padding= is pss"):
        open_signer(f"{uri}&padding=oaep", jose=True)


def test_a_key_that_pads_by_pss_is_opened_for_tokens_alone_and_for_others_not_even_made(token: Token) -> None:
    uri = f"{token('tokens').format('officers')}&padding=pss"

    with pytest.raises(KeyUnusable, match="padding= is for keys that sign tokens with PS256 and for no other"):
        made_or_opened(uri, SignatureAlgorithm.RSA_PKCS1_SHA256)

    assert contents(uri) == []
    assert "padding= is for keys that sign tokens with PS256" in sentence_of(uri)
    assert pads_by_pss(made_or_opened(uri, SignatureAlgorithm.RSA_PKCS1_SHA256, jose=True))


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

    opened = [open_signer(uri) for uri in uris]
    signatures = [signer.sign(b"message") for signer in opened]

    assert len({signer.public_key for signer in opened}) == 3
    for signer, signature in zip(opened, signatures, strict=True):
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

    assert sentence == (
        f"the PIN for token 'issuing' is wrong: correct {tmp_path}/issuing.pin, "
        "or, when the token was set to what it says, write it again"
    )


def test_a_pin_to_which_the_token_was_set_afterwards_is_tried_once_its_file_is_written_again(
    token: Token, tmp_path: Path
) -> None:
    uri, file = generate(token("issuing").format("officers"), P256), tmp_path / "issuing.pin"
    pkcs11.lib(DEFAULT_MODULE).reinitialize()  # nobody is logged in
    file.write_text("999999")
    sentence_of(uri)
    pkcs11.lib(DEFAULT_MODULE).reinitialize()  # no session is open, or the security officer could not log in
    found = pkcs11.lib(DEFAULT_MODULE).get_token(token_label="issuing")
    with found.open(rw=True, so_pin=SO_PIN) as officer:
        officer.init_pin("999999")

    before = sentence_of(uri)
    new = tmp_path / "new.pin"
    new.touch(mode=0o600)
    new.write_text("999999")
    new.rename(file)

    assert "or, when the token was set to what it says, write it again" in before
    assert open_signer(uri).algorithm is P256


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


def test_a_kind_of_key_that_the_token_has_no_mechanism_for_is_refused(token: Token) -> None:
    with pytest.raises(KeyUnusable, match="token 'issuing' makes no ML-DSA-65 keys: use P-256, P-384 or RSA"):
        generate(token("issuing").format("officers"), SignatureAlgorithm.ML_DSA_65)


def test_rsa_keys_have_the_size_that_was_asked_for(token: Token) -> None:
    signer = open_signer(generate(token("issuing").format("root"), SignatureAlgorithm.RSA_PKCS1_SHA256, 4096))

    key = load_der_public_key(signer.public_key)

    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 4096
    verify(signer.public_key, signer.algorithm, b"message", signer.sign(b"message"))


def test_a_key_that_may_leave_its_token_is_not_used(token: Token) -> None:
    uri = token("issuing").format("officers")
    session = open_session(parse(uri), writing=True)
    leaves = {pkcs11.Attribute.EXTRACTABLE: True}
    session.generate_keypair(pkcs11.KeyType.RSA, 3072, label="officers", store=True, private_template=leaves)
    session.close()

    assert "may leave its token: destroy it" in sentence_of(uri)


def test_what_is_in_a_token_is_listed_with_what_may_leave(token: Token) -> None:
    uri = generate(token("issuing").format("officers"), P256)

    listed = contents(uri)

    assert [(one.label, one.kind, one.algorithm, one.extractable) for one in listed] == [
        ("officers", "private key", "EC", False), ("officers", "public key", "EC", None),
    ]  # fmt: skip


def test_a_destroyed_key_is_out_of_its_token_and_its_neighbour_stays(token: Token) -> None:
    issuing = token("issuing")
    uri, other = (generate(issuing.format(name), P256) for name in ("officers", "citizens"))
    digest = key_sha256(open_signer(uri).public_key)

    done = [destroy(uri, digest), destroy(uri, digest)]

    assert done == [True, False]
    assert "is not in the token" in sentence_of(uri)
    assert {one.label for one in contents(other)} == {"citizens"}


def test_another_key_than_the_one_named_is_not_destroyed(token: Token) -> None:
    uri = generate(token("issuing").format("officers"), P256)

    with pytest.raises(KeyUnusable, match="is not the key that is to be destroyed"):
        destroy(uri, "ab" * 32)

    assert open_signer(uri).algorithm is P256


def test_two_modules_are_used_at_once(token: Token, tmp_path: Path) -> None:
    second = tmp_path / "libsecond.so"
    copyfile(DEFAULT_MODULE, second)
    here = generate(token("issuing").format("officers"), P256)
    there = generate(f"{token('vault').format('root')}&module-name=second&module-path={tmp_path}", P256)

    opened = [open_signer(uri) for uri in (here, there)]

    for signer in (*opened, *opened):
        verify(signer.public_key, P256, b"message", signer.sign(b"message"))
    pkcs11.unload(str(second))


def test_a_token_is_found_by_each_attribute_of_its_uri(token: Token, tmp_path: Path) -> None:
    uri = generate(token("issuing").format("officers"), P256)
    found = find_token(parse(uri))
    serial, pin = found.serial.decode(), f"?pin-source=file:{tmp_path}/issuing.pin"
    key = open_signer(uri).public_key

    for written in (
        f"pkcs11:serial={serial};object=officers{pin}",
        f"pkcs11:slot-id={found.slot.slot_id};id=%6f%66%66icers{pin}",
        f"pkcs11:token=issuing;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;type=private;object=officers{pin}",
        f"pkcs11:token=issuing;object=officers{pin}&module-name=softhsm2",
    ):
        assert open_signer(written).public_key == key
    assert "there is no token" in sentence_of(f"pkcs11:token=issuing;serial=0;object=officers{pin}")
    assert "there is no token" in sentence_of(f"pkcs11:token=issuing;model=other;object=officers{pin}")


def test_a_token_whose_name_is_there_twice_is_not_guessed(token: Token) -> None:
    token("issuing")

    assert "there are several tokens 'issuing': add serial=" in sentence_of(token("issuing").format("officers"))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (pkcs11.PinLocked(), "the PIN of token 'issuing' is locked: its security officer must reset it"),
        (pkcs11.PinExpired(), "the PIN of token 'issuing' has expired: its security officer must set another"),
        (pkcs11.DeviceMemory(), "token 'issuing' is full: remove keys that are not needed, or use another"),
        (pkcs11.DeviceRemoved(), "token 'issuing' was taken out: put it back, then start again"),
        (pkcs11.GeneralError(), "token 'issuing' does not do it (GeneralError): look at the token"),
    ],
)  # fmt: skip
def test_what_a_token_says_becomes_a_sentence_with_the_next_step(fault: Exception, sentence: str) -> None:
    where = parse("pkcs11:token=issuing;object=officers?pin-source=file:/pin")

    with pytest.raises(KeyUnusable) as told, in_words(where):
        raise fault

    assert str(told.value) == sentence


class FullToken:
    """A session with a token that has no room."""

    def get_objects(self, _wanted: object) -> list[object]:
        return []

    def create_domain_parameters(self, *_given: object, **_named: object) -> "FullToken":
        return self

    def generate_keypair(self, *_given: object, **_named: object) -> None:
        raise pkcs11.DeviceMemory

    def close(self) -> None:
        pass


def test_a_full_token_is_told_when_a_key_is_to_be_made(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = token("issuing").format("officers")
    monkeypatch.setattr(signers.pkcs11, "open_session", lambda _where, *, writing: FullToken())

    with pytest.raises(KeyUnusable, match="token 'issuing' is full: remove keys"):
        generate(uri, P256)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("pkcs11:token=a;object=b?pin-source=file:/p&pin-value=1234", "never the PIN itself"),
        ("pkcs11:token=a;token=b;object=c?pin-source=file:/p", "token= stands twice"),
        ("pkcs11:token=a;object=b;colour=red?pin-source=file:/p", "colour= is not known here"),
        ("pkcs11:token=a;object=b;type=cert?pin-source=file:/p", "type=cert is no key pair"),
        ("pkcs11:slot-id=x;object=b?pin-source=file:/p", "slot-id= is a number"),
        ("pkcs11:token=a;object=b?pin-source=file:/p&module-name=none", "no module none in"),
        ("pkcs11:token=a;object=b?pin-source=file:/p&module-name=/lib/x", "has no path and no ending"),
    ],
)
def test_a_uri_that_is_wrong_is_refused_in_a_sentence_without_its_secret(written: str, sentence: str) -> None:
    said = sentence_of(written)

    assert sentence in said
    assert "1234" not in said


@pytest.mark.parametrize(
    "uri",
    ["pkcs11:", "pkcs11:token=a", "pkcs11:object=b?pin-source=file:/pin", "pkcs11:token=a;object=b",
     "pkcs11:token=a;object=b?pin-value=1234", "pkcs11:token=a;object=b?pin-source=relative"],
)  # fmt: skip
def test_a_uri_that_lacks_a_part_is_refused(uri: str) -> None:
    assert "needs token=, object= and ?pin-source=file:" in sentence_of(uri)


class Locking:
    """A token that counts how often a PIN was shown to it."""

    def __init__(self, pin: str, serial: bytes = b"1") -> None:
        self.pin, self.serial, self.shown = pin, serial, 0

    def open(self, *, rw: bool, user_pin: str) -> str:
        self.shown += 1
        if user_pin != self.pin:
            raise pkcs11.PinIncorrect
        return f"session {rw}"


def test_a_pin_that_the_token_refused_is_not_shown_to_it_again() -> None:
    token, where = Locking("right"), parse("pkcs11:token=a;object=b?pin-source=file:/p")

    for _ in range(20):
        with pytest.raises(pkcs11.PinIncorrect):
            signers.token._session(where, token, "wrong", None, writing=False)
    refused = token.shown
    opened = signers.token._session(where, token, "right", None, writing=False)
    with pytest.raises(pkcs11.PinIncorrect):
        signers.token._session(where, token, "wrong", None, writing=False)

    assert (refused, opened, token.shown) == (1, "session False", 3)


def test_two_files_with_wrong_pins_do_not_lock_a_token_in_turns() -> None:
    token, where = Locking("right", b"2"), parse("pkcs11:token=b;object=b?pin-source=file:/p")

    for _ in range(20):
        for wrong, stamp in (("wrong", 1), ("other", 2)):
            with pytest.raises(pkcs11.PinIncorrect):
                signers.token._session(where, token, wrong, stamp, writing=False)

    assert token.shown == 2
