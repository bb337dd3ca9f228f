"""A room where a ceremony can be held: an offline machine's home, tokens, and three operators with their own keys."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any

from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.incarnation import founded
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from signers import file, open_signer
from tests.issuing import new_key
from web.home import Home

OPERATORS = ("10900001", "10900002", "observer")
OFFICER = "10000001"


@dataclass
class Vault:
    """The room: `folder` holds the plan and the operators' keys, `home` is the machine's."""

    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)
    """The beginning of the URI of each token, to which an object is put by `{}`."""
    name: str = ""
    """The home's, which its plan names."""

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    @property
    def plan_file(self) -> Path:
        return self.folder / "root.json"

    def furnish(self, template: Path) -> None:
        """The machine has an empty database, the operators have keys, and the officer made his request."""
        self.home.path.mkdir(mode=0o700)
        (self.home.path / "base-port").write_text("8440\n")
        (self.home.path / "addresses").write_text("ca = http://pki.gov.la\nocsp = http://ocsp.gov.la\n")
        copyfile(template, self.home.path / "laotrust.db")
        self.name = named(self.home)
        for code in OPERATORS:
            uri = file.generate(
                self.folder / f"{code}.key.pem", SignatureAlgorithm.ED25519, self.folder / f"{code}.pass"
            )
            spki = load_der_public_key(open_signer(uri).public_key)
            pem = spki.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (self.folder / f"{code}.pub.pem").write_bytes(pem)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(new_key(), SHA256())
        (self.folder / "officer.csr").write_bytes(request.public_bytes(Encoding.PEM))

    def key(self, code: str) -> str:
        """The URI of an operator's key."""
        return f"file:{self.folder}/{code}.key.pem?passphrase-source=file:{self.folder}/{code}.pass"

    def body(self, steps: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
        """A plan in production that two of the three must approve."""
        operators = [{"code": code, "key_file": f"{code}.pub.pem"} for code in OPERATORS]
        return {
            "title": "From nothing to the first officer", "place": "Vientiane, vault 2", "date": "2026-11-26",
            "mode": "production", "home": self.name, "quorum": 2, "operators": operators, "steps": steps, **changed,
        }  # fmt: skip

    def write(self, steps: list[dict[str, Any]], **changed: Any) -> None:
        self.plan_file.write_text(json.dumps(self.body(steps, **changed), ensure_ascii=False, indent=1), "utf-8")

    def steps(self) -> list[dict[str, Any]]:
        """From nothing to the first officer's certificate, and a key that is destroyed at the end."""
        vault, issuing = self.tokens["vault"], self.tokens["issuing"]
        return [
            {"kind": "mode"},
            {"kind": "key", "name": "checkpoint", "algorithm": "EdDSA"},
            {"kind": "key", "name": "root", "algorithm": "ES384", "where": vault.format("root")},
            {"kind": "root", "validity_days": 3650},
            {"kind": "key", "name": "officers", "algorithm": "ES256", "where": issuing.format("officers")},
            {"kind": "issuer", "name": "officers", "validity_days": 1825},
            {"kind": "service", "name": "ocsp-officers", "profile": "ocsp-responder", "issuer": "officers"},
            {"kind": "first-officer", "number": OFFICER, "request_file": "officer.csr"},
            {"kind": "key", "name": "spare", "algorithm": "ES256", "where": vault.format("spare")},
            {"kind": "root-crl"},
            {"kind": "destroy-key", "name": "spare", "where": vault.format("spare")},
        ]

    def typed(self, *words: str) -> Result:
        return CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(self.home.path), "--json"])

    def said(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and the one JSON object of a verb."""
        result = self.typed(*words)
        assert result.stdout, result.output
        return result.exit_code, dict(json.loads(result.stdout))

    def by(self, verb: str, code: str) -> tuple[int, dict[str, Any]]:
        """An operator types a verb about the plan, with his own key."""
        return self.said(verb, str(self.plan_file), "--operator", code, "--key", self.key(code))

    def run(self) -> tuple[int, dict[str, Any]]:
        return self.said("ceremony-run", str(self.plan_file))

    @property
    def transcript(self) -> Path:
        [found] = self.home.path.glob("ceremonies/*/transcript.jsonl")
        return found

    def replayed(self, *words: str) -> tuple[int, dict[str, Any]]:
        return self.said("ceremony-replay", str(self.transcript), "--plan", str(self.plan_file), *words)


def named(home: Home) -> str:
    """The home's database has its name."""
    ledger = Ledger(home.database_url, SystemClock(), system_randomness, "0.1.0", "migrate")
    name = founded(ledger, Actor.system("migrate"))
    ledger.close()
    return name


Token = Callable[[str], str]


def vault_with(tmp_path: Path, template: Path, token: Token) -> Vault:
    """The room with its tokens, ready."""
    vault = Vault(tmp_path, {label: token(label) for label in ("vault", "issuing")})
    vault.furnish(template)
    return vault
