"""How long after a revocation the last worker tells it: from its writing, and from the officer's click.

The click is the verb `revoke` by which an officer ends a certificate under his own key, in an installation after its
ceremony: once by an interpreter that is warm (his act signed, verified again, committed, his receipt printed), and once
as he types it, with the start of Python. The last worker is asked when the officer has his receipt.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import requests
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder

from benchmarks.installation import OFFICERS, approve, installation, request, sealer
from benchmarks.ocsp_population import Population
from benchmarks.ocsp_servers import free_port, serving, status_of
from benchmarks.result import Result
from ca.ceremonies.ceremony import ISSUERS, Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.issuance.signing_room import SigningRoom
from ledger.certificates import Certificate
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from scripts.issue import await_seal
from web.home import Home, Mode

REVOKED, TYPED = 60, 10
_LISTENERS = 12
"""Connections, which both workers share."""


def from_the_writing(population: Population) -> Iterator[Result]:
    """From when the revocation is written until no worker says good any more."""
    ledger = Ledger(population.url, SystemClock(), system_randomness, "bench", "bench")
    issuer, url = population.issuer, population.home.url("ocsp")
    issuer.ledger = ledger
    took = [
        told_after(url, population.request(number), partial(issuer.revoke, f"{number:036d}", ledger.clock.now()))
        for number in range(REVOKED)
    ]
    ledger.close()
    yield from _distribution("a revocation's writing", took)


def from_the_click(folder: Path, revoked: int = REVOKED, typed: int = TYPED) -> Iterator[Result]:
    """From when an officer begins to revoke until he has his receipt and no worker says good any more."""
    ledger, home = installation(folder)
    certificates = _issued(ledger, home, revoked + typed)
    ledger.close()
    (home.path / "base-port").write_text(f"{free_port() - 1}\n")
    above = x509.load_pem_x509_certificate(home.certificate("citizens").read_bytes())
    questions = [_question(one, above) for one in certificates]
    with serving(home, home.database_url):
        acts = [partial(way, _words(home, one)) for one, way in
                zip(certificates, [_in_this_process] * revoked + [_in_its_own] * typed, strict=True)]  # fmt: skip
        acts[0]()  # warm: what the verb is made of is loaded
        took = [told_after(home.url("ocsp"), *one) for one in zip(questions[1:], acts[1:], strict=True)]
    yield from _distribution("an officer's click (verb `revoke`)", took[: revoked - 1])
    yield from _distribution("an officer's Enter (with the start of Python)", took[revoked - 1 :])


def told_after(url: str, question: bytes, act: Callable[[], object]) -> float:
    """Seconds from before the act until all of many connections, which every worker shares, say something else."""
    sessions = [requests.Session() for _ in range(_LISTENERS)]
    if {_asked(session, url, question) for session in sessions} != {OCSPCertStatus.GOOD}:
        raise RuntimeError("what is to be revoked was not good")
    began = perf_counter()
    act()
    for session in sessions:
        while _asked(session, url, question) is OCSPCertStatus.GOOD:
            sleep(0.002)
        session.close()
    return perf_counter() - began


def _asked(session: requests.Session, url: str, question: bytes) -> OCSPCertStatus:
    return status_of(session.post(url, data=question, timeout=10).content)


def _distribution(begin: str, took: Sequence[float]) -> Iterator[Result]:
    rising = sorted(1000 * one for one in took)
    for word, place in (("quickest", 0), ("median", len(rising) // 2), ("90 of 100", len(rising) * 9 // 10),
                        ("slowest", -1)):  # fmt: skip
        yield Result(f"OCSP from {begin} to the last worker, {word} of {len(rising)}", rising[place], "ms")


def _issued(ledger: Ledger, home: Home, count: int) -> list[Certificate]:
    """Certificates of as many citizens, issued as ever."""
    approve(ledger, home, [request() for _ in range(count)])
    ceremony = Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)
    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    issuing = {name: ceremony.opened(name, ceremony.keys.signer(name, algorithm)) for name in ISSUERS}
    with sealer(ledger, home):
        issued = SigningRoom(ledger, issuing, partial(await_seal, ledger), home.path).turn().issued
    if len(issued) != count:
        raise RuntimeError(f"{len(issued)} of {count} certificates were issued")
    return issued


def _question(certificate: Certificate, above: x509.Certificate) -> bytes:
    asked = x509.load_der_x509_certificate(bytes(certificate.der))
    return OCSPRequestBuilder().add_certificate(asked, above, SHA256()).build().public_bytes(Encoding.DER)


def _words(home: Home, certificate: Certificate) -> list[str]:
    officer = OFFICERS[0]
    key = f"file:{home.path.resolve()}/people/{officer}-authentication.key.pem"
    return ["revoke", "--certificate", certificate.sha256, "--reason", "superseded", "--as", officer, "--key", key,
            "--home", str(home.path), "--json"]  # fmt: skip


def _in_this_process(words: list[str]) -> None:
    done = CliRunner().invoke(Verbs("laotrust"), words)
    if done.exit_code:
        raise RuntimeError(done.output)


def _in_its_own(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "scripts", *words], check=True, capture_output=True)  # noqa: S603
