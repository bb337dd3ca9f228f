"""How long after a revocation the last worker tells it: from its writing, and from when somebody acts.

An officer acts by the verb `revoke`, which ends a certificate under his own key, in an installation after its ceremony:
in an interpreter that is warm (his act signed, verified again, committed, his receipt printed), and as he types it,
with the start of Python. A holder acts by a click: the CA's running house takes the code of his slip over HTTP. Of each
it is also told how long it took from the time of the ledger's entry, which is when verb or house began to write, and so
without the receipt and whatever else comes before or after. The workers are asked all the while.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import sleep
from typing import NamedTuple

import requests
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder
from sqlalchemy import select

from benchmarks.installation import OFFICERS, approve, installation, request, sealer
from benchmarks.ocsp_population import Population
from benchmarks.ocsp_servers import serving, status_of
from benchmarks.result import Result, under
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.names import ISSUERS
from ca.endings.paper import Drawn, Slip, draw, issue
from ca.issuance.signing_room import SigningRoom
from ledger.certificates import Certificate, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.entry import Entry
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from scripts.cli import Run
from scripts.issue import await_seal
from tests.ports import free_base
from web.home import Home, Mode

WRITTEN, ACTED, TYPED = 40, 20, 3
"""Of each kind so many; of what an officer types, which starts a Python each time, so few."""
_LISTENERS = 12
"""Connections, which both workers share."""
_CLOCK = SystemClock()


class Told(NamedTuple):
    """Milliseconds from when somebody began to act, and from the entry that he caused, to the last worker."""

    from_the_act: float
    from_the_entry: float


def from_the_writing(population: Population, revoked: int = WRITTEN) -> Iterator[Result]:
    """From when the revocation is written until no worker says good any more."""
    ledger = Ledger(population.url, _CLOCK, system_randomness, "bench", "bench")
    issuer, url = population.issuer, population.home.url("ocsp")
    issuer.ledger = ledger
    took = []
    for number in range(revoked):
        act = partial(issuer.revoke, f"{number:036d}", ledger.clock.now())
        took.append(told_after(ledger, url, f"{number:036d}", population.request(number), act))
    ledger.close()
    yield from _distribution("a revocation's writing", [one.from_the_act for one in took])


def from_the_click(folder: Path, revoked: int = ACTED, typed: int = TYPED) -> Iterator[Result]:
    """From when an officer or a holder begins to revoke until he has his receipt and no worker says good any more."""
    ledger, home = installation(folder, free_base())
    certificates = iter(_issued(ledger, home, 2 * revoked + typed + 2))
    above = x509.load_pem_x509_certificate(home.certificate("citizens").read_bytes())
    url = home.url("ocsp")

    def told(count: int, way: Callable[[Certificate], Callable[[], object]]) -> list[Told]:
        some = [next(certificates) for _ in range(count)]
        return [told_after(ledger, url, one.id, _question(one, above), way(one)) for one in some]

    with ExitStack() as stack:
        for process, workers in (("ocsp", 2), ("ca", 1)):
            stack.enter_context(serving(home, home.database_url, workers, process))
        verb, page = partial(_verb, home, _in_this_process), partial(_click, ledger, home)
        told(1, verb), told(1, page)  # warm: what acts is loaded
        yield from _distributions("an officer's verb `revoke`", told(revoked, verb))
        yield from _distributions("a holder's click (HTTP, the CA's page)", told(revoked, page))
        typing = told(typed, partial(_verb, home, _in_its_own))
        yield from _distributions("an officer's Enter (with the start of Python)", typing)
    ledger.close()


def told_after(ledger: Ledger, url: str, certificate_id: str, question: bytes, act: Callable[[], object]) -> Told:
    """How long it takes until all of many connections, which every worker shares, say something else than good."""
    sessions = [requests.Session() for _ in range(_LISTENERS)]
    if {_asked(session, url, question) for session in sessions} != {OCSPCertStatus.GOOD}:
        raise RuntimeError("what is to be revoked was not good")
    with ThreadPoolExecutor(1) as hands:
        began = _CLOCK.now()
        acting = hands.submit(act)
        for session in sessions:
            while _asked(session, url, question) is OCSPCertStatus.GOOD:
                if acting.done():
                    acting.result()
                sleep(0.002)
            session.close()
        told = _CLOCK.now()
        acting.result()
        ended = _CLOCK.now()
    with ledger.read() as reading:
        of_it = select(Entry.at).join(Revocation, Revocation.entry_id == Entry.id)
        written = reading.scalars(of_it.where(Revocation.certificate_id == certificate_id)).one()
    return Told((ended - began).total_seconds() * 1000, (told - written).total_seconds() * 1000)


def _asked(session: requests.Session, url: str, question: bytes) -> OCSPCertStatus:
    return status_of(session.post(url, data=question, timeout=10).content)


def _distributions(begin: str, took: Sequence[Told]) -> Iterator[Result]:
    yield from _distribution(begin, [one.from_the_act for one in took])
    yield from _distribution(f"{begin}: its entry", [one.from_the_entry for one in took])


def _distribution(begin: str, took: Sequence[float]) -> Iterator[Result]:
    rising = sorted(took)
    for word, place, goal in (
        ("quickest", 0, None),
        ("median", len(rising) // 2, under(300)),
        ("90 of 100", len(rising) * 9 // 10, None),
        ("slowest", -1, under(1000)),
    ):
        name = f"OCSP from {begin} to the last worker, {word} of {len(rising)}"
        yield Result(name, rising[place], "ms", goal=goal)


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


def _verb(home: Home, run: Callable[[list[str]], object], certificate: Certificate) -> Callable[[], object]:
    words = ["revoke", "--certificate", certificate.sha256, "--reason", "superseded", "--as", OFFICERS[0],
             "--key", _officers_key(home), "--home", str(home.path), "--json"]  # fmt: skip
    return lambda: run(words)


def _officers_key(home: Home) -> str:
    return f"file:{home.path.resolve()}/people/{OFFICERS[0]}-authentication.key.pem"


def _in_this_process(words: list[str]) -> None:
    done = CliRunner().invoke(Verbs("laotrust"), words)
    if done.exit_code:
        raise RuntimeError(done.output)


def _in_its_own(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "scripts", *words], check=True, capture_output=True)  # noqa: S603


def _click(ledger: Ledger, home: Home, certificate: Certificate) -> Callable[[], object]:
    """The holder has the page before him, and typed the code of the slip that an officer printed for him."""
    code, session, address = _slip(ledger, home, certificate).grouped, requests.Session(), f"{home.url('ca')}/report"
    token = re.findall(r'name="form_token" value="([^"]+)"', session.get(address, timeout=10).text)[0]

    def click() -> None:
        done = session.post(f"{address}/code", data={"form_token": token, "code": code}, timeout=10)
        if certificate.serial_number not in done.text:
            raise RuntimeError(f"the code was not taken: {done.status_code}")

    return click


def _slip(ledger: Ledger, home: Home, certificate: Certificate) -> Slip:
    drawn = draw(ledger, str(certificate.person_id).removeprefix("p"))
    if not isinstance(drawn, Drawn):
        raise TypeError(f"no code can be drawn: {drawn.code}")
    officer = Run(home, "ca").acting(OFFICERS[0], _officers_key(home))
    slip = issue(ledger, drawn, officer.sign(drawn.act(ledger.clock.now())))
    if not isinstance(slip, Slip):
        raise TypeError(f"no code is issued: {slip.code}")
    return slip
