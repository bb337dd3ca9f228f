"""Issuing in bulk, end to end, beside `openssl ca -batch -infiles` in the same run.

Ours checks possession and two officers' signatures, lints, commits and seals every intent, signs, verifies, and
commits every certificate with its entry; the peer signs into a text database without audit and without fsync.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.result import Result
from ca.ceremonies.ceremony import ISSUERS, Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.practice import DESK, hold_practice_ceremony
from ca.events.ceremonies import ModeSet
from ca.issuance.signing_room import SigningRoom
from ca.policy import EvidenceKind
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.decision import Vote, act_for, decide_many, undecided
from ca.registration.enrolment import submit_many
from ca.statement import terms
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import Person, PersonDetail
from ledger.sealed_fields import SealedFields
from migrations.run import migrate
from pki.signing import SignatureAlgorithm
from scripts.cli import Run
from scripts.issue import await_seal
from web.home import Home, Mode

COUNT = 1000
_BENCH = Actor.system("register")
_CONFIG = """[ca]
default_ca=d
[d]
dir=.
database=index.txt
new_certs_dir=.
serial=serial
default_md=sha256
default_days=365
policy=p
unique_subject=no
[p]
commonName=supplied
"""


def run() -> list[Result]:
    """Certificates a second through the whole signing room, and the peer's."""
    with tempfile.TemporaryDirectory(prefix="laotrust-bench-") as folder:
        requests = [_request() for _ in range(COUNT)]
        ours = _ours(Path(folder), requests)
        peer = _openssl(Path(folder) / "peer", requests) if shutil.which("openssl") else None
    ratio = ours / peer if peer else None
    return [Result("issuance in bulk", ours, "certificates/s", "openssl ca -batch -infiles" if peer else None, ratio)]


def _ours(folder: Path, requests: list[bytes]) -> float:
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    migrate(home.database_url)
    ledger = Ledger(home.database_url, SystemClock(), system_randomness, "bench", "issue")
    officers = ("10000001", "10000002")
    for number in (*officers, "10000003"):
        _person(ledger, number)
    hold_practice_ceremony(ledger, home, officers, clock=ledger.clock)
    _approve(ledger, home, requests, officers)
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)
    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    issuing = {name: ceremony.opened(name, ceremony.keys.signer(name, algorithm)) for name in ISSUERS}
    room = SigningRoom(ledger, issuing, lambda entries: await_seal(ledger, entries), home.path)
    with _sealer(ledger, home):
        begun = time.perf_counter()
        done = room.turn()
        taken = time.perf_counter() - begun
    ledger.close()
    if len(done.issued) != len(requests):
        raise RuntimeError(f"{len(done.issued)} of {len(requests)} certificates were issued: {done.refused[:3]}")
    return len(requests) / taken


@contextmanager
def _sealer(ledger: Ledger, home: Home) -> Iterator[None]:
    """The sealer in a process of its own, as in every installation."""
    command = [sys.executable, "-m", "scripts", "ledger-seal", "--home", str(home.path.resolve())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sealer:  # noqa: S603 - fixed words
        try:
            await_seal(ledger, [ledger.record(ModeSet("bench"), _BENCH)])  # it is up, and all before is sealed
            yield
        finally:
            sealer.terminate()


def _person(ledger: Ledger, number: str) -> None:
    detail = PersonDetail(
        id=f"d{number}", person_id=f"p{number}", number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
        family_en="Vongsa", born="1980-01-31", search_key=number, source="citizens",
    )  # fmt: skip
    ledger.entries([Deed(ModeSet("bench"), _BENCH, [Person(id=f"p{number}", number=number), detail])])


def _approve(ledger: Ledger, home: Home, requests: list[bytes], officers: tuple[str, str]) -> None:
    issued = date.today() - timedelta(days=400)  # noqa: DTZ011 - any day before today will do
    card = Shown(EvidenceKind.PASSPORT, "P1", "MOFA", issued, None, "ab" * 32, f"p{officers[0]}", DESK)
    with ledger.read() as session:
        agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, ledger.clock.now())
    applications = [Application(one, "10000003", "citizen-authentication", [card], agreed) for one in requests]
    submit_many(ledger, SealedFields.open(home.key_uri("fields")), applications, _BENCH)
    for number in officers:
        key = f"file:{home.path.resolve()}/people/{number}-authentication.key.pem"
        officer = Run(home, "ca").acting(number, key)
        now = ledger.clock.now()
        votes = [
            Vote(one.id, True, officer.sign(act_for(one, now, approved=True, desk=DESK)), DESK)  # noqa: FBT003
            for one in undecided(ledger, officer.person_id, limit=len(requests))
        ]
        decide_many(ledger, votes)


def _openssl(folder: Path, requests: list[bytes]) -> float:
    folder.mkdir()
    (folder / "ca.cnf").write_text(_CONFIG)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    names = []
    for place, der in enumerate(requests):
        request = x509.load_der_x509_csr(der)
        names.append(f"{place}.csr")
        (folder / names[-1]).write_bytes(request.public_bytes(Encoding.PEM))
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -subj /CN=p"
    _shell(folder, make.split())
    sign = "openssl ca -batch -notext -config ca.cnf -keyfile k.pem -cert c.pem -out all.pem -infiles"
    begun = time.perf_counter()
    _shell(folder, [*sign.split(), *names])
    return len(requests) / (time.perf_counter() - begun)


def _shell(folder: Path, command: list[str]) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603 - fixed words


def _request() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somphone Vongsa")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256()).public_bytes(Encoding.DER)
