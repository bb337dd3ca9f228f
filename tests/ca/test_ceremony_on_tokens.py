"""The same ceremony with its CA keys in tokens: only where the keys are differs."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ca.ceremonies.practice import hold_practice_ceremony
from ledger.ledger import Ledger
from pki.keys import verify
from pki.parsed import certificates_from_pem
from signers import open_signer
from tests.ca.conftest import FIRST, SECOND, register_person
from tests.softhsm import token
from web.home import Home

__all__ = ["token"]

ON_TOKENS = {"root": "vault", "officers": "issuing", "citizens": "issuing", "services": "issuing", "tsa": "units"}
"""Names of keys, and the token that each is in."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    return home


@pytest.fixture
def keys(token: Callable[[str], str]) -> dict[str, str]:
    """The URI of each key; the tokens are empty yet."""
    uris = {label: token(label) for label in sorted(set(ON_TOKENS.values()))}
    return {name: uris[label].format(name) for name, label in ON_TOKENS.items()}


@pytest.fixture
def held(ledger: Ledger, home: Home, keys: dict[str, str]) -> Home:
    """A home after the ceremony."""
    for number in (FIRST, SECOND):
        register_person(ledger, number)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock, keys=keys)
    return home


def test_each_certificate_is_of_the_key_in_its_token(held: Home, keys: dict[str, str]) -> None:
    for name, uri in keys.items():
        [certificate, *_] = certificates_from_pem(held.certificate(name).read_bytes())
        assert certificate.spki == open_signer(uri).public_key


def test_the_issuers_are_signed_by_the_root_in_its_token(held: Home, keys: dict[str, str]) -> None:
    root = open_signer(keys["root"])

    for name in ("root", "officers", "citizens", "services"):
        [certificate] = certificates_from_pem(held.certificate(name).read_bytes())
        verify(root.public_key, root.algorithm, certificate.tbs, certificate.signature)


def test_openssl_verifies_a_chain_whose_keys_are_in_tokens(held: Home) -> None:
    folder = held.path / "certificates"
    command = "openssl verify -x509_strict -no_check_time -CAfile root.pem -untrusted services.pem tsa.pem"

    done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)

    assert done.stdout == "tsa.pem: OK\n", done.stderr


def test_no_key_of_a_ca_is_in_a_file(held: Home, keys: dict[str, str]) -> None:
    assert [name for name in keys if held.key(name).exists()] == []


def test_a_second_ceremony_takes_the_keys_that_are_there(held: Home, ledger: Ledger, keys: dict[str, str]) -> None:
    before = {name: held.certificate(name).read_bytes() for name in keys}

    hold_practice_ceremony(ledger, held, [FIRST, SECOND], clock=ledger.clock, keys=keys)

    assert {name: held.certificate(name).read_bytes() for name in keys} == before
