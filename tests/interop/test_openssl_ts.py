"""OpenSSL makes the queries, the running authority answers, OpenSSL verifies against the root alone."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from asn1crypto import tsp
from pyhanko.sign.timestamps.requests_client import HTTPTimeStamper
from sqlalchemy import select

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from tests.issuing import KeySigner, PracticeIssuer, pem
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, served, settings_for
from tsa.app import create_app
from tsa.policy import time_stamp_policy
from tsa.tables import TimeStamp

HEADERS = {"Content-Type": "application/timestamp-query"}


@dataclass
class Desk:
    """A folder with a document and certificates, and the address of the authority."""

    folder: Path
    url: str

    def openssl(self, *arguments: str) -> str:
        """Both outputs of `openssl ts`, told apart by nobody."""
        command = ["openssl", "ts", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout + done.stderr

    def query(self, *options: str) -> bytes:
        self.openssl("-query", "-data", "document", *options, "-out", "query.tsq")
        return (self.folder / "query.tsq").read_bytes()

    def stamp(self, *options: str) -> requests.Response:
        answer = requests.post(self.url, data=self.query(*options), headers=HEADERS, timeout=10)
        (self.folder / "answer.tsr").write_bytes(answer.content)
        return answer

    def verify(self, *options: str) -> str:
        return self.openssl("-verify", "-in", "answer.tsr", "-CAfile", "root.pem", "-untrusted", "all.pem", *options)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """OpenSSL judges by the machine's own clock, so the ledger does too."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Iterator[Desk]:
    services = RecordedIssuer(ledger, "services", PracticeIssuer("Practice services", PracticeIssuer()))
    signer = KeySigner()
    intent_id, number = services.intend("tsa-unit")
    unit = services.finish(intent_id, services.issuer.time_stamp_unit(signer, number), "tsa-unit")
    (tmp_path / "document").write_text("ຂໍ້ຕົກລົງ")
    (tmp_path / "root.pem").write_bytes(pem(services.issuer.above.certificate))  # type: ignore[union-attr]
    (tmp_path / "all.pem").write_bytes(pem(unit, services.issuer.certificate))
    app = create_app(settings_for("tsa", home_with_keys(tmp_path / "home", {"tsa": signer}), ledger.url), ledger)
    with served(app) as url:
        yield Desk(tmp_path, f"{url}/")


@pytest.mark.parametrize("digest", ["-sha256", "-sha384", "-sha512"])
@pytest.mark.parametrize("certificates", [["-cert"], []], ids=["with certificates", "without"])
def test_openssl_verifies_the_stamp_of_its_document(desk: Desk, digest: str, certificates: list[str]) -> None:
    answer = desk.stamp(digest, *certificates)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/timestamp-reply")
    assert "Verification: OK" in desk.verify("-queryfile", "query.tsq")
    assert "Verification: OK" in desk.verify("-data", "document")


def test_openssl_refuses_the_stamp_of_another_document(desk: Desk) -> None:
    desk.stamp("-sha256", "-cert")
    (desk.folder / "document").write_text("ຂໍ້ຕົກລົງ ອື່ນ")

    assert "message imprint mismatch" in desk.verify("-data", "document")


def test_openssl_refuses_an_answer_to_another_nonce(desk: Desk) -> None:
    desk.stamp("-sha256", "-cert")
    desk.query("-sha256", "-cert")

    assert "nonce mismatch" in desk.verify("-queryfile", "query.tsq")


def test_openssl_reads_policy_accuracy_and_serial_number(desk: Desk, ledger: Ledger) -> None:
    desk.stamp("-sha256", "-cert")

    text = desk.openssl("-reply", "-in", "answer.tsr", "-text")

    with ledger.read() as session:
        stamp = session.scalars(select(TimeStamp)).one()
    assert "Status: Granted." in text
    assert f"Policy OID: {time_stamp_policy(practice=True)}" in text
    assert "Accuracy: 0x01 seconds" in text
    assert f"Serial number: 0x{stamp.serial_number.upper().zfill(32)}" in text


def test_two_stamps_in_one_second_have_different_serial_numbers(desk: Desk, ledger: Ledger) -> None:
    desk.stamp("-sha256")
    desk.stamp("-sha256")

    with ledger.read() as session:
        assert len(set(session.scalars(select(TimeStamp.serial_number)))) == 2


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        (["-sha1"], "unrecognized or unsupported algorithm identifier"),
        (["-md5"], "unrecognized or unsupported algorithm identifier"),
        (["-sha256", "-tspolicy", "1.2.3.4"], "the requested TSA policy is not supported by the TSA"),
    ],
    ids=["sha1", "md5", "policy"],
)
def test_a_refusal_is_an_answer_with_http_200_that_openssl_explains(
    desk: Desk, options: list[str], failure: str
) -> None:
    answer = desk.stamp(*options)

    assert answer.status_code == 200
    assert failure in desk.openssl("-reply", "-in", "answer.tsr", "-text")


@pytest.mark.parametrize(("body", "status"), [(b"garbage", 200), (b"", 200), (b"x" * 4097, 413)])
def test_garbage_is_refused_and_counted(desk: Desk, body: bytes, status: int) -> None:
    answer = requests.post(desk.url, data=body, headers=HEADERS, timeout=10)

    figures = requests.get(f"{desk.url}metrics", timeout=10).text
    assert answer.status_code == status
    assert f'laotrust_requests_total{{method="POST",route="/",status="{status}"}} 1.0' in figures


def test_replies_are_counted_by_outcome(desk: Desk) -> None:
    desk.stamp("-sha256")
    desk.stamp("-sha1")

    figures = requests.get(f"{desk.url}metrics", timeout=10).text

    assert 'laotrust_tsa_replies_total{outcome="granted"} 1.0' in figures
    assert 'laotrust_tsa_replies_total{outcome="timestamp.bad-algorithm"} 1.0' in figures


def test_the_house_says_that_it_is_ready(desk: Desk) -> None:
    assert requests.get(f"{desk.url}readyz", timeout=10).json()["ready"] is True


def test_pyhanko_takes_its_time_stamps_here(desk: Desk) -> None:
    stamper = HTTPTimeStamper(desk.url)  # type: ignore[no-untyped-call]

    token = asyncio.run(stamper.async_timestamp(b"d" * 32, "sha256"))

    info: tsp.TSTInfo = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == b"d" * 32
