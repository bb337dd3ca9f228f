"""CRLs at the size of a nation: a million certificates, a hundred thousand of them revoked, in 64 shards and whole.

Ours reads the database, encodes, signs, verifies, and commits each list with its entry; the peers (`openssl ca
-gencrl` from its text database, cryptography's builder from a list in memory) make one list and keep nothing.
"""

import gc
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.bulk import OPENSSL_CONFIG
from benchmarks.databases import databases, insert, unguarded
from benchmarks.result import Result, under
from ca.events.ceremonies import ModeSet
from ca.issuance.composition import IssuingKey
from ca.publication.publisher import Publisher
from ledger.certificates import Intent, Issuer, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from migrations.run import migrate
from pki import oids
from pki.certificate import serial_number
from pki.issuer import IssuerView
from pki.keys import algorithm_of, key_identifier
from pki.names import ca_name
from pki.signing import SignatureAlgorithm

CERTIFICATES, REVOKED, SHARDS = 1_000_000, 100_000, 64
_REVOKED = range(CERTIFICATES // REVOKED, CERTIFICATES + 1, CERTIFICATES // REVOKED)
_BENCH = Actor.system("issue")
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_Done = TypeVar("_Done")


class _Key:
    """A P-256 key in memory."""

    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(SHA256()))


@dataclass(frozen=True)
class _Published:
    """Seconds, what the lists came to, and MB of memory that making them took."""

    all_parts: float
    computed: float
    """Of this the part in which this process had a processor; the rest it waited for disk, server and processor."""
    megabytes: float
    memory: float
    two_parts: float
    look: float


def run() -> list[Result]:
    """The whole set, the next list after one revocation, a look with nothing to do, and memory: on each engine."""
    results = []
    with TemporaryDirectory(prefix="laotrust-bench-") as name, databases(Path(name)) as several:
        openssl = _openssl(Path(name)) if shutil.which("openssl") else None
        builder = _builder()
        for engine, url in several:
            _fill(url)
            results += _told(engine, _elsewhere(url), openssl, builder)
    return results


def _told(engine: str, found: _Published, openssl: float | None, builder: float) -> list[Result]:
    name = f"{engine}, CRL of {REVOKED:,} in {SHARDS} shards and whole"
    peer = "openssl ca -gencrl, one list" if openssl else None
    ratio = found.all_parts / openssl if openssl else None
    return [
        Result(name, found.all_parts, "s", peer, ratio, under(2)),
        Result(name, found.all_parts, "s", "cryptography's builder, one list", found.all_parts / builder),
        Result(f"{name}: its own computing", found.computed, "s"),
        Result(
            f"{name}: memory", found.memory, "MB", f"{found.megabytes:.1f} MB of lists",
            found.memory / found.megabytes,
        ),
        Result(f"{engine}, one shard and the whole list after a revocation", found.two_parts, "s"),
        Result(f"{engine}, a look when no list is due", found.look * 1000, "ms"),
    ]  # fmt: skip


