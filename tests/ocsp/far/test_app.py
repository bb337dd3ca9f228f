"""The mirror over HTTP, with nothing but a folder and a root: OpenSSL asks it by POST, others by GET."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from time import monotonic, sleep
from urllib.parse import quote

import pytest
import requests
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.far.app import create_app
from ocsp.far.export import EACH_ALONE, Exported, export, voice_of
from ocsp.far.population import populations
from ocsp.far.shelf import Shelf, bring
from pki.certificate import certificates_from_pem
from pki.errors import PkiError
from tests.far import NumberedIssuer
from tests.issuing import PracticeIssuer, pem
from tests.ocsp.conftest import asked
from tests.ports import free_base
from tests.serving import served
from web.words import WORDS


@pytest.fixture(scope="module")
def folder(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf, a root, an issuer and a good certificate; OpenSSL judges by the machine's own clock."""
    folder = tmp_path_factory.mktemp("province")
    copyfile(sqlite_template, folder / "laotrust.db")
    ledger = Ledger(f"sqlite:///{folder / 'laotrust.db'}", SystemClock(), system_randomness, "0.1.0", "test")
    root = PracticeIssuer()
    issuer = NumberedIssuer(ledger, issuer=PracticeIssuer("Practice officers", root))
    issuer.delegate()
    _, good = issuer.issue()
    (folder / "good.pem").write_bytes(pem(good))
    (folder / "issuer.pem").write_bytes(pem(issuer.issuer.certificate))
    (folder / "root.pem").write_bytes(pem(root.certificate))
    (folder / "request.der").write_bytes(asked(good, issuer.issuer))
    for name, age in (("shelf", timedelta()), ("old", timedelta(days=2))):
        Shelf(folder / name).put(_exported(ledger, issuer, age).bundle)
    ledger.close()
    return folder


def _exported(ledger: Ledger, issuer: NumberedIssuer, age: timedelta) -> Exported:
    now = ledger.clock.now()
    with ledger.read() as session:
        found = populations(session, now)
    voices = [voice_of(one, lambda _name: issuer.responder_signer) for one in found]
    return export(found, voices, None, now - age, timedelta(days=7), EACH_ALONE)


@pytest.fixture
def url(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LAOTRUST_MIRROR", str(folder / "shelf"))
    monkeypatch.setenv("LAOTRUST_MIRROR_ROOTS", str(folder / "root.pem"))
    with served(create_app()) as url:
        yield url


def test_openssl_is_told_good_by_post_and_verifies_it(url: str, folder: Path) -> None:
    command = ["openssl", "ocsp", "-url", f"{url}/", "-CAfile", "root.pem", "-verify_other", "issuer.pem", "-no_nonce"]
    command += ["-issuer", "issuer.pem", "-cert", "good.pem"]

    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=20)

    assert "Response verify OK" in done.stdout + done.stderr
    assert "good.pem: good" in done.stdout


@pytest.mark.parametrize("safe", ["", "/+="], ids=["all encoded", "nothing encoded"])
def test_get_head_and_post_tell_the_same(url: str, folder: Path, safe: str) -> None:
    request = (folder / "request.der").read_bytes()
    address = f"{url}/{quote(b64encode(request).decode(), safe=safe)}"

    got, posted, head = (
        requests.get(address, timeout=10),
        requests.post(url, request, timeout=10),
        requests.head(address, timeout=10),
    )

    assert load_der_ocsp_response(got.content).certificate_status is OCSPCertStatus.GOOD
    assert (posted.content, head.headers["ETag"]) == (got.content, got.headers["ETag"])
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(got.content)))


def test_the_verb_serves_it_by_the_fast_worker_and_a_newer_bundle_is_told(folder: Path, tmp_path: Path) -> None:
    port = free_base()
    command = [sys.executable, "-m", "scripts", "ocsp-mirror", str(folder / "old"), str(tmp_path / "mirror")]
    command += ["--root", str(folder / "root.pem"), "--home", str(tmp_path), "--serve", str(port)]
    request = (folder / "request.der").read_bytes()

    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            first = patiently(f"http://127.0.0.1:{port}", request, lambda _answer: True)
            bring(Shelf(folder / "shelf"), Shelf(tmp_path / "mirror"), [root_of(folder)], SystemClock().now())
            second = patiently(f"http://127.0.0.1:{port}", request, lambda answer: answer != first)
        finally:
            server.terminate()

    times = [load_der_ocsp_response(one).this_update_utc for one in (first, second)]
    assert times[1] - times[0] > timedelta(days=1)


def patiently(url: str, request: bytes, wanted: Callable[[bytes], bool]) -> bytes:
    """The first answer that is wanted."""
    until = monotonic() + 60
    while monotonic() < until:
        try:
            answer = requests.post(url, request, timeout=10).content
        except requests.ConnectionError:
            answer = b""
        if answer and wanted(answer):
            return answer
        sleep(0.1)
    raise AssertionError("no such answer came")


def root_of(folder: Path) -> bytes:
    return certificates_from_pem((folder / "root.pem").read_bytes())[0].der


def test_garbage_is_malformed_and_other_methods_are_not_allowed(url: str) -> None:
    garbage = requests.get(f"{url}/index.html", timeout=10)

    assert load_der_ocsp_response(garbage.content).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert requests.delete(url, timeout=10).status_code == 405
    assert requests.post(f"{url}/elsewhere", b"x", timeout=10).status_code == 405


def test_it_counts_what_it_answers_and_tells_its_age(url: str) -> None:
    requests.post(url, data=b"garbage", timeout=10)

    told = requests.get(f"{url}/metrics", timeout=10)

    assert told.headers["Content-Type"].startswith("text/plain")
    assert 'laotrust_ocsp_answers_total{digest="none",outcome="malformed"}' in told.text
    assert "laotrust_ocsp_mirror_age_seconds " in told.text


def test_it_says_its_age_and_what_that_means(url: str) -> None:
    ready = requests.get(f"{url}/readyz", timeout=10)

    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json()["age_seconds"] < 600
    assert ready.json()["lo"] == WORDS["mirror.fresh"][0]
    assert requests.get(f"{url}/healthz", timeout=10).status_code == 200


def test_one_that_got_nothing_for_two_days_is_red_and_still_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAOTRUST_MIRROR", str(folder / "old"))
    monkeypatch.setenv("LAOTRUST_MIRROR_ROOTS", str(folder / "root.pem"))

    with served(create_app()) as url:
        ready = requests.get(f"{url}/readyz", timeout=10)
        answer = requests.post(url, (folder / "request.der").read_bytes(), timeout=10)

    assert (ready.status_code, ready.json()["en"]) == (503, WORDS["mirror.aged"][1])
    assert load_der_ocsp_response(answer.content).certificate_status is OCSPCertStatus.GOOD


def test_under_a_strange_root_it_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAOTRUST_MIRROR", str(folder / "shelf"))
    monkeypatch.setenv("LAOTRUST_MIRROR_ROOTS", str(folder / "good.pem"))

    with pytest.raises(PkiError):
        create_app()
