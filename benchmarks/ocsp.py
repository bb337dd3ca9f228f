"""OCSP over HTTP as it ships (logs, metrics, freshness and limits on), beside others in the same run.

    ./scripts/bench ocsp

nginx sends one static file of an answer's size and knows nothing of OCSP: it is the ceiling, not a rival. CFSSL gives
answers that were signed before, `openssl ocsp` signs each (over a connection each: it keeps none), django-ca looks each
up and signs it. All are asked on the same cores by the same generator, but for `openssl ocsp`, which closes each
connection; in turns, and each is compared with what was measured in the same round: what else the machine does in that
minute slows both. The medians are told.
django-ca refuses under 32 connections what its database is too busy for: it is asked over four, and its right answers
alone count. What is not installed is left out.

Once it is signed an answer costs the same whatever key signed it, and a signature the same however many certificates
there are: so a million are asked about with P-256 alone.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.ocsp_a_core import of_a_core
from benchmarks.ocsp_freshness import from_the_click, from_the_writing
from benchmarks.ocsp_population import KINDS, NONCE, Population, populate, uniform, zipf
from benchmarks.ocsp_right import question, require_right
from benchmarks.ocsp_servers import DJANGO_CA, cfssl, django_ca, free_port, nginx, openssl, ours
from benchmarks.open_loop import each
from benchmarks.result import Result, times_the_peer, under
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.signing import SignatureAlgorithm

ROUNDS, SECONDS = 9, 1
FEW, MANY, ASKED = 10_000, 1_000_000, 100_000
OF_RSA = 2_000
"""Of as many certificates of the population with RSA is asked: signing beforehand takes it twenty times as long."""
P256, RSA = SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.RSA_PKCS1_SHA256
CONNECTIONS, OF_DJANGO_CA = 32, 4


@dataclass
class Cell:
    """One thing that is measured, over and over in turns with the others."""

    name: str
    once: Callable[[int], float]
    """Asks for so many seconds; answers a second."""
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return median(self.rates)

    def beside(self, peer: "Cell") -> float:
        """How many times the peer's rate of the same round."""
        return median(own / other for own, other in zip(self.rates, peer.rates, strict=True))


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
        cells: dict[str, Cell] = {}
        for words, population, count in (("P-256", ec, FEW), ("RSA-3072", rsa, OF_RSA)):
            stack.enter_context(ours(population))
            answers = _warm(population, count)
            asked = population.write_questions(range(count))
            cells |= {f"{words}, {kind}": Cell(kind, _asking(population, kind, asked)) for kind in KINDS}
            cells |= _peers(stack, folder, ec, asked, answers) if population is ec else {}
        _in_turns(list(cells.values()))
        _require_right(ec, FEW)
        _require_right(rsa, OF_RSA)
        compared = [Result(f"OCSP {name}", cells[name].rate, "answers/s") for name in cells if name[0] in "PR"]
        ratios = [
            Result(f"OCSP P-256, {kind}", cells[f"P-256, {kind}"].rate, "answers/s", peer,
                   cells[f"P-256, {kind}"].beside(cells[peer]), times_the_peer(goal))
            for kind, peer, goal in _COMPARED if peer in cells
        ]  # fmt: skip
        told = list(from_the_writing(ec))
    a_core = of_a_core(_folder(folder, "a-core"), ec)
    click = from_the_click(_folder(folder, "click"))  # behind the others: what it runs would be in their way
    return [*compared, *ratios, *a_core, *told, *click]


DJANGO = f"django-ca, POST ({OF_DJANGO_CA} connections, right answers alone)"
_COMPARED = (
    ("GET", "nginx static file, GET", 0.7),
    ("POST", "nginx static file, POST", 0.7),
    ("POST", "CFSSL, POST", 5),
    ("POST", DJANGO, 100),
    (NONCE, "openssl ocsp, nonce", 3.5),
)


def _many(folder: Path) -> list[Result]:
    """A million certificates: start, memory, and asking about all of them or about few of them most."""
    population = populate(folder / "many", MANY, P256, free_port())
    ledger = Ledger(population.url, SystemClock(), system_randomness, "bench", "ocsp")
    store = StatusStore(ledger)
    octets = store.octets / len(store)
    ledger.close()
    del store
    asked = {words: population.write_questions(which(MANY, ASKED), words)
             for words, which in (("uniform", uniform), ("Zipf", zipf))}  # fmt: skip
    with ours(population) as started:
        cells = [
            Cell(f"1,000,000 certificates, {words}, {kind}", _asking(population, kind, questions))
            for words, questions in asked.items() for kind in KINDS
        ]  # fmt: skip
        _in_turns(cells)
        for questions in asked.values():
            _require_right_under_load(population, questions)
    results = [Result(f"OCSP {cell.name}", cell.rate, "answers/s") for cell in cells]
    start = Result("OCSP start of two workers with 1,000,000 certificates", started, "s", goal=under(10))
    return [*results, start, Result("OCSP memory of status", octets, "octets a certificate", goal=under(120))]


