"""A CA after its practice ceremony, with two officers, to whom citizens come: for benchmarks of issuing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import func, select

from ca.ceremonies.practice import hold_practice_ceremony
from ca.ceremonies.steps.first_officer import DESK
from ca.events.ceremonies import ModeSet
from ca.policy import EvidenceKind
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.approvals import act_for
from ca.registration.decision import BATCH, Vote, decide_many, undecided
from ca.registration.enrolment import submit_many
from ca.statement import terms
from ledger.certificates import Certificate
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger
from ledger.people import Person, PersonDetail
from ledger.sealed_fields import SealedFields
from migrations.run import migrate
from scripts.cli import Run
from scripts.issue import await_seal
from web.home import Home

OFFICERS = ("10000001", "10000002")
_CITIZENS = count(20_000_001)
"""Their numbers in the register."""
_A_COMMIT = 100
_CERTIFICATES = Facts(select(func.count()).select_from(Certificate))
_DATABASE = "LAOTRUST_DATABASE_URL"
_BENCH = Actor.system("register")


@contextmanager
def at_database(url: str) -> Iterator[None]:
    """Installations that are made meanwhile have their ledger there, and so have the processes that are started."""
    before = os.environ.get(_DATABASE)
    os.environ[_DATABASE] = url
    try:
        yield
    finally:
        del os.environ[_DATABASE]
        if before is not None:
            os.environ[_DATABASE] = before


def installation(folder: Path, base_port: int = 8440) -> tuple[Ledger, Home]:
    """A home in `folder` whose ceremony was held; its database is LAOTRUST_DATABASE_URL, if that is set (and empty)."""
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text(f"{base_port}\n")
    url = os.environ.get(_DATABASE) or home.database_url
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    ledger.entries([_person(number) for number in OFFICERS])
    hold_practice_ceremony(ledger, home, OFFICERS, clock=ledger.clock)
    return ledger, home


@contextmanager
def sealer(ledger: Ledger, home: Home) -> Iterator[None]:
    """The sealer in a process of its own, as in every installation."""
    command = [sys.executable, "-m", "scripts", "ledger-seal", "--home", str(home.path.resolve())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - fixed words
        try:
            await_seal(ledger, [ledger.record(ModeSet("bench"), _BENCH)])  # it is up, and all before is sealed
            yield
        finally:
            process.terminate()


@contextmanager
def signing_room(home: Home) -> Iterator[None]:
    """The signing room in a process of its own, as in every installation; it has had time to start."""
    command = [sys.executable, "-m", "scripts", "issue", "--home", str(home.path.resolve())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as room:  # noqa: S603 - fixed words
        try:
            time.sleep(3)
            yield
        finally:
            room.terminate()


def certificates(ledger: Ledger) -> int:
    """How many there are; asked so that who waits takes little of the machine from those he waits for."""
    with ledger.read(glance=True) as session:
        return _CERTIFICATES.value(session) or 0


def _person(number: str) -> Deed:
    detail = PersonDetail(
        id=f"d{number}", person_id=f"p{number}", number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
        family_en="Vongsa", born="1980-01-31", search_key=number, source="citizens",
    )  # fmt: skip
    return Deed(ModeSet("bench"), _BENCH, [Person(id=f"p{number}", number=number), detail])


def approve(ledger: Ledger, home: Home, requests: list[bytes]) -> None:
    """Each request is of another citizen, and both officers said yes under their own keys."""
    ask(ledger, home, requests)
    for number in OFFICERS:
        say_yes(ledger, home, number, len(requests))


def ask(ledger: Ledger, home: Home, requests: list[bytes]) -> None:
    """As many citizens hand the requests in, each with a passport of his own."""
    numbers = [str(next(_CITIZENS)) for _ in requests]
    for start in range(0, len(numbers), _A_COMMIT):
        ledger.entries([_person(number) for number in numbers[start : start + _A_COMMIT]])
    with ledger.read() as session:
        agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, ledger.clock.now())
    applications = [
        Application(one, number, "citizen-authentication", [_passport(number)], agreed)
        for one, number in zip(requests, numbers, strict=True)
    ]
    submit_many(ledger, SealedFields.open(home.key_uri("fields")), applications, _BENCH)


def _passport(number: str) -> Shown:
    issued = date.today() - timedelta(days=400)  # noqa: DTZ011 - any day before today will do
    ends, scan = issued + timedelta(days=3650), sha256(f"scan of the passport of {number}".encode()).hexdigest()
    return Shown(EvidenceKind.PASSPORT, number, "MOFA", issued, ends, scan, f"p{OFFICERS[0]}", DESK)


def say_yes(ledger: Ledger, home: Home, number: str, limit: int) -> None:
    """The officer approves what he has not decided on, so many requests at most."""
    key = f"file:{home.path.resolve()}/people/{number}-authentication.key.pem"
    officer = Run(home, "ca").acting(number, key)
    now = ledger.clock.now()
    waiting = undecided(ledger, officer.person_id, limit=limit)
    for start in range(0, len(waiting), BATCH):
        some = waiting[start : start + BATCH]
        signed = officer.sign_together([act_for(one, now, approved=True, desk=DESK) for one in some])
        votes = [Vote(one.id, True, act, DESK) for one, act in zip(some, signed, strict=True)]  # noqa: FBT003
        decide_many(ledger, votes)


def request() -> bytes:
    """A PKCS#10 for a fresh key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somphone Vongsa")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256()).public_bytes(Encoding.DER)
