"""CMP with `openssl cmp`: a server's first certificate, its renewal, its end, and what is refused (RFC 9483)."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from ca.machines.doors import Made
from ca.machines.rules import Protocol
from ledger.certificates import Certificate, Revocation
from tests.interop.doorway import UNTIL, Doorway


@dataclass
class Client:
    """A machine with OpenSSL and a folder of its own."""

    doorway: Doorway
    folder: Path
    made: Made

    def cmp(self, command: str, *more: str, ok: bool = True) -> str:
        where = self.doorway.plain.removeprefix("http://")
        common = ("-server", where, "-path", "/.well-known/cmp", "-cmd", command, "-trusted", str(self.doorway.root))
        return self.doorway.run("openssl", "cmp", *common, *more, cwd=self.folder, ok=ok)

    def secret(self, word: str = "") -> tuple[str, ...]:
        return ("-ref", self.made.reference, "-secret", f"pass:{word or self.made.secret}")

    def key(self, name: str) -> str:
        file = self.folder / f"{name}.key"
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.doorway.run("openssl", "genpkey", *curve, "-out", str(file), cwd=self.folder)
        return str(file)

    def enrol(self, name: str, *more: str, command: str = "ir", host: str = "www.mtc.gov.la", ok: bool = True) -> str:
        wanted = ("-newkey", self.key(name), "-subject", f"/CN={host}", "-sans", host, "-certout", f"{name}.pem")
        return self.cmp(command, *wanted, *(more or self.secret()), ok=ok)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())


@pytest.fixture
def client(doorway: Doorway, tmp_path: Path) -> Client:
    made = doorway.ministry.secret(doorway.ministry.allowed(until=UNTIL), Protocol.CMP)
    return Client(doorway, tmp_path, made)


def test_a_server_enrols_by_a_secret_renews_by_its_key_and_ends_its_certificate(client: Client) -> None:
    client.enrol("first")
    own = ("-cert", "first.pem", "-key", "first.key")
    client.cmp("kur", "-newkey", client.key("second"), "-certout", "second.pem", "-oldcert", "first.pem", *own)
    client.cmp("rr", "-oldcert", "first.pem", "-revreason", "4", *own)

    names = client.certificate("second").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la"]
    with client.doorway.ministry.ca.ledger.read() as session:
        serial = f"{client.certificate('first').serial_number:x}"
        old = session.query(Certificate).filter_by(serial_number=serial).one()
        ended = session.get_one(Revocation, old.id)
    assert ended.reason == "superseded"
    refused = client.cmp("rr", "-oldcert", "first.pem", "-revreason", "4", *own, ok=False)
    assert "signerNotTrusted" in refused


def test_cr_p10cr_and_implicit_confirmation_are_served_too(client: Client) -> None:
    client.enrol("one", *client.secret(), "-implicit_confirm", command="cr")
    request = ("-new", "-key", client.key("two"), "-subj", "/", "-addext", "subjectAltName=DNS:b.mtc.gov.la")
    client.doorway.run("openssl", "req", *request, "-out", "two.csr", cwd=client.folder)

    client.cmp("p10cr", "-csr", "two.csr", "-certout", "two.pem", *client.secret())

    assert client.certificate("one").issuer == client.certificate("two").issuer


def test_what_is_not_allowed_is_refused_in_the_protocols_words(client: Client) -> None:
    wrong = client.enrol("a", *client.secret("wrong"), ok=False)
    google = client.enrol("b", host="www.google.com", ok=False)
    other = client.enrol("c", host="www.mof.gov.la", ok=False)
    elsewhere = client.enrol("d", *client.secret(), "-recipient", "/CN=Somebody else", ok=False)

    assert "badMessageCheck" in wrong or "machine.secret-unknown" in wrong
    assert "badCertTemplate" in google
    assert "machine.name-outside-zone" in other
    assert "wrongAuthority" in elsewhere


def test_general_messages_are_answered(client: Client) -> None:
    said = client.cmp("genm", "-infotype", "signKeyPairTypes", *client.secret())

    assert "genp" in said.lower()
