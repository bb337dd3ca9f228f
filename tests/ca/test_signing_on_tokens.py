"""With every key of ours in a token, an officer's certificate, its CRL and its OCSP answer hold for OpenSSL."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import pkcs11
import pytest
from sqlalchemy import select

from ca.ceremonies.practice import hold_practice_ceremony
from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.keys import verify
from pki.parsed import certificates_from_pem
from pki.signing import Signer, require_at_hand
from signers import KeyUnusable, open_signer
from signers.pkcs11 import DEFAULT_MODULE
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.softhsm import token
from web.home import Home

__all__ = ["token"]

OFFICER = "10000017"
ISSUERS = ("officers", "citizens", "services")
ON_TOKENS = {
    "vault": ("root", "ocsp-root"),
    "issuing": (*ISSUERS, *(f"ocsp-{name}" for name in ISSUERS), "tsa", "token"),
}
"""Tokens, and the keys in each. Keys of checkpoints, columns, the practice operator and TLS are files by design."""
QUANTUM = {"officers-pq", "ocsp-officers-pq", "ocsp-root-pq"}
"""SoftHSM makes no ML-DSA keys."""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """OpenSSL judges by the machine's own clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@pytest.fixture
def on_tokens(ledger: Ledger, tmp_path: Path, token: Callable[[str], str]) -> PracticeCa:
    """A CA after a ceremony whose keys were made in tokens."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    uris = {label: token(label) for label in ON_TOKENS}
    keys = {name: uris[label].format(name) for label, names in ON_TOKENS.items() for name in names}
    for number in (FIRST, SECOND, OFFICER):
        register_person(ledger, number)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock, keys=keys)
    return PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields")), mapping=keys)


def issued(ca: PracticeCa) -> Certificate:
    """An officer's certificate by the signing room, beside its issuer's in the home."""
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    ca.home.certificate("officer").write_text(DER_cert_to_PEM_cert(certificate.der))
    return certificate


def openssl(ca: PracticeCa, words: str) -> str:
    """Both outputs of OpenSSL, run beside the certificates."""
    folder = ca.home.path / "certificates"
    done = subprocess.run(["openssl", *words.split()], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_openssl_takes_what_the_keys_in_tokens_signed(on_tokens: PracticeCa) -> None:
    certificate = issued(on_tokens)
    crl = on_tokens.newest_crl("officers").der
    (on_tokens.home.path / "certificates" / "officers.crl").write_bytes(crl)
    store = StatusStore(on_tokens.ledger)
    store.look()
    responder = OcspResponder(store, lambda name: open_signer(on_tokens.mapping[f"ocsp-{name}"]), SystemClock())
    openssl(on_tokens, "ocsp -issuer officers.pem -cert officer.pem -no_nonce -reqout request.der")
    asked = (on_tokens.home.path / "certificates" / "request.der").read_bytes()
    (on_tokens.home.path / "certificates" / "answer.der").write_bytes(responder.respond(asked).body)

    chain = openssl(on_tokens, "verify -x509_strict -CAfile root.pem -untrusted officers.pem officer.pem")
    listed = openssl(on_tokens, "crl -inform DER -in officers.crl -CAfile officers.pem -noout")
    status = openssl(
        on_tokens, "ocsp -respin answer.der -CAfile root.pem -verify_other officers.pem"
        " -issuer officers.pem -cert officer.pem -no_nonce",
    )  # fmt: skip

    assert chain == "officer.pem: OK\n"
    assert listed.strip() == "verify OK"
    assert "Response verify OK" in status
    assert "officer.pem: good" in status
    assert certificate.profile == "officer-signing"


def test_every_key_of_a_ca_and_of_its_services_stays_in_its_token(on_tokens: PracticeCa) -> None:
    in_files = {path.name.removesuffix(".key.pem") for path in on_tokens.home.path.rglob("keys/*.key.pem")}
    signers = {name: open_signer(uri) for name, uri in on_tokens.mapping.items()}

    certified = {
        name: certificates_from_pem(on_tokens.home.certificate(name).read_bytes())[0].spki for name in on_tokens.mapping
    }

    here = {"checkpoint", "fields", "doors", "door-cmp", "door-scep", "practice"} | QUANTUM
    assert {name for name in in_files if not name.startswith("tls-")} == here
    assert certified == {name: signer.public_key for name, signer in signers.items()}
    for signer in signers.values():
        verify(signer.public_key, signer.algorithm, b"message", signer.sign(b"message"))


PEOPLE = [str(number) for number in range(10000020, 10000025)]


class Unplugged:
    """A key whose token is pulled out before its third signature."""

    def __init__(self, signer: Signer, tokens: Path) -> None:
        self._signer, self._tokens, self._signed = signer, tokens, 0
        self.algorithm, self.public_key = signer.algorithm, signer.public_key

    def sign(self, message: bytes) -> bytes:
        self._signed += 1
        if self._signed == 3:
            self._tokens.rename(self._tokens.with_name("pulled-out"))
            self._tokens.mkdir()
            pkcs11.lib(DEFAULT_MODULE).reinitialize()
        return self._signer.sign(message)

    def require(self) -> None:
        require_at_hand(self._signer)

    def plug_in(self) -> None:
        self._tokens.rmdir()
        self._tokens.with_name("pulled-out").rename(self._tokens)
        pkcs11.lib(DEFAULT_MODULE).reinitialize()


def test_a_token_that_is_pulled_out_in_the_middle_of_a_batch_loses_nothing(
    on_tokens: PracticeCa, tmp_path: Path
) -> None:
    for number in PEOPLE:
        register_person(on_tokens.ledger, number)
    enrolments = {on_tokens.approved(number) for number in PEOPLE}
    officers = on_tokens.issuing("officers")
    key = Unplugged(officers.signer, tmp_path / "tokens")
    room = on_tokens.room(officers=replace(officers, signer=key))

    with pytest.raises(KeyUnusable, match="there is no token 'issuing': plug it in"):
        room.turn()
    with on_tokens.ledger.read() as session:
        intended = {one.id for one in session.scalars(select(Intent).where(Intent.enrolment_id.in_(enrolments)))}
        certified = set(session.scalars(select(Certificate.id).where(Certificate.id.in_(intended))))
    left = room.recover()
    with pytest.raises(KeyUnusable):  # nothing is intended meanwhile, however often it turns
        room.turn()
    key.plug_in()
    room = on_tokens.room()
    done = room.turn()

    with on_tokens.ledger.read() as session:
        revoked = set(session.scalars(select(Revocation.certificate_id).where(Revocation.certificate_id.in_(intended))))
        holders = session.scalars(select(Intent.enrolment_id).where(Intent.id.in_([one.id for one in done.issued])))
        assert sorted(map(str, holders)) == sorted(enrolments)
    assert (len(intended), certified, left, revoked) == (len(PEOPLE), set(), 0, intended)
    assert on_tokens.room().turn().issued == []