def _elsewhere(url: str) -> _Published:
    """In a process that has done nothing before, so that its peak of memory is the lists'."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_published, url).result()


def _published(url: str) -> _Published:
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    gc.freeze()  # as the signing room does before its first turn
    publisher, before = Publisher(ledger, (_issuing(),), _BENCH), _peak()
    computing = time.process_time()
    all_parts, made = _timed(publisher.publish_due)
    computed = time.process_time() - computing
    memory, size = _peak() - before, sum(len(crl.der) for crl in made) / 1e6
    looks = [_timed(publisher.publish_due)[0] for _ in range(50)]
    time.sleep(1)
    revocation = Revocation(certificate_id="i-000000001", at=_SINCE, reason="superseded")
    ledger.entries([Deed(ModeSet("bench"), _BENCH, [revocation])])
    two_parts, changed = _timed(publisher.publish_due)
    ledger.close()
    if (len(made), len(changed)) != (SHARDS + 1, 2):
        raise RuntimeError(f"{len(made)} and then {len(changed)} lists were made")
    return _Published(all_parts, computed, size, memory, two_parts, median(looks))


def _issuing() -> IssuingKey:
    key = _Key()
    view = IssuerView(
        ca_name("Lao e-Government Center", "Bench CA", practice=True), key.public_key, key_identifier(key.public_key),
        _SINCE, _SINCE + timedelta(days=3650), algorithm_of(key.public_key), oids.PRACTICE_ARC,
        "http://127.0.0.1/crl/bench-1.crl", path_length=0, crl_shards=SHARDS,
    )  # fmt: skip
    return IssuingKey("bench", view, key)


def _fill(url: str) -> None:
    """A million certificates of one issuer, as far as a list looks at them."""
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    issuer = Issuer(
        id="bench", name="bench", generation=1, certificate=b"-", crl_url="-", ocsp_url="-", certificate_url="-",
        crl_shards=SHARDS,
    )  # fmt: skip
    [entry] = ledger.entries([Deed(ModeSet("bench"), _BENCH, [issuer])])
    ledger.close()
    with unguarded(url, Intent, Revocation) as connection:
        insert(connection, Intent, (_intent(dense, entry) for dense in range(1, CERTIFICATES + 1)))
        insert(connection, Revocation, (_revocation(dense, entry) for dense in _REVOKED))


def _intent(dense: int, entry: str) -> dict[str, Any]:
    return {
        "id": f"i-{dense:09}", "issuer_id": "bench", "serial_number": f"{_serial(dense):x}", "dense_number": dense,
        "profile": "officer-signing", "tbs": b"", "entry_id": entry,
    }  # fmt: skip


def _revocation(dense: int, entry: str) -> dict[str, Any]:
    return {"certificate_id": f"i-{dense:09}", "at": _since(dense), "reason": "superseded", "entry_id": entry}


def _serial(dense: int) -> int:
    return serial_number(dense, system_randomness(12))


def _since(dense: int) -> datetime:
    return _SINCE + timedelta(seconds=dense)


def _timed(act: Callable[[], _Done]) -> tuple[float, _Done]:
    begun = time.perf_counter()
    done = act()
    return time.perf_counter() - begun, done


def _peak() -> float:
    """The most memory that this program had, in megabytes; `ru_maxrss` would begin with what it was forked from."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def _openssl(folder: Path) -> float:
    (folder / "ca.cnf").write_text(f"{OPENSSL_CONFIG}[x]\n".replace("default_md", "crlnumber=crlnumber\ndefault_md"))
    (folder / "crlnumber").write_text("01\n")
    (folder / "serial").write_text("01\n")
    with (folder / "index.txt").open("w") as index:
        for dense in _REVOKED:
            at = f"{_since(dense):%y%m%d%H%M%SZ},superseded"
            serial = f"{_serial(dense):X}"
            index.write(
                f"R\t360101000000Z\t{at}\t{serial.zfill(len(serial) + len(serial) % 2)}\tunknown\t/CN=p{dense}\n"
            )
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -subj /CN=p"
    _shell(folder, make)
    return _timed(lambda: _shell(folder, "openssl ca -gencrl -crldays 3 -config ca.cnf -keyfile k.pem -cert c.pem"))[0]


def _shell(folder: Path, command: str) -> None:
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)  # noqa: S603 - fixed words


def _builder() -> float:
    key, now = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()
    listed = [(_serial(dense), _since(dense)) for dense in _REVOKED]

    def build() -> bytes:
        reason = x509.CRLReason(x509.ReasonFlags.superseded)
        entries = [
            x509.RevokedCertificateBuilder(serial, since, [x509.Extension(reason.oid, False, reason)]).build()  # noqa: FBT003
            for serial, since in listed
        ]
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Peer")])
        builder = x509.CertificateRevocationListBuilder(name, now, now + timedelta(days=3), [], entries)
        return builder.sign(key, SHA256()).public_bytes(Encoding.DER)

    return _timed(build)[0]
