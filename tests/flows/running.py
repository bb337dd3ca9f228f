"""One small running installation for the tests of faults: every process, set up by the demonstration's own code.

A test that breaks something mends it before it ends. All processes die with the test run, however it ends.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from itertools import cycle
from json import loads
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from sqlalchemy import func, select

from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry
from scripts.demonstration.certifying import apply_for, collect, decide_all
from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal
from scripts.demonstration.keys import PersonalKey
from scripts.demonstration.setting_up import Ready, Size, prepare_home, set_up
from scripts.story.browser import Browser
from scripts.story.scene import Account, Scene
from scripts.story.sign_on import sign_in_by_certificate
from scripts.story.status import openssl_ocsp
from tests.ports import free_base
from web.home import Home

SMALL = Size(officers=12, citizens=6, dirt=0.25)


def quiet() -> Journal:
    """A journal whose lines nobody reads."""
    return Journal(Console(file=StringIO()))


def soon(true: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@dataclass
class Running:
    """The installation with what its setting up gave, and what many tests do in it and ask of its ledger."""

    installation: Installation
    ready: Ready

    def __post_init__(self) -> None:
        self._turns = cycle([account for account in self.ready.accounts if account.kind == "officer"])

    @property
    def home(self) -> Home:
        return self.installation.home

    def officer(self) -> Account:
        """The officers take turns."""
        return next(self._turns)

    def scene(self) -> Scene:
        """For the story's own steps."""
        one = self.officer()
        return Scene(self.installation, quiet(), one, one, one, self.ready.admins, self.ready.clients["standard-1"])

    def browser(self, number: str) -> Browser:
        """A browser with the person's certificate."""
        key = self.installation.personal(number, "authentication")
        return Browser(self.home.certificate("root"), (key.certificate, key.key))

    def signs_in(self, number: str) -> bool:
        """Whether the person reaches e-Document by certificate and is known there."""
        browser = self.browser(number)
        page = sign_in_by_certificate(browser, f"{self.home.url('edocument')}/login", self.home.url("idp-mtls"))
        browser.session.close()
        return page.url.startswith(self.home.url("edocument")) and number in page.text

    def approved(self, number: str) -> PersonalKey:
        """A new key of the person, asked for and approved by both registration officers."""
        key = self.installation.personal(number, "signing-2")
        key.key.unlink(missing_ok=True)
        key.certificate.unlink(missing_ok=True)
        apply_for(self.installation, [(number, "again")], self.ready.admins[0])
        decide_all(self.installation, self.ready.admins)
        return key

    def collected(self, key: PersonalKey) -> x509.Certificate:
        """The certificate, once the signing room has issued it."""
        collect(self.installation, [(key.number, "again")], lambda _count: None)
        return x509.load_pem_x509_certificate(key.certificate.read_bytes())

    def revoke(self, certificate: x509.Certificate) -> bool:
        """Whether a registration officer's revocation was taken."""
        digest = x509_digest(certificate)
        officer, now = self.installation.acting(self.ready.admins[0]), self.installation.clock.now()
        act = act_for("certificate.revoke", digest, "superseded", now)
        done = revoke_certificate(self.installation.ledger("ca"), digest, "superseded", officer.sign(act))
        return isinstance(done, Receipt)

    def status(self, key: PersonalKey) -> str:
        """What `openssl ocsp` prints about the key's certificate."""
        issuer = self.home.certificate("officers")
        return openssl_ocsp(self.scene(), ["-issuer", str(issuer), "-cert", str(key.certificate), "-no_nonce"])

    def newest(self) -> int:
        """The position of the newest entry."""
        with self.installation.ledger("audit").read() as session:
            return session.scalar(select(func.max(Entry.position))) or 0

    def since(self, position: int, kinds: str = "%") -> list[dict[str, Any]]:
        """The entries behind `position` of these kinds, in order: the fields of each, its kind and actor."""
        wanted = select(Entry).where(Entry.position > position, Entry.kind.like(kinds)).order_by(Entry.position)
        with self.installation.ledger("audit").read() as session:
            return [{**loads(one.body), "kind": one.kind, "actor": one.actor} for one in session.scalars(wanted)]

    def unaccounted(self) -> list[str]:
        """Intents that became no certificate and were not ended."""
        signed = select(Certificate.id).where(Certificate.id == Intent.id)
        ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
        with self.installation.ledger("audit").read() as session:
            return list(session.scalars(select(Intent.id).where(~signed.exists(), ~ended.exists())))

    def issued(self) -> list[x509.Certificate]:
        """Every certificate in the ledger."""
        with self.installation.ledger("audit").read() as session:
            return [x509.load_der_x509_certificate(der) for der in session.scalars(select(Certificate.der))]


def x509_digest(certificate: x509.Certificate) -> str:
    """By which the ledger knows it."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    assert "LAOTRUST_DATABASE_URL" not in os.environ
    installation = Installation(Home(tmp_path_factory.mktemp("running") / "home"))
    try:
        prepare_home(installation.home, free_base())
        yield Running(installation, set_up(installation, quiet(), SMALL))
    finally:
        installation.web.close()
        installation.close()
