"""OCSP over HTTP as it ships (logs, metrics, freshness and limits on), beside others in the same run.

    ./scripts/bench ocsp

nginx sends one static file of an answer's size and knows nothing of OCSP: it is the ceiling, not a rival. CFSSL gives
answers that were signed before, `openssl ocsp` signs each (over a connection each: it keeps none), django-ca looks each
up and signs it. All are asked by the same generator on the same cores, in turns, and the medians are compared. What is
not installed is left out.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import requests

from benchmarks.ocsp_freshness import from_the_click, from_the_writing
from benchmarks.ocsp_population import Population, populate, uniform, zipf
from benchmarks.ocsp_servers import DJANGO_CA, cfssl, django_ca, free_port, nginx, openssl, ours
from benchmarks.open_loop import load, peak
from benchmarks.result import Result
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.signing import SignatureAlgorithm

ROUNDS, SECONDS = 3, 2
FEW, MANY, ASKED = 10_000, 1_000_000, 100_000
P256, RSA = SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.RSA_PKCS1_SHA256
KINDS = ("GET", "POST", "POST with a nonce")


@dataclass
class Cell:
    """One thing that is measured, over and over in turns with the others."""

    name: str
    once: Callable[[], float]
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return median(self.rates)


def run() -> list[Result]:
    """Answers a second of ours and of the others; waiting at 80 % of the peak; freshness; a million certificates."""
    if shutil.which("wrk") is None:
        raise SystemExit("the load generator is not there: apt-get install wrk")
    with TemporaryDirectory(prefix="laotrust-bench-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        return [*_few(path), *_many(path)]


def _few(folder: Path) -> list[Result]:
    """Ten thousand certificates, P-256 and RSA, beside the others."""
    ec = populate(folder / "p256", FEW, P256, free_port())
    rsa = populate(folder / "rsa", FEW, RSA, free_port())
    with ExitStack() as stack:
        for population in (ec, rsa):
            stack.enter_context(ours(population))
        cells = {f"{words}, {kind}": _cell(population, kind) for words, population in (("P-256", ec), ("RSA-3072", rsa))
                 for kind in KINDS}  # fmt: skip
        cells |= _peers(stack, folder, ec)
        for population in (ec, rsa):
            _warm(population)
        _in_turns(list(cells.values()))
        for population in (ec, rsa):
            _require_right(population)
        compared = [Result(f"OCSP {name}", cells[name].rate, "answers/s") for name in cells if name[0] in "PR"]
        ratios = [
            Result(f"OCSP P-256, {kind}", cells[f"P-256, {kind}"].rate, "answers/s", peer,
                   cells[f"P-256, {kind}"].rate / cells[peer].rate)
            for kind, peer in _COMPARED if peer in cells
        ]  # fmt: skip
        cores = os.cpu_count() or 1
        a_core = [Result(f"OCSP P-256, {kind}, a core", cells[f"P-256, {kind}"].rate / cores, "answers/s")
                  for kind in KINDS]  # fmt: skip
        told = [*_waiting(ec), *from_the_writing(ec)]
    click = from_the_click(_folder(folder, "click"))  # behind the others: what it runs would be in their way
    return [*compared, *a_core, *ratios, *told, *click]


_COMPARED = (
    ("GET", "nginx static file, GET"),
    ("POST", "nginx static file, POST"),
    ("POST", "CFSSL, POST"),
    ("POST", "django-ca, POST"),
    ("POST with a nonce", "openssl ocsp, nonce"),
)


def _many(folder: Path) -> list[Result]:
    """A million certificates: start, memory, and asking about all of them or about few of them most."""
    population = populate(folder / "many", MANY, P256, free_port())
    ledger = Ledger(population.url, SystemClock(), system_randomness, "bench", "ocsp")
    store = StatusStore(ledger)
    octets = store.octets / len(store)
    ledger.close()
    del store
    with ours(population) as started:
        cells = []
        for words, numbers in (("uniform", uniform(MANY, ASKED)), ("Zipf", zipf(MANY, ASKED))):
            questions = population.write_questions(numbers, words)
            cells += [
                Cell(f"1,000,000 certificates, {words}, {kind}", _asking(population, kind, questions))
                for kind in KINDS[:2]
            ]
        _in_turns(cells)
    results = [Result(f"OCSP {cell.name}", cell.rate, "answers/s") for cell in cells]
    start = Result("OCSP start of two workers with 1,000,000 certificates", started, "s")
    return [*results, start, Result("OCSP memory of status", octets, "octets a certificate")]


def _peers(stack: ExitStack, folder: Path, population: Population) -> dict[str, Cell]:
    questions = population.write_questions(range(FEW))
    url = population.home.url("ocsp")
    cells = []
    if shutil.which("nginx"):
        answer = requests.post(url, data=population.request(0), timeout=10).content
        port = stack.enter_context(nginx(_folder(folder, "nginx"), answer))
        address = f"http://127.0.0.1:{port}"
        cells += [Cell(f"nginx static file, {kind}", _wrk(address, kind, questions)) for kind in KINDS[:2]]
    if shutil.which("cfssl"):
        answers = (requests.post(url, data=population.request(at), timeout=10).content for at in range(FEW))
        port = stack.enter_context(cfssl(_folder(folder, "cfssl"), answers))
        cells.append(Cell("CFSSL, POST", _wrk(f"http://127.0.0.1:{port}", "POST", questions)))
    if DJANGO_CA.exists():
        address, asked = stack.enter_context(django_ca(_folder(folder, "django")))
        cells.append(Cell("django-ca, POST", _wrk(address, "POST", asked)))
    if shutil.which("ab"):
        cells.append(Cell("openssl ocsp, nonce", _by_openssl(_folder(folder, "openssl"), population)))
    return {cell.name: cell for cell in cells}


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder


def _cell(population: Population, kind: str) -> Cell:
    return Cell(kind, _asking(population, kind, population.write_questions(range(FEW))))


def _asking(population: Population, kind: str, questions: Path) -> Callable[[], float]:
    return _wrk(population.home.url("ocsp"), kind, questions)


def _wrk(url: str, kind: str, questions: Path) -> Callable[[], float]:
    command = _command(url, kind, questions)
    return lambda: _said(command, r"Requests/sec:\s+([0-9.]+)")


def _command(url: str, kind: str, questions: Path) -> list[str]:
    return ["wrk", "-t2", "-c32", f"-d{SECONDS}s", "-s", "benchmarks/ocsp.lua", url, "--", kind, str(questions)]


def _require_right(population: Population) -> None:
    """Under the same load once more, unmeasured: each answer is looked into. All these certificates are good."""
    questions = population.write_questions(range(FEW))
    for kind in KINDS:
        command = [*_command(population.home.url("ocsp"), kind, questions), "checked"]
        if wrong := _said(command, r"Wrong answers: ([0-9]+)"):
            raise RuntimeError(f"{wrong:.0f} answers to {kind} did not say good")


def _by_openssl(folder: Path, population: Population) -> Callable[[], float]:
    body = folder / "body"
    body.write_bytes(population.request(0, b"n" * 32))
    options = ["-q", "-c32", "-n10000", "-p", str(body), "-T", "application/ocsp-request"]

    def once() -> float:
        with openssl(folder, population, FEW) as port:
            return _said(["ab", *options, f"http://127.0.0.1:{port}/"], r"Requests per second:\s+([0-9.]+)")

    return once


def _said(command: list[str], pattern: str) -> float:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    found = re.search(pattern, done.stdout)
    if found is None or "Non-2xx" in done.stdout:
        raise RuntimeError(f"{command[0]} could not measure: {done.stdout[-500:]} {done.stderr[-500:]}")
    return float(found[1])


def _warm(population: Population) -> None:
    """Each answer has been signed once, as after an hour of service."""
    with requests.Session() as session:
        for number in range(FEW):
            session.post(population.home.url("ocsp"), data=population.request(number), timeout=10)


def _in_turns(cells: list[Cell]) -> None:
    for cell in cells:
        cell.once()  # warm
    for _ in range(ROUNDS):
        for cell in cells:
            cell.rates.append(cell.once())


def _waiting(population: Population) -> Iterator[Result]:
    """How long answers take at 80 % of this generator's peak, whether or not others were answered."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
    bodies = [population.request(number) for number in range(FEW)]
    questions = [head % len(body) + body for body in bodies]
    port = int(population.home.url("ocsp").rpartition(":")[2])
    waited = load(port, questions, 0.8 * peak(port, questions, SECONDS), SECONDS * 2)
    yield Result("OCSP POST at 80 % of the peak, open loop: 99 of 100 within", waited.p99 * 1000, "ms")
    yield Result("OCSP POST at 80 % of the peak, open loop: answered", 100 * waited.answered / waited.asked, "%")
