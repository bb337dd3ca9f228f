"""How long the responder's store takes to load very many certificates, and what they take of memory.

    ./scripts/bench ocsp_start

The population is written directly. CPU seconds stand beside the seconds, which a machine that is shared stretches.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.ocsp_population import populate
from benchmarks.ocsp_servers import free_port
from benchmarks.result import Result, under
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.signing import SignatureAlgorithm

SIZES = (1_000_000, 10_000_000)
_GOALS = {1_000_000: under(10), 10_000_000: under(60)}


def run(sizes: tuple[int, ...] = SIZES) -> list[Result]:
    """Seconds and CPU seconds to load, and octets a certificate, for each size."""
    return [result for size in sizes for result in _one(size)]


def _one(certificates: int) -> list[Result]:
    with TemporaryDirectory(prefix="laotrust-bench-") as folder:
        population = populate(Path(folder) / "many", certificates, SignatureAlgorithm.ECDSA_P256_SHA256, free_port())
        ledger = Ledger(population.url, SystemClock(), system_randomness, "bench", "ocsp")
        began, worked = perf_counter(), process_time()
        store = StatusStore(ledger)
        seconds, cpu = perf_counter() - began, process_time() - worked
        octets = store.octets / len(store)
        ledger.close()
    return [
        Result(f"OCSP start with {certificates:,} certificates", seconds, "s", goal=_GOALS.get(certificates)),
        Result(f"OCSP start with {certificates:,} certificates, CPU", cpu, "s"),
        Result(f"OCSP status of {certificates:,} certificates", octets, "octets a certificate", goal=under(120)),
    ]
