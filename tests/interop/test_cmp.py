"""CMP with `openssl cmp`: a server's first certificate, its renewal, its end, and what is refused (RFC 9483)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ca.app import create_machines_http_app
from ca.machines.doors import Made
from ca.machines.rules import Protocol
from ca.reissue.campaign import advance
from ca.tables.machines import MachineAcceptance
from ledger.certificates import Certificate, Revocation
from tests.ca.conftest import FIRST, PracticeCa
from tests.ca.governance.conftest import Office
from tests.ca.machines.ministry import STRANGER
from tests.ca.reissue.day import WORK, by_file
from tests.interop.doorway import UNTIL, Doorway, served
from tests.serving import settings_for


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

    def key(self, name: str, curve: str = "P-256") -> str:
        file = self.folder / f"{name}.key"
        kind = ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}")
        self.doorway.run("openssl", "genpkey", *kind, "-out", str(file), cwd=self.folder)
        return str(file)

    def enrol(
        self, name: str, *more: str, command: str = "ir", host: str = "www.mtc.gov.la", curve: str = "P-256",
        ok: bool = True,
    ) -> str:  # fmt: skip
        wanted = ("-newkey", self.key(name, curve), "-subject", f"/CN={host}", "-sans", host, "-certout", f"{name}.pem")
        return self.cmp(command, *wanted, *(more or self.secret()), ok=ok)

    def serial(self, name: str) -> str:
        return f"{self.certificate(name).serial_number:x}"

    def accepted(self, *names: str) -> list[tuple[str, str | None]]:
        """Of these certificates those that the machine said that it took, and which ones they update, by number."""
        ours = [self.serial(name) for name in names]
        with self.doorway.ministry.ca.ledger.read() as session:
            said = session.query(MachineAcceptance).order_by(MachineAcceptance.at).all()
            numbers = {one.id: one.serial_number for one in session.query(Certificate)}
        rows = [(numbers[one.certificate_id], numbers.get(one.replaces_id or "")) for one in said]
        return [one for one in rows if one[0] in ours]

    def ended(self, name: str) -> str | None:
        """With which reason, if it has."""
        with self.doorway.ministry.ca.ledger.read() as session:
            own = session.query(Certificate).filter_by(serial_number=self.serial(name)).one()
            revocation = session.get(Revocation, own.id)
        return revocation.reason if revocation else None

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


def test_the_old_one_ends_when_the_machine_confirmed_what_updated_it(client: Client) -> None:
    client.enrol("first")
    own = ("-cert", "first.pem", "-key", "first.key")
    client.cmp("kur", "-newkey", client.key("unsaid"), "-certout", "unsaid.pem", "-disable_confirm", *own)
    unsaid = client.accepted("first", "unsaid")
    client.cmp("kur", "-newkey", client.key("second"), "-certout", "second.pem", *own)

    assert unsaid == [(client.serial("first"), None)]
    assert client.accepted("first", "unsaid", "second") == [
        (client.serial("first"), None), (client.serial("second"), client.serial("first")),
    ]  # fmt: skip


def test_what_comes_with_an_answer_leads_from_the_certificate_to_the_root(client: Client) -> None:
    client.enrol(
        "one", *client.secret(), "-out_trusted", str(client.doorway.root), "-chainout", "chain.pem", "-cacertsout",
        "roots.pem",
    )  # fmt: skip

    verified = client.doorway.run(
        "openssl", "verify", "-CAfile", "roots.pem", "-untrusted", "chain.pem", "one.pem", cwd=client.folder
    )
    assert "one.pem: OK" in verified
    roots = x509.load_pem_x509_certificates((client.folder / "roots.pem").read_bytes())
    assert [one for one in roots if one.subject != one.issuer] == []


@pytest.mark.parametrize("how", ["-1", "0", "2"], ids=["none", "raVerified", "by encryption"])
def test_a_request_without_a_signature_of_its_key_proves_no_possession(client: Client, how: str) -> None:
    assert "badPOP" in client.enrol("a", *client.secret(), "-popo", how, ok=False)


def test_what_is_protected_in_ways_that_are_not_served_is_told_so(client: Client) -> None:
    assert "badAlg" in client.enrol("a", *client.secret(), "-digest", "sha1", ok=False)
    assert "badMessageCheck" in client.enrol("b", *client.secret(), "-unprotected_requests", ok=False)


def test_a_secret_protects_with_stronger_hashes_too(client: Client) -> None:
    sha384 = ("-digest", "sha384", "-mac", "hmacWithSHA384")

    client.enrol("a", *client.secret(), *sha384, curve="P-384")

    assert client.certificate("a").public_key().key_size == 384  # type: ignore[union-attr]


@pytest.mark.parametrize(("curve", "digest"), [("P-384", "sha256"), ("P-256", "sha512"), ("P-384", "sha384")])
def test_a_key_signs_with_any_hash_of_sha_2(client: Client, curve: str, digest: str) -> None:
    client.enrol("one", *client.secret(), curve=curve)
    own = ("-cert", "one.pem", "-key", "one.key", "-digest", digest)

    client.cmp("kur", "-newkey", client.key("two", curve), "-certout", "two.pem", *own)

    assert client.accepted("two") == [(client.serial("two"), client.serial("one"))]


def test_a_key_or_a_name_that_does_not_fit_is_a_bad_template(client: Client) -> None:
    client.enrol("one")
    client.doorway.run("openssl", "genpkey", "-algorithm", "ED25519", "-out", "ed.key", cwd=client.folder)
    names = ("-subject", "/CN=www.mtc.gov.la", "-sans", "www.mtc.gov.la")
    own = ("-cert", "one.pem", "-key", "one.key")

    ed25519 = client.cmp("ir", "-newkey", "ed.key", *names, "-certout", "ed.pem", *client.secret(), ok=False)
    renamed = client.enrol("two", *own, command="kur", host="b.mtc.gov.la", ok=False)

    assert "badCertTemplate" in ed25519 and "enrolment.key-not-for-profile" in ed25519
    assert "badCertTemplate" in renamed and "machine.other-names" in renamed


@pytest.mark.parametrize("command", ["ir", "p10cr"])
def test_who_is_told_to_wait_polls_and_confirms(client: Client, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr("ca.machines.cmp._COME_AGAIN", 1)
    ministry = client.doorway.ministry
    app = create_machines_http_app(
        settings_for("machines", ministry.ca.home, ministry.ca.ledger.url), ministry.ca.ledger
    )
    app.extensions["cmp"] = replace(app.extensions["cmp"], patience=timedelta())
    request = ("-new", "-key", client.key("two"), "-subj", "/", "-addext", "subjectAltName=DNS:b.mtc.gov.la")
    client.doorway.run("openssl", "req", *request, "-out", "two.csr", cwd=client.folder)
    wanted = {"ir": ("-newkey", "two.key", "-sans", "b.mtc.gov.la"), "p10cr": ("-csr", "two.csr")}

    with served(app) as port:
        impatient = replace(client, doorway=replace(client.doorway, plain=f"http://127.0.0.1:{port}"))
        said = impatient.cmp(command, *wanted[command], "-certout", "two.pem", *client.secret())

    assert "POLLREQ" in said
    assert client.accepted("two") == [(client.serial("two"), None)]


def test_the_paths_of_the_profile_are_served(client: Client) -> None:
    client.enrol("one", *client.secret(), "-path", "/.well-known/cmp/initialization")
    own = ("-cert", "one.pem", "-key", "one.key", "-path")
    client.cmp("kur", "-newkey", client.key("two"), "-certout", "two.pem", *own, "/.well-known/cmp/p/any/keyupdate")
    client.cmp("rr", "-oldcert", "one.pem", *own, "/.well-known/cmp/p/any/revocation")
    client.cmp("genm", "-infotype", "caCerts", *client.secret(), "-path", "/.well-known/cmp/getcacerts")
    missing = client.cmp("genm", *client.secret(), "-path", "/.well-known/cmp/getcrls", ok=False)

    assert "404" in missing


def test_in_a_campaign_the_old_one_ends_by_the_second_confirmation_and_not_before(client: Client) -> None:
    client.enrol("first", curve="P-384")
    campaign(client.doorway.ministry.ca)
    own = ("-cert", "first.pem", "-key", "first.key")

    client.cmp("kur", "-newkey", client.key("unsaid"), "-certout", "unsaid.pem", "-disable_confirm", *own)
    client.cmp("kur", "-newkey", client.key("implied"), "-certout", "implied.pem", "-implicit_confirm", *own)
    client.doorway.ministry.ca.room().turn()
    before = client.ended("first")
    client.cmp("kur", "-newkey", client.key("second"), "-certout", "second.pem", *own)
    client.doorway.ministry.ca.room().turn()

    assert (before, client.ended("first")) == (None, "superseded")
    assert [client.ended(name) for name in ("unsaid", "implied", "second")] == [None, None, None]


def campaign(ca: PracticeCa) -> None:
    """What keys of P-384 there are is replaced; two persons agreed on it."""
    office = Office(ca.ledger, {number: by_file(ca, number) for number in (FIRST, STRANGER)})
    before = ca.ledger.clock.now().isoformat()
    office.agreed("reissue.start", FIRST, STRANGER, profile="tls-server", key_type="ES384", before=before, wave=100)
    advance(ca.ledger, WORK)
