"""A key that is not there yet is looked for whenever it is needed, and works as soon as it is there."""

from pathlib import Path

import pytest

from pki.keys import verify
from pki.signing import SignatureAlgorithm, require_at_hand
from signers import AwaitedKey, KeyUnusable, generate, open_signer

ES256 = SignatureAlgorithm.ECDSA_P256_SHA256


def uri_of(path: Path) -> str:
    path.with_suffix(".pass").write_text("a long passphrase")
    path.with_suffix(".pass").chmod(0o600)
    return f"file:{path}?passphrase-source=file:{path.with_suffix('.pass')}"


def test_it_says_why_it_is_not_there_and_signs_once_it_is(tmp_path: Path) -> None:
    uri, elsewhere = uri_of(tmp_path / "officers.pem"), tmp_path / "taken.pem"
    public = generate(uri, ES256).public_key
    (tmp_path / "officers.pem").rename(elsewhere)
    awaited = AwaitedKey(uri, public, open_signer)

    with pytest.raises(KeyUnusable, match=r"officers\.pem"):
        require_at_hand(awaited)
    with pytest.raises(KeyUnusable, match=r"officers\.pem"):
        awaited.sign(b"message")
    elsewhere.rename(tmp_path / "officers.pem")
    require_at_hand(awaited)

    assert awaited.algorithm is ES256
    verify(public, ES256, b"message", awaited.sign(b"message"))


def test_another_key_in_its_place_is_none(tmp_path: Path) -> None:
    uri = uri_of(tmp_path / "other.pem")
    generate(uri, ES256)
    public = generate(uri_of(tmp_path / "officers.pem"), ES256).public_key
    awaited = AwaitedKey(uri, public, open_signer)

    with pytest.raises(KeyUnusable, match="not the issuer's"):
        awaited.sign(b"message")


def test_it_is_opened_once(tmp_path: Path) -> None:
    uri, opened = uri_of(tmp_path / "officers.pem"), []
    real = generate(uri, ES256)

    def open_key(wanted: str) -> object:
        opened.append(wanted)
        return real

    awaited = AwaitedKey(uri, real.public_key, open_key)  # type: ignore[arg-type]
    awaited.require()
    awaited.sign(b"message")

    assert opened == [uri]
