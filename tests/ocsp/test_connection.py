"""The fast worker's HTTP, over real sockets: every manner of client, and the same octets as by WSGI."""

import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from flask import Flask

from ledger.ledger import Ledger
from ocsp.app import create_app
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, new_key
from tests.ocsp.conftest import Ask
from tests.ocsp.serving import Fast, closed, fast, heard
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for
from web.connection import HEAD_SECONDS
from web.serving import IDLE_SECONDS

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")
NOT_ITS_OWN = {"date", "connection", "server", "x-request-id"}


@pytest.fixture
def issuer(ledger: Ledger) -> RecordedIssuer:
    """One whose responder signs the same octets the same way each time."""
    issuer = RecordedIssuer(ledger, responder_signer=KeySigner(new_key(SignatureAlgorithm.ED25519)))
    issuer.delegate()
    return issuer


@pytest.fixture
def issued(issuer: RecordedIssuer) -> tuple[str, x509.Certificate]:
    return issuer.issue()


@pytest.fixture
def question(issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask) -> bytes:
    return ask(issued[1], issuer.issuer)


@pytest.fixture
def app(issuer: RecordedIssuer, question: bytes, ledger: Ledger, tmp_path: Path) -> Iterator[Flask]:
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)
    yield app
    app.extensions["ocsp"].store.stop()


@pytest.fixture
def server(app: Flask, clock: TurnedClock) -> Iterator[Fast]:
    with fast(app.wsgi_app, clock) as server:  # type: ignore[arg-type]
        yield server


def seen(app: Flask, clock: TurnedClock) -> None:
    """Returns when the ledger was seen at this hour of the clock."""
    until = monotonic() + 20
    while app.extensions["ocsp"].store.looked_at < clock.now() and monotonic() < until:
        sleep(0.02)


def posted(body: bytes, lines: str = "", version: str = "1.1") -> bytes:
    return f"POST / HTTP/{version}\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def got(question: bytes, lines: str = "", method: str = "GET", version: str = "1.1") -> bytes:
    path = quote(b64encode(question).decode(), safe="")
    return f"{method} /{path} HTTP/{version}\r\nHost: x\r\n{lines}\r\n".encode()


def good(body: bytes) -> bool:
    return load_der_ocsp_response(body).certificate_status is OCSPCertStatus.GOOD


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("nonce", [None, b"n" * 16], ids=["no nonce", "a nonce"])
@pytest.mark.parametrize("broken", [False, True], ids=["well formed", "garbage"])
def test_the_worker_and_wsgi_say_the_same_octet_for_octet(
    server: Fast, app: Flask, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, ask: Ask,
    method: str, nonce: bytes | None, broken: bool,
) -> None:  # fmt: skip
    question = ask(issued[1], issuer.issuer, nonce)[4 if broken else 0 :]
    path = "/" if method == "POST" else f"/{quote(b64encode(question).decode(), safe='')}"
    octets = posted(question) if method == "POST" else got(question, method=method)

    by_worker = [server.ask(octets, bodiless=method == "HEAD") for _ in range(3)]

    environ = {"RAW_URI": path, "PATH_INFO": path}
    by_wsgi = app.test_client().open(path, method=method, data=question, environ_overrides=environ)
    expected = {name.lower(): value for name, value in by_wsgi.headers.items()}
    for one in by_worker:
        assert (one.status, one.body) == (by_wsgi.status_code, by_wsgi.data)
        assert {name: one.headers[name] for name in one.headers.keys() - NOT_ITS_OWN} == expected


@pytest.mark.parametrize("path", ["/readyz", "/healthz", "/nothing/../here"])
def test_what_is_no_question_is_answered_by_the_application_behind(server: Fast, app: Flask, path: str) -> None:
    answer = server.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    by_wsgi = app.test_client().get(path, environ_overrides={"RAW_URI": path})
    assert (answer.status, answer.body) == (by_wsgi.status_code, by_wsgi.data)


def test_kept_replies_are_counted_like_all_others(server: Fast, question: bytes) -> None:
    with server.connect() as connection:
        for _ in range(5):
            connection.sendall(posted(question))
            heard(connection)

    figures = server.ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body.decode()
    assert 'laotrust_ocsp_answers_total{digest="sha256",outcome="good"} 5.0' in figures


