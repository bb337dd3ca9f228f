from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from flask.testing import FlaskClient

from ledger.ledger import Ledger
from ocsp.app import create_app
from tests.ocsp.conftest import Ask
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for


@pytest.fixture
def certificate(issuer: RecordedIssuer) -> x509.Certificate:
    return issuer.issue()[1]


@pytest.fixture
def client(
    issuer: RecordedIssuer, certificate: x509.Certificate, ledger: Ledger, tmp_path: Path
) -> Iterator[FlaskClient]:
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)
    yield app.test_client()
    app.extensions["ocsp"].store.stop()


@pytest.fixture
def request_octets(certificate: x509.Certificate, issuer: RecordedIssuer, ask: Ask) -> bytes:
    return ask(certificate, issuer.issuer)


def test_post_is_answered_with_the_right_media_type(client: FlaskClient, request_octets: bytes) -> None:
    answer = client.post("/", data=request_octets, content_type="application/ocsp-request")

    assert (answer.status_code, answer.mimetype) == (200, "application/ocsp-response")
    assert load_der_ocsp_response(answer.data).certificate_status is OCSPCertStatus.GOOD


def test_a_post_without_media_type_is_answered_too(client: FlaskClient, request_octets: bytes) -> None:
    assert client.post("/", data=request_octets).status_code == 200


@pytest.mark.parametrize(
    "encode",
    [
        lambda octets: quote(b64encode(octets), safe=""),
        lambda octets: b64encode(octets).decode(),
        lambda octets: b64encode(octets).decode().rstrip("="),
        lambda octets: urlsafe_b64encode(octets).decode().rstrip("="),
        lambda octets: quote(b64encode(octets)) + "?x=1",
        lambda octets: "/" + b64encode(octets).decode(),
    ],
    ids=["percent-encoded", "plain", "unpadded", "URL-safe", "with a query", "after our slash and its own"],
)
def test_get_is_answered_however_the_base64_was_written(
    client: FlaskClient, request_octets: bytes, encode: Callable[[bytes], str]
) -> None:
    path = f"/{encode(request_octets)}"

    answer = client.get("/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})

    assert answer.status_code == 200
    assert load_der_ocsp_response(answer.data).certificate_status is OCSPCertStatus.GOOD


@pytest.mark.parametrize("octets", [b"\x03\xf0\x00/x", b"0\xff\xff\xff"])
def test_slashes_in_base64_are_digits_and_no_redirect(client: FlaskClient, octets: bytes) -> None:
    path = f"/{b64encode(octets).decode()}"

    answer = client.get("/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})

    assert answer.status_code == 200
    assert load_der_ocsp_response(answer.data).response_status is OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("path", ["/not*base64", "/%ff%fe", "/favicon.ico"])
def test_a_get_of_anything_else_is_malformed_with_http_200(client: FlaskClient, path: str) -> None:
    answer = client.get(path, environ_overrides={"REQUEST_URI": path})

    assert answer.status_code == 200
    assert load_der_ocsp_response(answer.data).response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_an_oversize_body_is_malformed_and_counted(client: FlaskClient) -> None:
    answer = client.post("/", data=b"x" * 100_000)

    assert answer.status_code == 200
    assert load_der_ocsp_response(answer.data).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert 'laotrust_ocsp_answers_total{digest="none",outcome="oversize"} 1.0' in client.get("/metrics").text


def test_a_head_has_the_headers_of_a_get_and_no_body(client: FlaskClient, request_octets: bytes) -> None:
    path = f"/{quote(b64encode(request_octets), safe='')}"

    answer = client.head(path, environ_overrides={"REQUEST_URI": path})

    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/ocsp-response", b"")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/", 404), ("POST", "/x", 404), ("PUT", "/", 404)])
def test_whatever_is_no_question_of_status_is_not_found(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    assert client.open(path, method=method).status_code == status


def test_answers_are_counted_by_outcome_and_digest(client: FlaskClient, request_octets: bytes) -> None:
    client.post("/", data=request_octets)
    client.post("/", data=b"garbage")

    figures = client.get("/metrics").text

    assert 'laotrust_ocsp_answers_total{digest="sha256",outcome="good"} 1.0' in figures
    assert 'laotrust_ocsp_answers_total{digest="none",outcome="malformed"} 1.0' in figures
    assert "laotrust_ocsp_status_age_seconds 0.0" in figures


def test_the_house_is_ready_when_status_is_fresh_and_keys_are_certified(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_key_that_is_away_is_an_internal_error_and_the_house_says_so(
    ledger: Ledger, issuer: RecordedIssuer, request_octets: bytes, tmp_path: Path
) -> None:
    app = create_app(settings_for("ocsp", home_with_keys(tmp_path / "home", {}), ledger.url), ledger)

    answer = app.test_client().post("/", data=request_octets)

    ready = app.test_client().get("/readyz")
    app.extensions["ocsp"].store.stop()
    assert (answer.status_code, ready.status_code) == (200, 503)
    assert load_der_ocsp_response(answer.data).response_status is OCSPResponseStatus.INTERNAL_ERROR


def test_a_revocation_is_told_within_a_second_by_the_running_house(
    client: FlaskClient, issuer: RecordedIssuer, ledger: Ledger, ask: Ask
) -> None:
    certificate_id, certificate = issuer.issue()
    issuer.revoke(certificate_id, ledger.clock.now())

    sleep(1.0)

    answer = client.post("/", data=ask(certificate, issuer.issuer))
    assert load_der_ocsp_response(answer.data).certificate_status is OCSPCertStatus.REVOKED


def test_a_get_may_be_kept_and_says_until_when(client: FlaskClient, request_octets: bytes) -> None:
    path = f"/{quote(b64encode(request_octets), safe='')}"

    headers = client.get(path, environ_overrides={"REQUEST_URI": path}).headers

    assert headers["Cache-Control"] == "max-age=30, public, no-transform, must-revalidate"
    assert {"Last-Modified", "Expires", "ETag"} <= set(headers.keys())
    assert "Set-Cookie" not in headers
