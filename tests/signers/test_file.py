"""Keys in files: made encrypted, opened by their URI, and refused in a sentence that says what to do."""

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.keys import algorithm_of, key_sha256, verify, verify_pss
from pki.signing import SignatureAlgorithm, pads_by_pss
from signers import KeyUnusable, destroy, open_signer, padded_by_pss
from signers import generate as opened_or_made
from signers.file import generate

P256 = SignatureAlgorithm.ECDSA_P256_SHA256


def sentence_of(uri: str) -> str:
    with pytest.raises(KeyUnusable) as refused:
        open_signer(uri)
    return str(refused.value)


def plain(path: Path, key) -> str:  # type: ignore[no-untyped-def]
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"file:{path}"


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_a_key_that_was_made_opens_and_signs(tmp_path: Path, algorithm: SignatureAlgorithm) -> None:
    uri = generate(tmp_path / "keys" / "a.key.pem", algorithm, tmp_path / "keys" / "a.pass")

    signer = open_signer(uri)

    assert signer.algorithm is algorithm is algorithm_of(signer.public_key)
    verify(signer.public_key, algorithm, b"message", signer.sign(b"message"))


@pytest.mark.parametrize("uri", ["file://[x/key.pem", "pkcs11://[token=a;object=b?pin-source=file:/pin"])
def test_what_is_no_uri_at_all_is_said_in_a_sentence(uri: str) -> None:
    with pytest.raises(KeyUnusable, match="this is no key URI"):
        open_signer(uri)


def test_key_and_passphrase_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")

    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "a.key.pem": 0o600, "a.pass": 0o600
    }  # fmt: skip


def test_the_file_is_encrypted_pkcs8_that_openssl_opens_with_the_passphrase(tmp_path: Path) -> None:
    generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")

    command = "openssl pkey -in a.key.pem -passin file:a.pass -pubout -outform DER -out a.der"
    subprocess.run(command.split(), cwd=tmp_path, check=True)

    assert (tmp_path / "a.key.pem").read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    opened = open_signer(f"file:{tmp_path}/a.key.pem?passphrase-source=file:{tmp_path}/a.pass")
    assert (tmp_path / "a.der").read_bytes() == opened.public_key