def test_a_connection_is_kept_and_requests_may_be_sent_ahead(server: Fast, question: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(posted(question) + got(question) + posted(b"garbage") + got(question, method="HEAD"))
        answers = [heard(connection), heard(connection), heard(connection), heard(connection, bodiless=True)]
        connection.sendall(b"\r\n" + posted(question))
        answers.append(heard(connection))

    assert [one.status for one in answers] == [200] * 5
    assert answers[0].body == answers[1].body == answers[4].body
    assert load_der_ocsp_response(answers[2].body).response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_request_in_single_octets_is_answered(server: Fast, question: bytes) -> None:
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in posted(question):
            connection.send(bytes([octet]))
        assert good(heard(connection).body)


@pytest.mark.parametrize(
    ("lines", "version", "kept"),
    [("", "1.0", False), ("Connection: keep-alive\r\n", "1.0", True), ("Connection: close\r\n", "1.1", False)],
)
def test_connections_end_or_stay_as_the_client_wants(
    server: Fast, question: bytes, lines: str, version: str, kept: bool
) -> None:
    with server.connect() as connection:
        connection.sendall(posted(question, lines, version))
        answer = heard(connection)
        assert good(answer.body)
        assert answer.headers["connection"] == ("keep-alive" if kept else "close")
        assert kept or closed(connection)


def test_who_expects_to_be_told_to_go_on_is_told(server: Fast, question: bytes) -> None:
    head, body = posted(question, "Expect: 100-continue\r\n").split(b"\r\n\r\n", 1)
    with server.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        told = heard(connection)
        connection.sendall(body)
        answer = heard(connection)

    assert (told.status, answer.status, good(answer.body)) == (100, 200, True)


def test_a_body_in_chunks_is_answered(server: Fast, question: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (question[:10], question[10:])) + b"0\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head + chunks[:7])
        sleep(0.05)
        connection.sendall(chunks[7:])
        answer = heard(connection)

    assert good(answer.body)


def test_a_date_alone_does_not_tell_a_reply_from_another_of_the_same_second(
    server: Fast, app: Flask, question: bytes
) -> None:
    since = server.ask(got(question)).headers["last-modified"]

    answer = server.ask(got(question, f"If-Modified-Since: {since}\r\n"))

    path = f"/{quote(b64encode(question).decode(), safe='')}"
    by_wsgi = app.test_client().get(path, headers={"If-Modified-Since": since}, environ_overrides={"RAW_URI": path})
    assert (answer.status, answer.body) == (by_wsgi.status_code, by_wsgi.data) == (200, answer.body)


@pytest.mark.parametrize("line", ["If-None-Match: {etag}", 'If-None-Match: "x", W/{etag}'])
def test_who_has_the_reply_already_is_told_so(server: Fast, app: Flask, question: bytes, line: str) -> None:
    first = server.ask(got(question))
    line = line.replace("{etag}", first.headers["etag"])

    answer = server.ask(got(question, f"{line}\r\n"))

    name, _, value = line.partition(": ")
    path = f"/{quote(b64encode(question).decode(), safe='')}"
    by_wsgi = app.test_client().get(path, headers={name: value}, environ_overrides={"RAW_URI": path})
    assert answer.status == by_wsgi.status_code == 304
    assert answer.headers["etag"] == by_wsgi.headers["ETag"] == first.headers["etag"]


def test_another_tag_gets_the_whole_reply(server: Fast, question: bytes) -> None:
    assert good(server.ask(got(question, 'If-None-Match: "another"\r\n')).body)


def test_a_target_that_names_the_whole_address_is_understood(server: Fast, question: bytes) -> None:
    octets = got(question).replace(b"GET /", b"GET http://ocsp.example.la/")

    assert good(server.ask(octets).body)


def test_a_revocation_is_told_though_the_good_answer_was_kept(
    server: Fast, app: Flask, issued: tuple[str, x509.Certificate], issuer: RecordedIssuer, question: bytes,
    clock: TurnedClock,
) -> None:  # fmt: skip
    before = [server.ask(posted(question)).body for _ in range(3)]

    clock.turn(seconds=1)
    issuer.revoke(issued[0], clock.now())
    sleep(1.0)
    seen(app, clock)
    after = server.ask(posted(question)).body

    assert all(good(body) for body in before)
    assert load_der_ocsp_response(after).certificate_status is OCSPCertStatus.REVOKED


def test_what_is_not_fresh_is_not_told_though_it_was_kept(
    server: Fast, app: Flask, question: bytes, clock: TurnedClock
) -> None:
    kept = [server.ask(posted(question)).body for _ in range(2)]
    app.extensions["ocsp"].store.stop()

    clock.turn(seconds=3)

    stale = server.ask(posted(question)).body
    ready = server.ask(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert all(good(body) for body in kept)
    assert load_der_ocsp_response(stale).response_status is OCSPResponseStatus.TRY_LATER
    assert ready.status == 503


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_jumps_takes_no_answer_outside_its_time(
    server: Fast, app: Flask, question: bytes, clock: TurnedClock, seconds: int
) -> None:
    for _ in range(3):
        server.ask(posted(question))
    app.extensions["ocsp"].store.stop()

    clock.turn(seconds=seconds)

    answer = load_der_ocsp_response(server.ask(posted(question)).body)
    assert answer.response_status is OCSPResponseStatus.TRY_LATER


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 0000000000000000005\r\n\r\nabcde",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-%d: y\r\n" % 1 * 65 + b"\r\n",
        b"GET /" + b"A" * 20_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["a TLS hello", "a method of nobody's", "bare line feeds", "a length that is none",
         "a length of many noughts", "two lengths", "length and chunks", "bad chunks", "many lines", "a long line",
         "HTTP/2"],
)  # fmt: skip
def test_what_is_no_http_is_refused_and_the_connection_ends(server: Fast, question: bytes, octets: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(octets)
        answer = heard(connection)
        assert answer.status in {400, 404, 405, 431}
        assert answer.status in {404, 405} or closed(connection)
    assert good(server.ask(posted(question)).body)


def test_a_body_of_a_gigabyte_is_malformed_before_it_has_come(server: Fast, question: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 10_000)
        answer = heard(connection)
        assert load_der_ocsp_response(answer.body).response_status is OCSPResponseStatus.MALFORMED_REQUEST
        assert closed(connection)
        with pytest.raises(OSError):
            for _ in range(1000):
                connection.sendall(b"x" * 10_000)
                sleep(0.001)
    assert good(server.ask(posted(question)).body)


@pytest.mark.parametrize("begun", [b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 90\r\n\r\n0", b"GET /M"])
def test_who_is_too_slow_is_cut_off_and_hurts_nobody(
    server: Fast, app: Flask, question: bytes, clock: TurnedClock, begun: bytes
) -> None:
    with server.connect() as connection:
        connection.sendall(begun)
        sleep(0.1)
        clock.turn(seconds=HEAD_SECONDS - 1)
        seen(app, clock)
        server.tick()
        assert good(server.ask(posted(question)).body)

        clock.turn(seconds=2)
        server.tick()
        assert closed(connection)


def test_who_says_nothing_for_long_is_let_go(server: Fast, question: bytes, clock: TurnedClock) -> None:
    with server.connect() as connection:
        connection.sendall(posted(question))
        heard(connection)
        clock.turn(seconds=IDLE_SECONDS - 1)
        server.tick()
        connection.sendall(posted(question))
        assert heard(connection).status == 200

        clock.turn(seconds=IDLE_SECONDS + 1)
        server.tick()
        assert closed(connection)


def test_who_asks_and_does_not_read_is_listened_to_no_more_and_cut_off(
    server: Fast, app: Flask, question: bytes, clock: TurnedClock
) -> None:
    with server.connect() as connection:
        connection.setblocking(False)
        sent = _sent_until_full(connection, got(question) * 200)
        clock.turn(seconds=HEAD_SECONDS + 1)
        server.tick()
        seen(app, clock)
        alive = len(server.server)

    assert sent < 200_000_000
    assert alive == 0
    assert good(server.ask(posted(question)).body)


def _sent_until_full(connection: socket.socket, octets: bytes) -> int:
    sent, refused = 0, 0
    while refused < 20:
        try:
            sent += connection.send(octets)
            refused = 0
        except BlockingIOError:
            refused += 1
            sleep(0.02)
    return sent


def test_too_many_connections_shed_the_one_that_is_silent_longest(
    app: Flask, clock: TurnedClock, question: bytes
) -> None:
    with fast(app.wsgi_app, clock, most_connections=3) as server:  # type: ignore[arg-type]
        silent = server.connect()
        sleep(0.05)
        clock.turn(seconds=1)
        others = [server.connect() for _ in range(3)]

        assert closed(silent)
        for one in others:
            one.sendall(posted(question))
        assert all(good(heard(one).body) for one in others)
        for one in (silent, *others):
            one.close()


Encode = Callable[[bytes], str]


@pytest.mark.parametrize(
    "encode",
    [
        lambda octets: b64encode(octets).decode(),
        lambda octets: b64encode(octets).decode().rstrip("="),
        lambda octets: "".join(f"%{octet:02x}" for octet in b64encode(octets)),
        lambda octets: quote(b64encode(octets)) + "?x=1",
        lambda octets: "/" + b64encode(octets).decode(),
    ],
    ids=["plain", "unpadded", "all percent-encoded", "with a query", "after our slash and its own"],
)
def test_get_is_answered_however_the_base64_was_written(server: Fast, question: bytes, encode: Encode) -> None:
    answer = server.ask(f"GET /{encode(question)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert good(answer.body)


def test_a_head_means_the_same_when_it_is_met_again(server: Fast) -> None:
    octets = b"GET  /MEow#x HTTP/1.1\r\nHost: x\r\n\r\n"

    assert server.ask(octets).status == server.ask(octets).status
