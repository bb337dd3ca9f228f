"""CRLs at the size of a nation: a million certificates, a hundred thousand of them revoked, in 64 shards and whole.

Ours reads the database, encodes, signs, verifies, and commits each list with its entry; the peers (`openssl ca
-gencrl` from its text database, cryptography's builder from a list in memory) make one list and keep nothing.
"""

import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.bulk import OPENSSL_CONFIG
from benchmarks.result import Result
from ca.events.ceremonies import ModeSet
from ca.issuance.composition import IssuingKey
from ca.publication.publisher import Publisher
from ledger.canonical import microseconds
from ledger.certificates import Issuer, Revocation
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


def run() -> list[Result]:
    """The whole set, the next list after one revocation, a look with nothing to do, and memory."""
    with tempfile.TemporaryDirectory(prefix="laotrust-bench-") as folder:
        ledger = _filled(Path(folder))
        try:
            return _ours(ledger, Path(folder))
        finally:
            ledger.close()


def _ours(ledger: Ledger, folder: Path) -> list[Result]:
    publisher, before = Publisher(ledger, (_issuing(),), _BENCH), _peak()
    all_parts, made = _timed(publisher.publish_due)
    memory, size = _peak() - before, sum(len(crl.der) for crl in made) / 1e6
    looks = [_timed(publisher.publish_due)[0] for _ in range(50)]
    time.sleep(1)
    revocation = Revocation(certificate_id="i-000000001", at=_SINCE, reason="superseded")
    ledger.entries([Deed(ModeSet("bench"), _BENCH, [revocation])])
    two_parts, changed = _timed(publisher.publish_due)
    if (len(made), len(changed)) != (SHARDS + 1, 2):
        raise RuntimeError(f"{len(made)} and then {len(changed)} lists were made")
    openssl = _openssl(folder) if shutil.which("openssl") else None
    builder = _builder()
    return [
        Result(
            f"CRL of {REVOKED:,} in {SHARDS} shards and whole", all_parts, "s",
            "openssl ca -gencrl, one list" if openssl else None, all_parts / openssl if openssl else None,
        ),
        Result("the same", all_parts, "s", "cryptography's builder, one list", all_parts / builder),
        Result("its peak of memory above the start", memory, "MB", f"{size:.1f} MB of lists", memory / size),
        Result("one shard and the whole list after a revocation", two_parts, "s"),
        Result("a look when no list is due", median(looks) * 1000, "ms"),
    ]  # fmt: skip


def _issuing() -> IssuingKey:
    key = _Key()
    view = IssuerView(
        ca_name("Lao e-Government Center", "Bench CA", practice=True), key.public_key, key_identifier(key.public_key),
        _SINCE, _SINCE + timedelta(days=3650), algorithm_of(key.public_key), oids.PRACTICE_ARC,
        "http://127.0.0.1/crl/bench-1.crl", path_length=0, crl_shards=SHARDS,
    )  # fmt: skip
    return IssuingKey("bench", view, key)


def _filled(folder: Path) -> Ledger:
    """A database with the certificates, written past its guards: as entries, a million of them would take hours."""
    url = f"sqlite:///{(folder / 'bench.db').resolve()}"
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    issuer = Issuer(
        id="bench", name="bench", generation=1, certificate=b"-", crl_url="-", ocsp_url="-", certificate_url="-",
        crl_shards=SHARDS,
    )  # fmt: skip
    [entry] = ledger.entries([Deed(ModeSet("bench"), _BENCH, [issuer])])
    with closing(sqlite3.connect(folder / "bench.db")) as connection, connection:
        tables = "type = 'trigger' AND tbl_name IN ('intent', 'revocation')"
        guards = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE {tables}").fetchall()  # noqa: S608
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.executemany(
            "INSERT INTO intent (id, issuer_id, serial_number, dense_number, profile, tbs, entry_id) "
            "VALUES (?, 'bench', ?, ?, 'officer-signing', x'', ?)",
            ((f"i-{dense:09}", f"{_serial(dense):x}", dense, entry) for dense in range(1, CERTIFICATES + 1)),
        )
        connection.executemany(
            "INSERT INTO revocation (certificate_id, at, reason, entry_id) VALUES (?, ?, 'superseded', ?)",
            ((f"i-{dense:09}", microseconds(_since(dense)), entry) for dense in _REVOKED),
        )
        for _, sql in guards:
            connection.execute(sql)
    return ledger


def _serial(dense: int) -> int:
    return serial_number(dense, system_randomness(12))


def _since(dense: int) -> datetime:
    return _SINCE + timedelta(seconds=dense)


def _timed(act: Callable[[], _Done]) -> tuple[float, _Done]:
    begun = time.perf_counter()
    done = act()
    return time.perf_counter() - begun, done


def _peak() -> float:
    """The most memory that this process ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
