"""ACME as clients of others meet it: listener, validator, signing room and sealer as processes, over a practice CA."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography import x509
from sqlalchemy import select

from ca.ceremonies.practice import hold_practice_ceremony
from ca.machines.rules import Protocol
from ledger.certificates import Certificate, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from scripts.demonstration.programs import environment_of, house, loop
from scripts.demonstration.supervisor import Supervisor
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.ca.machines.ministry import Ministry
from tests.dns_server import DnsServer, dns_server
from tests.ports import free_base
from web.home import Home

ZONE = "mtc.gov.la"


@dataclass
class AcmeService:
    """Everything that runs, and what a client needs to know of it."""

    home: Home
    ledger: Ledger
    kid: str
    hmac_key: str
    dns: DnsServer
    http_port: int
    tls_port: int

    @property
    def zone(self) -> Path:
        """Where a client's hook puts its TXT record."""
        assert self.dns.folder is not None
        return self.dns.folder

    @property
    def directory(self) -> str:
        return f"{self.home.url('machines')}/acme/directory"

    @property
    def root(self) -> Path:
        return self.home.certificate("root").resolve()

    def run(
        self, *command: str | Path, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The client ended; what it said is in the failure if it did not end well."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=120, cwd=folder,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done

    def is_revoked(self, leaf: x509.Certificate) -> str | None:
        """The reason with which the ledger says that the certificate ended."""
        serial = f"{leaf.serial_number:x}"
        statement = select(Revocation.reason).join(Certificate, Certificate.id == Revocation.certificate_id)
        with self.ledger.read() as session:
            return session.scalar(statement.where(Certificate.serial_number == serial))

    def ended(self, leaf: x509.Certificate) -> str | None:
        """The reason, when the signing room came to what its client asked for; None if it did not in time."""
        end = monotonic() + 15
        while (reason := self.is_revoked(leaf)) is None and monotonic() < end:
            sleep(0.05)
        return reason

    def verify(self, chain: Path, name: str) -> x509.Certificate:
        """The leaf of a chain file, after OpenSSL verified it for this host up to our root."""
        leaf = x509.load_pem_x509_certificates(chain.read_bytes())[0]
        purpose = ("-purpose", "sslserver", "-verify_hostname", name)
        self.run("openssl", "verify", "-CAfile", self.root, "-untrusted", chain, *purpose, chain)
        return leaf


@pytest.fixture(scope="session")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AcmeService]:
    folder = tmp_path_factory.mktemp("acme-service")
    database, ports = shutil.copyfile(sqlite_template, folder / "laotrust.db"), free_base()
    ledger = Ledger(f"sqlite:///{database}", SystemClock(), system_randomness, "0.1.0", "test")
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text(f"{free_base()}\n")
    for number in (FIRST, SECOND):
        register_person(ledger, number)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock)
    ministry = Ministry.of(PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields"))))
    secret = ministry.secret(ministry.allowed(most=500), Protocol.ACME)
    supervisor = Supervisor(home.path / "log", home.certificate("root"))
    (folder / "zone").mkdir()
    with dns_server(ports + 2, folder / "zone") as dns:
        environment = {
            **environment_of(home, home.certificate("root")),
            "LAOTRUST_DATABASE_URL": ledger.url,
            "LAOTRUST_ACME_ZONES": f"{ZONE} localhost",
            "LAOTRUST_ACME_HTTP_PORT": str(ports),
            "LAOTRUST_ACME_TLS_PORT": str(ports + 1),
            "LAOTRUST_ACME_DNS_PORT": str(dns.port),
        }
        try:
            loops = [loop(name, environment) for name in ("seal", "issue", "validate")]
            supervisor.start([*loops, house(home, "machines", environment)])
            yield AcmeService(home, ledger, secret.reference, secret.secret, dns, ports, ports + 1)
        finally:
            supervisor.stop()
            ledger.close()

