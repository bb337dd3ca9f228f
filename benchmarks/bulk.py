"""Issuing in bulk, end to end, beside `openssl ca -batch -infiles` in the same run.

Ours checks possession and two officers' signatures, lints, commits and seals every intent, signs, verifies, and
commits every certificate with its entry; the peer signs into a text database without audit and without fsync.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.installation import approve, installation, request, sealer
from benchmarks.result import Result
from ca.ceremonies.ceremony import ISSUERS, Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.issuance.signing_room import SigningRoom
from pki.signing import SignatureAlgorithm
from scripts.issue import await_seal
from web.home import Mode

COUNT = 1000
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


def run() -> list[Result]:
    """Certificates a second through the whole signing room, and the peer's."""
    with tempfile.TemporaryDirectory(prefix="laotrust-bench-") as folder:
        requests = [request() for _ in range(COUNT)]
        ours = _ours(Path(folder), requests)
        peer = _openssl(Path(folder) / "peer", requests) if shutil.which("openssl") else None
    ratio = ours / peer if peer else None
    return [Result("issuance in bulk", ours, "certificates/s", "openssl ca -batch -infiles" if peer else None, ratio)]


def _ours(folder: Path, requests: list[bytes]) -> float:
    ledger, home = installation(folder)
    approve(ledger, home, requests)
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)
    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    issuing = {name: ceremony.opened(name, ceremony.keys.signer(name, algorithm)) for name in ISSUERS}
    room = SigningRoom(ledger, issuing, lambda entries: await_seal(ledger, entries), home.path)
    with sealer(ledger, home):
        begun = time.perf_counter()
        done = room.turn()
        taken = time.perf_counter() - begun
    ledger.close()
    if len(done.issued) != len(requests):
        raise RuntimeError(f"{len(done.issued)} of {len(requests)} certificates were issued: {done.refused[:3]}")
    return len(requests) / taken


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


def _shell(folder: Path, command: list[str]) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603 - fixed words
