"""The fast worker's HTTP, over real sockets: every manner of client, and the same octets as by WSGI."""

import socket
from base64 import b64encode
from collections.abc import Callable
from time import sleep
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from flask import Flask

from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, new_key
from tests.ocsp.serving import Fast, closed, good, got, heard, posted, seen
from tests.recorded import RecordedIssuer
from web.serving import IDLE_SECONDS

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")


@pytest.fixture
def issuer(ledger: Ledger) -> RecordedIssuer:
    """One whose responder signs the same octets the same way each time."""
    issuer = RecordedIssuer(ledger, responder_signer=KeySigner(new_key(SignatureAlgorithm.ED25519)))
    issuer.delegate()
    return issuer


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


@pytest.mark.parametrize("at_once", [True, False])
def test_a_body_in_chunks_of_who_would_rather_speak_http_2_is_answered(
    server: Fast, question: bytes, *, at_once: bool
) -> None:
    """Java's own client asks so over every plain connection (RFC 7540 clause 3.2)."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    head += b"Upgrade: h2c\r\nHTTP2-Settings: AAEA\r\n"
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(question), question)
    with server.connect() as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + (chunks if at_once else b""))
        if not at_once:
            sleep(0.05)
            connection.sendall(chunks)
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
