"""CRLs at the size of a nation: a million certificates, a hundred thousand of them revoked, in 64 shards and whole.

Ours reads the database, encodes, signs, verifies, and commits each list with its entry; the peers (`openssl ca
-gencrl` from its text database, cryptography's builder from a list in memory) make one list and keep nothing.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert

from benchmarks.issuance import _CONFIG as OPENSSL_CONFIG
from benchmarks.result import Result
from ca.events.ceremonies import ModeSet
from ca.issuance.composition import IssuingKey
from ca.publication.publisher import Publisher
from ledger.certificates import Intent, Revocation
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
_BENCH = Actor.system("issue")
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


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
        openssl = _openssl(Path(folder)) if shutil.which("openssl") else None
        builder = _builder()
        ledger = _filled(Path(folder))
        try:
            return _ours(ledger, openssl, builder)
        finally:
            ledger.close()


def _ours(ledger: Ledger, openssl: float | None, builder: float) -> list[Result]:
    before = _peak()
    publisher = Publisher(ledger, (_issuing(),), _BENCH)
    every, made = _timed(publisher.publish_due)
    memory = _peak() - before
    looks = [_timed(publisher.publish_due)[0] for _ in range(50)]
    time.sleep(1)
    ledger.entries([Deed(ModeSet("bench"), _BENCH, [Revocation(certificate_id="i-1", at=_SINCE, reason="superseded")])])
    one, changed = _timed(publisher.publish_due)
    if (len(made), len(changed)) != (SHARDS + 1, 2):
        raise RuntimeError(f"{len(made)} and then {len(changed)} lists were made")
    size = sum(len(crl.der) for crl in made) / 1e6
    peer = "openssl ca -gencrl, one list" if openssl else None
    return [
        Result(f"CRL of {REVOKED:,} in {SHARDS} shards and whole", every, "s", peer, every / openssl if openssl else None),
        Result("the same", every, "s", "cryptography's builder, one list", every / builder),
        Result("peak of memory above the start", memory, "MB", f"all lists are {size:.1f} MB", memory / size),
        Result("shard and whole list after one revocation", one, "s"),
        Result("a look with nothing to do", median(looks) * 1000, "ms"),
    ]


def _issuing() -> IssuingKey:
    key = _Key()
    view = IssuerView(
        ca_name("Lao e-Government Center", "Bench CA", practice=True), key.public_key, key_identifier(key.public_key),
        _SINCE, _SINCE + timedelta(days=3650), algorithm_of(key.public_key), oids.PRACTICE_ARC,
        "http://127.0.0.1/crl/bench-1.crl", path_length=0, crl_shards=SHARDS,
    )  # fmt: skip
    return IssuingKey("bench", view, key)


def _serials() -> Iterator[int]:
    return (serial_number(number, system_randomness(12)) for number in range(1, CERTIFICATES + 1))


def _filled(folder: Path) -> Ledger:
    """A database with the certificates, its guards put back after; nobody could enter a million in minutes."""
    url = f"sqlite:///{(folder / 'bench.db').resolve()}"
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    entry = ledger.record(ModeSet("bench"), _BENCH)
    with ledger.writing.begin() as connection:
        guards = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('intent', 'revocation')"
        ).all()
        for name, _ in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for number, serial in enumerate(_serials(), start=1):
            row = {
                "id": f"i-{number}", "issuer_id": "bench", "serial_number": f"{serial:x}", "dense_number": number,
                "profile": "officer-signing", "tbs": b"", "enrolment_id": None, "person_id": None, "entry_id": entry,
            }  # fmt: skip
            _batched(connection, insert(Intent.__table__), row, number)
        for number in range(CERTIFICATES // REVOKED, CERTIFICATES + 1, CERTIFICATES // REVOKED):
            at = _SINCE + timedelta(seconds=number)
            row = {"certificate_id": f"i-{number}", "at": at, "reason": "superseded", "entry_id": entry}
            _batched(connection, insert(Revocation.__table__), row, number)
        for _, sql in guards:
            connection.exec_driver_sql(sql)
    return ledger
