"""Issuing in bulk, end to end, beside `openssl ca -batch -infiles` and django-ca in the same run.

Ours checks possession and two officers' signatures, lints, commits and seals every intent, signs, verifies, and
commits every certificate with its entry, in SQLite and in a PostgreSQL that keeps what it has committed; `openssl ca`
signs into a text database without audit and without fsync, django-ca stores what it signs and neither seals nor lints.
"""

import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.databases import databases
from benchmarks.installation import approve, at_database, installation, request, sealer
from benchmarks.result import Result, at_least, times_the_peer
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.names import ISSUERS
from ca.issuance.second_judge import warm
from ca.issuance.settling import settle
from ca.issuance.signing_room import SigningRoom
from ca.issuance.turn import Turn
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from scripts.issue import await_seal
from web.home import Home, Mode

COUNT = 2000
PEERS_COUNT = 1000
"""A peer's rate does not depend on how many they are."""
DJANGO_CA = Path("var/django-ca/bin/python")
"""An environment with django-ca, which needs other versions than ours: `python -m venv var/django-ca`, pip install."""
OPENSSL_CONFIG = """[ca]
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


def run(certificates: int = COUNT) -> list[Result]:
    """On each engine certificates a second through the whole room beside the peers', and what the room grows by."""
    requests, ours = [request() for _ in range(certificates)], {}
    with tempfile.TemporaryDirectory(prefix="laotrust-bench-") as name, databases(folder := Path(name)) as several:
        for engine, url in several:
            with at_database(url):
                ours[engine] = _ours(folder / engine, requests)
        asked = requests[:PEERS_COUNT]
        openssl = _openssl(folder / "peer", asked) if shutil.which("openssl") else None
        django = _django(folder / "django", asked) if DJANGO_CA.exists() else None
    return [each for engine, (rate, grown) in ours.items() for each in _told(engine, rate, grown, openssl, django)]


def _told(engine: str, rate: float, grown: float, openssl: float | None, django: float | None) -> Iterator[Result]:
    name = f"issuance in bulk, {engine}"
    yield Result(name, rate, "certificates/s", goal=at_least(5000))
    yield _beside(name, rate, "openssl ca -batch -infiles", openssl, 2)
    yield _beside(name, rate, "django-ca" if django else f"django-ca is not in {DJANGO_CA}", django, 8)
    yield Result(f"{name}: memory of the room at the end beside after a tenth", grown, "MB more")


def _beside(name: str, ours: float, peer: str, peers: float | None, goal: float) -> Result:
    return Result(name, ours, "certificates/s", peer, ours / peers if peers else None, times_the_peer(goal))


def _ours(folder: Path, requests: list[bytes]) -> tuple[float, float]:
    folder.mkdir()
    ledger, home = installation(folder)
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)
    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    issuing = {name: ceremony.opened(name, ceremony.keys.signer(name, algorithm)) for name in ISSUERS}
    sizes: list[float] = []

    def weighed(entries: Sequence[str]) -> None:
        """Once a batch."""
        sizes.append(_memory())
        await_seal(ledger, entries)

    room = SigningRoom(ledger, issuing, weighed, home.path)
    warm()
    settle()  # as the verb `issue` does at its start
    with room.in_company(), sealer(ledger, home):
        _in_another_process(_approve, ledger.url, home.path, requests)  # a room at work when a list comes in
        begun = time.perf_counter()
        issued = sum(len(done.issued) for done in _turns(room))
        taken = time.perf_counter() - begun
    ledger.close()
    if issued != len(requests):
        raise RuntimeError(f"{issued} of {len(requests)} certificates were issued")
    early, *late = sizes[(len(sizes) - 1) // 10 :]
    return len(requests) / taken, max(late, default=early) - early


def _approve(url: str, home: Path, requests: list[bytes]) -> None:
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "ca")
    approve(ledger, Home(home), requests)
    ledger.close()


def _in_another_process(work: Callable[..., None], *given: object) -> None:
    """What this one was once as large as would hide what the room grows by."""
    other = get_context("spawn").Process(target=work, args=given)
    other.start()
    other.join()
    if other.exitcode:
        raise RuntimeError("the requests were not approved")


def _turns(room: SigningRoom) -> Iterator[Turn]:
    done = room.turn()
    yield done
    while done.more:
        done = room.turn()
        yield done


def _memory() -> float:
    """MB that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _django(folder: Path, requests: list[bytes]) -> float:
    """django-ca through its own Python interface, into SQLite; its initialising is not counted."""
    folder.mkdir()
    names = []
    for place, der in enumerate(requests):
        names.append(folder / f"{place}.csr")
        names[-1].write_bytes(der)
    script = Path(__file__).with_name("django_peer.py").resolve()
    done = _shell(folder, [str(DJANGO_CA.absolute()), str(script), str(folder), str(len(names))])
    return len(requests) / float(done.split()[-1])


def _openssl(folder: Path, requests: list[bytes]) -> float:
    folder.mkdir()
    (folder / "ca.cnf").write_text(OPENSSL_CONFIG)
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


def _shell(folder: Path, command: list[str]) -> bytes:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout  # noqa: S603 - fixed words
