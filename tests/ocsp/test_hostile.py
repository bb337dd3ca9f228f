"""Clients that are broken, slow, greedy or hostile: each is refused for what it does, and the others go on."""

import socket
from time import sleep

import pytest
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response
from flask import Flask

from tests.doubles import TurnedClock
from tests.ocsp.serving import Fast, closed, fast, good, got, heard, posted, seen
from web.connection import HEAD_SECONDS

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")


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


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: x\r\n"
LENGTH, CHUNKED = b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"
OTHER = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
FAULTS = {
    "a TLS hello": (HELLO, HELLO, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM", b"GET / HTTP/1.1\r\nHost: x", 400),
    "a method of nobody's": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", b"BREW", b"PUT", 400),
    "no host": (b"POST / HTTP/1.1\r\nX-Host: x\r\n" + LENGTH + b"\r\nabcde", b"X-Host", b"Host", 400),
    "two hosts": (POSTED + b"Host: y\r\n" + LENGTH + b"\r\nabcde", b"Host: y\r\n", b"", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\r\n\r\n", b"\nHost: x\n\r\n", b"\r\nHost: x\r\n", 400),
    "a length that is none": (POSTED + b"Content-Length: x\r\n\r\n", b"Length: x", b"Length: 0", 400),
    "a length of many noughts": (POSTED + b"Content-Length: 0000000000000000005\r\n\r\nabcde", b"00" * 9, b"", 400),
    "two lengths": (POSTED + LENGTH + b"Content-Length: 6\r\n\r\nabcde", b"Content-Length: 6\r\n", b"", 400),
    "length and chunks": (POSTED + LENGTH + CHUNKED + b"\r\nabcde", CHUNKED, b"", 400),
    "packed chunks": (POSTED + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"gzip, ", b"", 400),
    "a coding of its own": (POSTED + OTHER + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", b"gzip", b"chunked", 400),
    "bad chunks": (POSTED + CHUNKED + b"\r\nzz\r\n", b"zz\r\n", b"0\r\n\r\n", 400),
    "many lines": (POSTED + LENGTH + b"X: y\r\n" * 63 + b"\r\nabcde", b"X: y\r\nX: y", b"X: y", 431),
    "a long line": (b"GET /" + b"A" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 10_000, b"A", 431),
}
"""Of each what is sent, what is wrong with it, what would be right instead, and the status that it is refused with."""


@pytest.mark.parametrize(("octets", "wrong", "right", "status"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_http_is_refused_for_what_is_wrong_with_it_and_the_connection_ends(
    server: Fast, question: bytes, octets: bytes, wrong: bytes, right: bytes, status: int
) -> None:
    with server.connect() as connection:
        connection.sendall(octets)
        refused = heard(connection)
        assert (refused.status, refused.headers["connection"]) == (status, "close")
        assert closed(connection)

    assert server.ask(octets.replace(wrong, right, 1)).status in {200, 404}
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


@pytest.mark.parametrize("begun", [b"POST / HT", POSTED + b"Content-Length: 90\r\n\r\n0", b"GET /M"])
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


@pytest.mark.parametrize("at_a_time", [200, 1], ids=["very much ahead", "little ahead"])
def test_who_asks_and_does_not_read_is_listened_to_no_more_and_cut_off(
    server: Fast, app: Flask, question: bytes, clock: TurnedClock, at_a_time: int
) -> None:
    with server.connect() as connection:
        connection.setblocking(False)
        sent = _sent_until_full(connection, got(question) * at_a_time)
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
        except OSError:  # cut off already
            break
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
