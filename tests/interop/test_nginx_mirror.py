"""nginx itself serves the exported files by the configuration in deploy/, and OpenSSL judges what it gives."""

import os
import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from shutil import copyfile
from time import monotonic, sleep
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.ocsp import load_der_ocsp_response

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.far.export import export, voice_of
from ocsp.far.files import write_files
from ocsp.far.population import populations
from pki.ocsp import Refusal
from tests.far import NumberedIssuer, serial
from tests.issuing import PracticeIssuer, pem
from tests.ocsp.conftest import asked
from tests.ports import free_base

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Province:
    """nginx over a folder of answers."""

    url: str
    folder: Path
    issuer: NumberedIssuer
    good: x509.Certificate
    revoked: x509.Certificate

    def get(self, certificate: x509.Certificate, digest: SHA1 | SHA256 = SHA256(), safe: str = "") -> requests.Response:  # noqa: B008
        request = b64encode(asked(certificate, self.issuer.issuer, digest=digest)).decode()
        return requests.get(self.url + quote(request, safe=safe), timeout=10, allow_redirects=False)

    def judged(self, certificate: x509.Certificate, answer: bytes) -> str:
        """What `openssl ocsp` says of an answer by GET; it trusts the root alone."""
        above = self.issuer.issuer
        assert above.above
        (self.folder / "leaf.pem").write_bytes(pem(certificate))
        (self.folder / "issuer.pem").write_bytes(pem(above.certificate))
        (self.folder / "root.pem").write_bytes(pem(above.above.certificate))
        (self.folder / "answer.der").write_bytes(answer)
        command = ["openssl", "ocsp", "-respin", "answer.der", "-CAfile", "root.pem", "-verify_other", "issuer.pem"]
        command += ["-issuer", "issuer.pem", "-sha256", "-cert", "leaf.pem"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout + done.stderr


MAIN = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
{server}
}}
"""


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[None]:
    """The shipped configuration, its address and folder changed; as root its workers stay so, to see our folder."""
    shipped = (ROOT / "deploy" / "nginx-ocsp.conf").read_text()
    server = shipped.replace("127.0.0.1:8448", f"127.0.0.1:{port}").replace("/srv/ocsp/static", str(folder / "static"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, server=server, user=user))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    until = monotonic() + 20
    while monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError("nginx did not start")


@pytest.fixture(scope="module")
def province(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """OpenSSL judges by the machine's own clock, so the ledger does too."""
    tmp_path = tmp_path_factory.mktemp("province")
    copyfile(sqlite_template, tmp_path / "laotrust.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'laotrust.db'}", SystemClock(), system_randomness, "0.1.0", "test")
    issuer = NumberedIssuer(ledger, issuer=PracticeIssuer("Practice officers", PracticeIssuer()))
    issuer.delegate()
    (_, good), (revoked_id, revoked) = issuer.issue(), issuer.issue()
    issuer.revoke(revoked_id, ledger.clock.now())
    with ledger.read() as session:
        found = populations(session, ledger.clock.now())
    voices = [voice_of(one, lambda _name: issuer.responder_signer) for one in found]
    write_files(export(found, voices, None, ledger.clock.now(), timedelta(days=7)).bundle, tmp_path / "static")
    ledger.close()
    port = free_base()
    with nginx(tmp_path, port):
        yield Province(f"http://127.0.0.1:{port}/", tmp_path, issuer, good, revoked)


@pytest.mark.parametrize("safe", ["", "/", "/+="], ids=["all encoded", "slashes bare", "nothing encoded"])
@pytest.mark.parametrize("digest", [SHA1(), SHA256()], ids=["SHA-1", "SHA-256"])
def test_every_legal_spelling_of_the_address_is_answered(province: Province, digest: SHA1 | SHA256, safe: str) -> None:
    good = province.get(province.good, digest, safe)
    revoked = province.get(province.revoked, digest, safe)

    assert (good.status_code, good.headers["Content-Type"]) == (200, "application/ocsp-response")
    assert load_der_ocsp_response(good.content).certificate_status.name == "GOOD"
    assert load_der_ocsp_response(revoked.content).certificate_status.name == "REVOKED"


def test_openssl_verifies_the_answers_by_the_root_alone(province: Province) -> None:
    good = province.judged(province.good, province.get(province.good).content)
    revoked = province.judged(province.revoked, province.get(province.revoked).content)

    assert "Response verify OK" in good
    assert "leaf.pem: good" in good
    assert "Reason: keyCompromise" in revoked


def test_every_answer_has_its_file_whatever_slashes_are_in_its_name(province: Province) -> None:
    names = [path.name for path in (province.folder / "static").iterdir() if path.name.startswith("M")]
    requests_with_slashes = [name.replace("_", "/") for name in names]

    answers = [requests.get(province.url + quote(one, safe=""), timeout=10).content for one in requests_with_slashes]

    assert any("/" in one for one in requests_with_slashes)
    assert answers == [(province.folder / "static" / name).read_bytes() for name in names]


def test_unpadded_and_twice_slashed_addresses_are_answered(province: Province) -> None:
    request = b64encode(asked(province.good, province.issuer.issuer, digest=SHA1())).decode()

    addresses = (request.rstrip("="), f"/{request}", request.replace("/", "_"))

    answers = {requests.get(province.url + address, timeout=10).content for address in addresses}
    assert answers == {province.get(province.good, SHA1()).content}


def test_an_answer_may_be_cached_as_rfc_9919_says_and_is_not_sent_twice(province: Province) -> None:
    answer = province.get(province.good)
    produced = load_der_ocsp_response(answer.content).this_update_utc

    again = requests.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)

    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == produced
    assert "max-age=30" in answer.headers["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")


def test_what_has_no_file_is_unauthorized_and_so_is_a_post(province: Province) -> None:
    newer = province.get(province.issuer.issuer.leaf("newer", serial(77)))
    posted = requests.post(province.url, data=asked(province.good, province.issuer.issuer), timeout=10)
    strange = requests.get(f"{province.url}index.html", timeout=10)

    assert {(one.status_code, one.content) for one in (newer, posted, strange)} == {(200, Refusal.UNAUTHORIZED.der)}
    assert newer.headers["Cache-Control"] == "no-store"
