"""Very many certificates in a ledger of a benchmark, and the questions that are asked about them.

The rows are written past the ledger's own door, which would take an hour for a million: what is measured here only
reads them. Serial numbers are dense numbers and chance, as ours are.
"""

import sqlite3
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256, shake_128
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from migrations.run import migrate
from pki import der
from pki.digests import digest_identifier
from pki.ocsp import issuer_keys, nonce_of_request
from pki.parsed import parse_certificate
from pki.signing import SignatureAlgorithm
from tests.issuing import KeySigner, new_key
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys
from web.home import Home

NONCE = "POST with a nonce"
KINDS = ("GET", "POST", NONCE)
_FIRST, _FOR_EVER = 0x01000000, 4_102_444_800_000_000


@dataclass
class Population:
    """A ledger with an issuer, its responder, and `serials` of certificates that are all good."""

    folder: Path
    url: str
    home: Home
    issuer: RecordedIssuer
    serials: Sequence[int]

    def request(self, number: int, nonce: bytes | None = None) -> bytes:
        """The octets that ask about one certificate, as OpenSSL writes them: SHA-1 with NULL."""
        certificate = der.sequence(self._issuer, der.integer(self.serials[number]))
        return der.sequence(der.sequence(der.sequence(der.sequence(certificate)), nonce_of_request(nonce)))

    @property
    def port(self) -> int:
        """Where its responder listens."""
        return self.home.port("ocsp")

    def nonce(self, number: int) -> bytes:
        """The nonce of the question about this certificate."""
        return sha256(number.to_bytes(8, "big")).digest()

    def asked(self, kind: str, number: int) -> bytes:
        """A path or a body, by the kind of question."""
        if kind == "GET":
            return f"/{quote(b64encode(self.request(number)).decode(), safe='')}".encode()
        return self.request(number, self.nonce(number) if kind == NONCE else None)

    def write_questions(self, numbers: Sequence[int], name: str = "each") -> Path:
        """Files for the load generator, one a kind: see `write`."""
        folder = self.folder / f"questions-{name}"
        folder.mkdir(exist_ok=True)
        for kind in KINDS:
            write(folder / kind, (self.asked(kind, number) for number in numbers))
        return folder

    @cached_property
    def _issuer(self) -> bytes:
        """What stands before the serial number in each CertID."""
        parsed = parse_certificate(self.issuer.issuer.der)
        _, name, key = next(keys for keys in issuer_keys(parsed.subject, parsed.spki) if keys[0] == "sha1")
        algorithm = der.sequence(der.single(digest_identifier("sha1"), der.SEQUENCE) + b"\x05\x00")
        return algorithm + der.octet_string(name) + der.octet_string(key)


def populate(folder: Path, certificates: int, algorithm: SignatureAlgorithm, port: int) -> Population:
    """A fresh home and ledger in `folder`; its responder has a key of `algorithm` and listens on `port`."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'laotrust.db'}"
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "bench")
    issuer = RecordedIssuer(ledger, responder_signer=KeySigner(new_key(algorithm)))
    issuer.delegate()
    home = home_with_keys(folder / "home", {"ocsp-officers": issuer.responder_signer}, base_port=port - 1)
    chance = shake_128(b"serials").digest(8 * certificates)
    numbers = range(certificates)
    serials = [
        (_FIRST + number) << 64 | int.from_bytes(chance[8 * number : 8 * number + 8], "big") for number in numbers
    ]
    ledger.close()
    with _written_past(folder / "laotrust.db") as database:
        (entry,) = database.execute("SELECT id FROM entry LIMIT 1").fetchone()
        database.executemany(
            "INSERT INTO intent (id, entry_id, issuer_id, serial_number, dense_number, profile, tbs)"
            " VALUES (?, ?, ?, ?, ?, 'officer-authentication', x'')",
            ((f"{number:036d}", entry, issuer.id, f"{serials[number]:x}", _FIRST + number) for number in numbers),
        )
        database.executemany(
            "INSERT INTO certificate (id, entry_id, issuer_id, serial_number, sha256, key_sha256, der, profile,"
            " not_before, not_after) VALUES (?, ?, ?, ?, ?, ?, x'', 'officer-authentication', 0, ?)",
            (_certificate(number, entry, issuer.id, serials[number]) for number in numbers),
        )
    return Population(folder, url, home, issuer, serials)


def zipf(certificates: int, questions: int) -> list[int]:
    """Which certificates are asked about if the n-th most wanted is wanted 1/n as often as the first."""
    weights = list(accumulate(1 / rank for rank in range(1, certificates + 1)))
    chance = shake_128(b"zipf").digest(4 * questions)
    places = (int.from_bytes(chance[4 * at : 4 * at + 4], "big") / 2**32 * weights[-1] for at in range(questions))
    return [bisect_right(weights, place) * 7919 % certificates for place in places]


def uniform(certificates: int, questions: int) -> list[int]:
    """Each certificate as often as any other, in no order."""
    return [at * 7_368_787 % certificates for at in range(questions)]


def _certificate(number: int, entry: str, issuer_id: str, serial: int) -> tuple[object, ...]:
    digest = sha256(serial.to_bytes(21, "big")).hexdigest()
    return (f"{number:036d}", entry, issuer_id, f"{serial:x}", digest, digest, _FOR_EVER)


@contextmanager
def _written_past(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that nothing holds up: no triggers, no journal; the indexes are made when all is written."""
    database = sqlite3.connect(path)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {setting}")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('intent', 'certificate')"
    indexes = database.execute(f"{made} AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    yield database
    for _, statement in indexes:
        database.execute(statement)
    database.commit()
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def write(path: Path, questions: Iterable[bytes]) -> None:
    """Each after its length in two octets."""
    path.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in questions))
