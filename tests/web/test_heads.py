"""Heads that are known again mean what they meant when they were judged."""

import pytest

from web.heads import BadHead, Head, Heads, parse_head

ENDING = b" HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def heads() -> Heads:
    """One that has met this ending."""
    heads = Heads()
    heads.read(b"GET /MEow" + ENDING)
    return heads


def outcome(heads: Heads, head: bytes) -> Head | None:
    """None where it is refused."""
    try:
        return heads.read(head)
    except BadHead:
        return None


def test_the_ending_of_a_head_is_no_head(heads: Heads) -> None:
    with pytest.raises(BadHead):
        heads.read(ENDING)


@pytest.mark.parametrize(
    "target", [b"/", b"/MEow", b"/a b", b"/a\x00", b"/\r\n", b"/a\nX: y", b"/\xff", b"/#x", b"//", b"/a\tb", b"*", b""]
)
def test_whatever_the_target_a_known_ending_changes_nothing(heads: Heads, target: bytes) -> None:
    head = b"GET " + target + ENDING

    assert outcome(heads, head) == outcome(Heads(), head)


CLOSES = {"Connection: close": False, "Connection: keep-alive": True, "X: y": True}


@pytest.mark.parametrize("start", ["GET /x HTTP/1.1", "POST / HTTP/1.1\r\nContent-Length: 3", "HEAD / HTTP/1.1"])
@pytest.mark.parametrize(("line", "kept"), CLOSES.items(), ids=CLOSES)
def test_whoever_wants_his_connection_closed_is_heard(start: str, line: str, kept: bool) -> None:
    head = parse_head(f"{start}\r\nHost: x\r\n{line}\r\n\r\n".encode())

    assert head.keep_alive == kept


@pytest.mark.parametrize(
    ("lines", "fits"),
    [("HTTP/1.1", False), ("HTTP/1.1\r\nHost: a\r\nHost: a", False), ("HTTP/1.0\r\nHost: a\r\nhost: b", False),
     ("HTTP/1.1\r\nHost: a", True), ("HTTP/1.1\r\nHost:", True), ("HTTP/1.0", True)],
)  # fmt: skip
def test_a_request_names_one_host(heads: Heads, lines: str, fits: bool) -> None:
    octets = f"GET /MEow {lines}\r\n\r\n".encode()

    if fits:
        assert heads.read(octets).method == "GET"
    else:
        with pytest.raises(BadHead):
            heads.read(octets)


def test_who_speaks_the_older_http_expects_nothing_before_the_answer(heads: Heads) -> None:
    octets = b"POST / HTTP/1.%d\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"

    assert [heads.read(octets % minor).expects for minor in (0, 1)] == [False, True]


def test_tags_in_several_lines_are_one_list(heads: Heads) -> None:
    head = heads.read(b'GET /MEow HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\nIf-None-Match: W/"b", "c"\r\n\r\n')

    assert head.none_match == '"a", W/"b", "c"'