def _peers(
    stack: ExitStack, folder: Path, population: Population, questions: Path, answers: list[bytes]
) -> dict[str, Cell]:
    cells = []
    if shutil.which("nginx"):
        port = stack.enter_context(nginx(_folder(folder, "nginx"), answers[0]))
        address = f"http://127.0.0.1:{port}"
        cells += [Cell(f"nginx static file, {kind}", _wrk(address, kind, questions)) for kind in KINDS[:2]]
    if shutil.which("cfssl"):
        port = stack.enter_context(cfssl(_folder(folder, "cfssl"), answers))
        cells.append(Cell("CFSSL, POST", _wrk(f"http://127.0.0.1:{port}", "POST", questions)))
    if DJANGO_CA.exists():
        address, asked = stack.enter_context(django_ca(_folder(folder, "django")))
        cells.append(Cell(DJANGO, lambda seconds: _right(address, "POST", asked, seconds, OF_DJANGO_CA)[0]))
    if shutil.which("ab"):
        cells.append(Cell("openssl ocsp, nonce", _by_openssl(_folder(folder, "openssl"), population)))
    return {cell.name: cell for cell in cells}


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder


def _asking(population: Population, kind: str, questions: Path) -> Callable[[int], float]:
    return _wrk(population.home.url("ocsp"), kind, questions)


def _wrk(url: str, kind: str, questions: Path) -> Callable[[int], float]:
    return lambda seconds: _said(_command(url, kind, questions, seconds), r"Requests/sec:\s+([0-9.]+)")[0]


def _command(url: str, kind: str, questions: Path, seconds: int, connections: int = CONNECTIONS) -> list[str]:
    generator = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", "benchmarks/ocsp.lua"]
    return [*generator, url, "--", kind, str(questions)]


def _right(url: str, kind: str, questions: Path, seconds: int, connections: int = CONNECTIONS) -> list[float]:
    """Right answers a second, and how many were wrong: the generator itself looks into each."""
    command = [*_command(url, kind, questions, seconds, connections), "checked"]
    return _said(command, r"Right answers/sec: ([0-9.]+)", r"Wrong answers: ([0-9]+)")


def _require_right(population: Population, count: int) -> None:
    """Under the same load once more, and one by one by another's eyes; unmeasured. All these certificates are good."""
    _require_right_under_load(population, population.write_questions(range(count)))
    for kind in KINDS:
        require_right(population, kind, count)


def _require_right_under_load(population: Population, questions: Path) -> None:
    for kind in KINDS:
        if wrong := _right(population.home.url("ocsp"), kind, questions, 1)[1]:
            raise RuntimeError(f"{wrong:.0f} answers to {kind} did not say good")


def _by_openssl(folder: Path, population: Population) -> Callable[[int], float]:
    body = folder / "body"
    body.write_bytes(population.request(0, b"n" * 32))
    options = ["-q", "-c32", "-n10000", "-p", str(body), "-T", "application/ocsp-request"]

    def once(_seconds: int) -> float:
        with openssl(folder, population, FEW) as port:
            return _said(["ab", *options, f"http://127.0.0.1:{port}/"], r"Requests per second:\s+([0-9.]+)")[0]

    return once


def _said(command: list[str], *patterns: str) -> list[float]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    found = [re.search(pattern, done.stdout) for pattern in patterns]
    if None in found or ("Non-2xx" in done.stdout and "checked" not in command):
        raise RuntimeError(f"{command[0]} could not measure: {done.stdout[-500:]} {done.stderr[-500:]}")
    return [float(one[1]) for one in found if one]


def _warm(population: Population, count: int) -> list[bytes]:
    """Each answer has been signed once, as after an hour of service; the answers."""
    return each(population.port, [question("POST", population.request(number)) for number in range(count)])


def _in_turns(cells: list[Cell]) -> None:
    for cell in cells:
        cell.once(1)  # warm
    for _ in range(ROUNDS):
        for cell in cells:
            cell.rates.append(cell.once(SECONDS))
