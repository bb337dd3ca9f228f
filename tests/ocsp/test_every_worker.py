"""What is committed reaches every one of several workers over PostgreSQL, each asked over a connection of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from socket import socket
from time import monotonic, sleep

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import (
    OCSPCertStatus,
    OCSPRequestBuilder,
    OCSPResponseStatus,
    load_der_ocsp_request,
    load_der_ocsp_response,
)
from sqlalchemy import make_url

from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import MOST_FACTS, Deed, Ledger
from tests.conftest import url_of
from tests.issuing import FROM, UNTIL
from tests.ocsp.conftest import asked
from tests.ocsp.running import Running, gunicorn
from tests.ocsp.serving import heard, posted
from tests.postgresql import Cluster
from tests.recorded import TESTER, Noted, RecordedIssuer

pytestmark = pytest.mark.postgresql_only("where houses scale out; test_worker.py has the same for SQLite")
WORKERS, PATIENCE = 3, 20.0
NUMBERS = range(10_000, 12_000)
"""Serial numbers of very many certificates."""
GOOD, REVOKED = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """The processes go by the machine's clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@dataclass
class Worker:
    """One, and a connection that it has taken."""

    pid: int
    connection: socket

    def status(self, question: bytes) -> OCSPCertStatus:
        """What it says once it can prove that it is so: on a machine with too much to do that may take a while."""
        until = monotonic() + PATIENCE
        while True:
            self.connection.sendall(posted(question))
            answer = load_der_ocsp_response(heard(self.connection).body)
            if answer.response_status is not OCSPResponseStatus.TRY_LATER or monotonic() > until:
                return answer.certificate_status
            sleep(0.05)

    def statuses(self, questions: list[bytes]) -> set[OCSPCertStatus]:
        return {self.status(question) for question in questions}

    def until_revoked(self, question: bytes) -> list[OCSPCertStatus]:
        """What it says, over and over, until it says so."""
        said, until = [self.status(question)], monotonic() + PATIENCE
        while said[-1] is not REVOKED and monotonic() < until:
            sleep(0.01)
            said.append(self.status(question))
        return said


@pytest.fixture
def run(issuer: RecordedIssuer, ledger: Ledger, tmp_path: Path, free_port: int) -> Iterator[Callable[[], list[Worker]]]:
    """Starts the house over what is in the ledger by then."""
    with ExitStack() as stack:

        def run() -> list[Worker]:
            url = url_of("ocsp", ledger.url)
            running = stack.enter_context(gunicorn(issuer, url, tmp_path, free_port, WORKERS))
            return _reached(running, stack)

        yield run


def _reached(running: Running, stack: ExitStack) -> list[Worker]:
    """A connection to each worker; new ones go to who has fewest."""
    found: dict[int, Worker] = {}
    until = monotonic() + PATIENCE
    while len(found) < WORKERS and monotonic() < until:
        connection = stack.enter_context(_connected(running))
        pid = running.worker_of(connection)
        if pid is not None:
            found.setdefault(pid, Worker(pid, connection))
        sleep(0.02)
    return list(found.values())


def _connected(running: Running) -> socket:
    connection = socket()
    connection.settimeout(10)
    connection.connect(("127.0.0.1", running.port))
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert heard(connection).status == 200
    return connection


def test_a_revocation_reaches_every_worker_and_none_takes_it_back(
    run: Callable[[], list[Worker]], issuer: RecordedIssuer, ledger: Ledger
) -> None:
    certificate_id, certificate = issuer.issue()
    question, with_nonce = asked(certificate, issuer.issuer), asked(certificate, issuer.issuer, b"n" * 16)
    workers = run()
    before = [worker.statuses([question, with_nonce]) for worker in workers]

    issuer.revoke(certificate_id, ledger.clock.now())
    said = [worker.until_revoked(question) for worker in workers]

    assert len(workers) == WORKERS
    assert before == [{GOOD}] * WORKERS
    assert [one[-1] for one in said] == [REVOKED] * WORKERS
    assert [worker.statuses([question, with_nonce] * 20) for worker in workers] == [{REVOKED}] * WORKERS


def test_thousands_of_revocations_in_one_commit_reach_every_worker_together(
    run: Callable[[], list[Worker]], issuer: RecordedIssuer, ledger: Ledger, cluster: Cluster
) -> None:
    ids = _issued_by_the_thousand(issuer)
    cluster.execute("ANALYZE", database=make_url(ledger.url).database or "")
    questions = [_asked_by_number(issuer, number) for number in NUMBERS]
    workers = run()
    before = [worker.statuses(questions) for worker in workers]

    now = ledger.clock.now()
    _write(issuer, [Revocation(certificate_id=one, at=now, reason="keyCompromise") for one in ids])
    said = [worker.until_revoked(questions[-1]) for worker in workers]
    after = [worker.statuses(questions) for worker in workers]

    assert before == [{GOOD}] * WORKERS
    assert [one[-1] for one in said] == [REVOKED] * WORKERS
    assert after == [{REVOKED}] * WORKERS


def _issued_by_the_thousand(issuer: RecordedIssuer) -> list[str]:
    """Certificates of which nothing is there but what status needs; their ids."""
    ids = {number: issuer.ledger.new_id() for number in NUMBERS}
    _write(issuer, [_intent(issuer, one, number) for number, one in ids.items()])
    _write(issuer, [_certificate(issuer, one, number) for number, one in ids.items()])
    return list(ids.values())


def _intent(issuer: RecordedIssuer, intent_id: str, number: int) -> Intent:
    return Intent(
        id=intent_id, issuer_id=issuer.id, serial_number=f"{number:x}", dense_number=number,
        profile="officer-authentication", tbs=b"", enrolment_id=None, person_id=None,
    )  # fmt: skip


def _certificate(issuer: RecordedIssuer, intent_id: str, number: int) -> Certificate:
    digest = sha256(number.to_bytes(4, "big")).hexdigest()
    return Certificate(
        id=intent_id, issuer_id=issuer.id, serial_number=f"{number:x}", sha256=digest, key_sha256=digest, der=b"",
        profile="officer-authentication", person_id=None, not_before=FROM, not_after=UNTIL,
    )  # fmt: skip


def _write(issuer: RecordedIssuer, facts: list[Intent] | list[Certificate] | list[Revocation]) -> None:
    """One commit, of as many entries as so many facts need."""
    some = [facts[at : at + MOST_FACTS] for at in range(0, len(facts), MOST_FACTS)]
    issuer.ledger.entries([Deed(Noted(issuer.id), TESTER, one) for one in some])


def _asked_by_number(issuer: RecordedIssuer, number: int) -> bytes:
    above = load_der_ocsp_request(asked(issuer.issuer.leaf("x", 1), issuer.issuer))
    builder = OCSPRequestBuilder().add_certificate_by_hash(
        above.issuer_name_hash, above.issuer_key_hash, number, SHA256()
    )
    return builder.build().public_bytes(Encoding.DER)