def test_making_a_key_again_leaves_the_key_that_is_there(tmp_path: Path) -> None:
    first = open_signer(generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass"))

    again = open_signer(generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass"))

    assert again.public_key == first.public_key


def test_a_draft_that_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "a.key.pem.new").write_text("half a key")

    assert open_signer(generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass"))


def test_paths_with_spaces_and_signs_are_quoted_in_the_uri(tmp_path: Path) -> None:
    folder = tmp_path / "keys+of ກົມ? 100%"

    assert open_signer(generate(folder / "a.key.pem", P256, folder / "a.pass"))


def test_a_persons_unencrypted_key_opens_without_passphrase(tmp_path: Path) -> None:
    assert open_signer(plain(tmp_path / "a.pem", ec.generate_private_key(ec.SECP256R1()))).algorithm is P256


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert sentence_of(f"file:{tmp_path}/a.pem") == (
        f"there is no file {tmp_path}/a.pem: check the URI, or hold the ceremony that makes the key"
    )


def test_a_missing_passphrase_is_named(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    (tmp_path / "a.pass").unlink()

    assert f"there is no passphrase at file:{tmp_path}/a.pass" in sentence_of(uri)


def test_a_wrong_passphrase_is_told_and_never_shown(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    (tmp_path / "a.pass").write_text("guessed-wrong")

    sentence = sentence_of(uri)

    assert "does not open: check its passphrase file" in sentence
    assert "guessed-wrong" not in sentence


def test_what_stands_for_a_passphrase_file_is_not_repeated(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass").partition("?")[0]

    sentence = sentence_of(f"{uri}?passphrase-source=the-secret-itself")

    assert sentence == "passphrase-source= must be file:/path of a file that holds the passphrase"


def test_an_empty_passphrase_makes_and_opens_nothing(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    (tmp_path / "a.pass").write_text("\n")

    assert sentence_of(uri) == f"{tmp_path}/a.pass is empty: write the passphrase into it"
    with pytest.raises(KeyUnusable, match="is empty"):
        generate(tmp_path / "b.key.pem", P256, tmp_path / "a.pass")
    assert not (tmp_path / "b.key.pem").exists()


def test_no_error_holds_octets_of_the_key(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    uri = plain(path, ec.generate_private_key(ec.SECP256R1()))
    body = path.read_text().splitlines()[1]
    path.write_text(path.read_text().replace("-----END", "x-----END"))

    with pytest.raises(KeyUnusable) as refused:
        open_signer(uri)

    assert refused.value.__cause__ is None
    assert not any(body[at : at + 8] in str(refused.value) for at in range(len(body) - 8))


def test_an_encrypted_key_without_passphrase_does_not_open(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")

    assert "does not open" in sentence_of(uri.partition("?")[0])


@pytest.mark.parametrize("name", ["a.key.pem", "a.pass"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_files_that_others_may_read_are_refused(tmp_path: Path, name: str, mode: int) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    (tmp_path / name).chmod(mode)

    assert sentence_of(uri) == f"others may read {tmp_path}/{name}: run chmod 600 {tmp_path}/{name}"


def test_what_is_no_key_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.touch(mode=0o600)
    path.write_text("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n")

    assert "does not open" in sentence_of(f"file:{path}")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (rsa.generate_private_key(65537, 2048), "An RSA key of 2048 bits"),
        (ec.generate_private_key(ec.SECP521R1()), "secp521r1 is not used here"),
        (x25519.X25519PrivateKey.generate(), "a key that is not used here"),
    ],
    ids=["RSA 2048", "P-521", "X25519"],
)
def test_keys_that_we_would_not_certify_are_not_opened(tmp_path: Path, key: object, words: str) -> None:
    assert words in sentence_of(plain(tmp_path / "a.pem", key))


@pytest.mark.parametrize("uri", ["", "http://host/key", "/keys/a.pem", "file:keys/a.pem", "file:"])
def test_what_is_no_key_uri_is_refused(uri: str) -> None:
    assert sentence_of(uri)


def test_a_destroyed_key_is_overwritten_before_its_name_goes(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    digest = key_sha256(open_signer(uri).public_key)
    os.link(tmp_path / "a.key.pem", tmp_path / "same-octets")

    done = [destroy(uri, digest), destroy(uri, digest)]

    assert done == [True, False]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.pass", "same-octets"]
    assert set((tmp_path / "same-octets").read_bytes()) == {0}


def test_a_destruction_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")
    (tmp_path / "a.key.pem").rename(tmp_path / "a.key.pem.destroyed")
    (tmp_path / "a.key.pem.destroyed").write_bytes(b"half overwritten")

    assert destroy(uri, "ab" * 32) is True
    assert [file.name for file in tmp_path.iterdir()] == ["a.pass"]


def test_another_key_in_the_same_place_is_not_destroyed(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")

    with pytest.raises(KeyUnusable, match="is not the key that is to be destroyed"):
        destroy(uri, "ab" * 32)

    assert open_signer(uri).algorithm is P256


def test_a_key_is_never_made_in_clear(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="would be in clear: add"):
        opened_or_made(f"file:{tmp_path}/a.key.pem", P256)

    assert list(tmp_path.iterdir()) == []


def test_padding_is_pss_and_for_rsa_keys_alone(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", P256, tmp_path / "a.pass")

    for said in ("pss", "oaep"):
        with pytest.raises(KeyUnusable, match="padding= is pss and for an RSA key, or is left out"):
            open_signer(f"{uri}&padding={said}", jose=True)


def test_a_key_that_pads_by_pss_is_opened_for_tokens_alone(tmp_path: Path) -> None:
    uri = generate(tmp_path / "a.key.pem", SignatureAlgorithm.RSA_PKCS1_SHA256, tmp_path / "a.pass") + "&padding=pss"

    signer = open_signer(uri, jose=True)

    verify_pss(signer.public_key, b"message", signer.sign(b"message"))
    assert pads_by_pss(signer)
    assert "padding= is for keys that sign tokens with PS256 and for no other" in sentence_of(uri)


def test_a_uri_that_says_how_its_key_pads_stays_as_it_is() -> None:
    plain = "file:/k.pem", "file:/k.pem?passphrase-source=file:/p"

    padded = [padded_by_pss(uri) for uri in plain]

    assert padded == ["file:/k.pem?padding=pss", "file:/k.pem?passphrase-source=file:/p&padding=pss"]
    assert [padded_by_pss(uri) for uri in padded] == padded
