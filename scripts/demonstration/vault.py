"""The ceremony of docs/ceremony.md, from nothing to the first certificate, on tokens of SoftHSM in one folder.

Every command is printed as it would be typed in that folder, and then what it answers: this is how the transcript in
the document was made, and a test compares the two.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from register.organisations import load_organisations, read_organisations
from scripts.demonstration.keys import PersonalKey
from signers import file, open_signer
from web.home import Home

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"
OPERATORS = ("10900001", "10900002", "observer")
PIN = "123456"
_VERBS = ("python", "-m", "scripts")


def plan(folder: Path, home: str) -> dict[str, Any]:
    """The plan of the document for the home of this name, its tokens' PINs in `folder`."""

    def where(token: str, label: str) -> str:
        return f"pkcs11:token={token};object={label}?pin-source=file:{folder}/{token}.pin"

    return {
        "title": "The root and the officers' CA",
        "place": "Vientiane, vault 2",
        "date": "2026-11-26",
        "mode": "production",
        "home": home,
        "quorum": 2,
        "operators": [{"code": code, "key_file": f"{code}.pub.pem"} for code in OPERATORS],
        "steps": [
            {"kind": "mode"},
            {"kind": "key", "name": "checkpoint", "algorithm": "EdDSA"},
            {"kind": "key", "name": "root", "algorithm": "ES384", "where": where("vault", "root")},
            {"kind": "root", "validity_days": 7300},
            {"kind": "key", "name": "officers", "algorithm": "ES256", "where": where("issuing", "officers")},
            {"kind": "issuer", "name": "officers", "validity_days": 3650},
            {
                "kind": "service", "name": "ocsp-officers", "profile": "ocsp-responder", "issuer": "officers",
                "validity_days": 30,
            },
            {"kind": "first-officer", "number": OPERATORS[0], "request_file": "officer.csr"},
            {"kind": "root-crl"},
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Offline:
    """The machine without a network: everything is in `folder`, which is empty at first."""

    folder: Path

    @property
    def home(self) -> Home:
        """The installation's."""
        return Home(self.folder / "home")

    def furnish(self) -> None:
        """Database, the centre's own staff, two empty tokens, three operators' keys, a request, and the plan."""
        self.home.path.mkdir(mode=0o700, parents=True)
        (self.home.path / "base-port").write_text("8440\n")
        (self.home.path / "addresses").write_text("ca = http://pki.gov.la\nocsp = http://ocsp.gov.la\n")
        _, migrated = self.answer("migrate", "--json")
        self._enter_staff()
        for label in ("vault", "issuing"):
            self._token(label)
        for code in OPERATORS:
            key = self.folder / f"{code}.key.pem"
            uri = file.generate(key, SignatureAlgorithm.ED25519, self.folder / f"{code}.pass")
            spki = load_der_public_key(open_signer(uri).public_key)
            pem = spki.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (self.folder / f"{code}.pub.pem").write_bytes(pem)
        request = PersonalKey(self.folder, OPERATORS[0], "authentication").request()
        self._quietly("openssl", "req", "-inform", "DER", "-out", "officer.csr", given=request)
        agreed = plan(self.folder, json.loads(migrated)["home"])
        (self.folder / "root.json").write_text(json.dumps(agreed, indent=2) + "\n", "utf-8")

    def _enter_staff(self) -> None:
        ledger = Ledger(self.home.database_url, SystemClock(), system_randomness, "0.1.0", "import")
        load_organisations(ledger, read_organisations(DATA / "organisations.json"), Actor.system("import"))
        ledger.close()
        _, planned = self.answer("register-plan", str(DATA / "staff.csv"), "--json")
        code, said = self.answer("register-apply", json.loads(planned)["digest"])
        if code:
            raise SystemExit(said)

    def _token(self, label: str) -> None:
        tokens = self.folder / "tokens"
        tokens.mkdir(exist_ok=True)
        (self.folder / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
        words = f"--init-token --free --label {label} --pin {PIN} --so-pin 87654321"
        self._quietly("softhsm2-util", *words.split())
        pin = self.folder / f"{label}.pin"
        pin.touch(mode=0o600)
        pin.write_text(f"{PIN}\n")

    def answer(self, *words: str) -> tuple[int, str]:
        """The exit code of a verb that is typed in the folder, and what it prints."""
        done = self._run(sys.executable, *_VERBS[1:], *words)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def typed(self, *words: str) -> int:
        """A verb as an operator types it, and its answer. Returns the exit code."""
        print("$", *_VERBS, *words, flush=True)
        code, said = self.answer(*words)
        print(f"{said}[exit {code}]\n", flush=True)
        return code

    def by(self, verb: str, code: str) -> int:
        """The same by one of the operators, with his own key."""
        key = f"file:{self.folder}/{code}.key.pem?passphrase-source=file:{self.folder}/{code}.pass"
        return self.typed(verb, "root.json", "--operator", code, "--key", key)

    def _run(self, *command: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAOTRUST_")} | {
            "LAOTRUST_HOME": "home", "PYTHONPATH": str(ROOT), "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"),
        }  # fmt: skip
        return subprocess.run(command, cwd=self.folder, env=environment, input=given, capture_output=True, check=False)

    def _quietly(self, *command: str, given: bytes | None = None) -> str:
        done = self._run(*command, given=given)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()}")
        return done.stdout.decode()


def hold(offline: Offline) -> bool:
    """The ceremony from the plan to the replay, and once more with one word altered. Whether all was as it must be."""
    anna, _, observer = OPERATORS
    codes = [
        offline.typed("ceremony-plan", "root.json"),
        offline.by("ceremony-approve", anna),
        offline.typed("ceremony-run", "root.json"),
        offline.by("ceremony-approve", observer),
        offline.typed("ceremony-run", "root.json"),
        offline.by("ceremony-sign", anna),
        offline.by("ceremony-sign", observer),
    ]
    [transcript] = offline.home.path.glob("ceremonies/*/transcript.jsonl")
    shown = transcript.relative_to(offline.folder)
    codes.append(offline.typed("ceremony-replay", str(shown), "--plan", "root.json"))
    text = transcript.read_text()
    print(f"$ cat {shown}\n{text}")
    print(f"$ sed -i s/issuer/isuser/ {shown}")
    transcript.write_text(text.replace("issuer", "isuser", 1))
    codes.append(offline.typed("ceremony-replay", str(shown), "--plan", "root.json"))
    transcript.write_text(text)
    return codes == [0, 0, 1, 0, 3, 3, 0, 0, 1]


if __name__ == "__main__":
    place = Offline(Path(sys.argv[1] if sys.argv[1:] else "var/ceremony").absolute())
    if place.home.path.exists():
        raise SystemExit(f"{place.folder} has a home already: name a new folder")
    place.furnish()
    raise SystemExit(0 if hold(place) else 1)
