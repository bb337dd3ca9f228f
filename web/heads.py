"""Heads of HTTP requests: judged once by llhttp, then known again octet for octet.

A client sends the same header lines with every request, so a head is parsed when it is met first; one that is the
same but for its target means the same.
"""

from typing import NamedTuple

import httptools

LONGEST_HEAD = 16 * 1024
MOST_LINES = 64
_KNOWN, _LONGEST_KNOWN = 1024, 1024
_LONGEST_LENGTH = 18
"""Digits of a Content-Length."""
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_%"
"""What base64 in a path is made of, however it is written."""
CLOSES = b"\r\n\r\n"
_IN_CHUNKS = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class Head(NamedTuple):
    """What the head of a request says; `length` is of the body, -1 if it comes in chunks."""

    method: str
    target: str
    length: int
    keep_alive: bool
    expects: bool
    modern: bool
    """HTTP/1.1, where connections are kept unless one says otherwise."""
    none_match: str | None
    lines: tuple[tuple[str, str], ...]

    @property
    def conditional(self) -> bool:
        """Whether a reply is wanted only if it is another than the client has."""
        return self.method != "POST" and self.none_match is not None

    @property
    def plain(self) -> bool:
        """Nothing but the question decides what the answer looks like."""
        return self.keep_alive and self.modern and not self.expects and not self.conditional


class BadHead(Exception):
    """The octets are no head of an HTTP/1 request; `status` says what is wrong with them."""

    def __init__(self, status: str = "400 Bad Request") -> None:
        super().__init__(status)
        self.status = status


class Heads:
    """Reads heads and remembers the ones it has read."""

    def __init__(self) -> None:
        self._whole: dict[bytes, Head] = {}
        self._endings: dict[bytes, Head] = {}
        """By what follows the target of a GET. A head may be made to look like an ending: hence two."""

    def read(self, head: bytes) -> Head:
        """What `head`, with the empty line that closes it, says. Raises BadHead."""
        if head.startswith(b"GET /"):
            space = head.find(b" ", 4)
            target, rest = head[4:space], head[space:]
            # Only where the target cannot change what the rest means: llhttp judges all others each time.
            if rest.startswith(b" HTTP/1.") and not target.translate(None, _PLAIN):
                known = self._endings.get(rest) or _remember(self._endings, rest, parse_head(head))
                return known._replace(target=target.decode("latin-1"))
            return parse_head(head)
        return self._whole.get(head) or _remember(self._whole, head, parse_head(head))


def _remember(known: dict[bytes, Head], key: bytes, head: Head) -> Head:
    if len(key) <= _LONGEST_KNOWN and head.method in {"GET", "POST"}:
        if len(known) >= _KNOWN:
            known.clear()
        known[key] = head
    return head


def parse_head(octets: bytes) -> Head:
    """What the octets of a head say. Raises BadHead."""
    seen = _Seen()
    parser = seen.parser = httptools.HttpRequestParser(seen)
    try:
        parser.feed_data(octets)
    except httptools.HttpParserUpgrade:
        pass  # we speak nothing else: the request is answered as if it had not asked
    except httptools.HttpParserError:
        raise BadHead from None
    if not seen.complete:
        raise BadHead
    if len(seen.lines) > MOST_LINES:
        raise BadHead("431 Request Header Fields Too Large")
    found = dict(seen.lines)
    modern = parser.get_http_version() == "1.1"
    hosts = sum(name == "host" for name, _ in seen.lines)
    if hosts > 1 or (modern and not hosts):  # RFC 9112 clause 3.2
        raise BadHead
    tags = [value for name, value in seen.lines if name == "if-none-match"]
    return Head(
        parser.get_method().decode("latin-1"),
        seen.target,
        _length(found),
        seen.keep_alive,
        modern and found.get("expect", "").lower() == "100-continue",  # RFC 9110 clause 10.1.1
        modern,
        ", ".join(tags) if tags else None,
        tuple(seen.lines),
    )


def _length(lines: dict[str, str]) -> int:
    if "transfer-encoding" in lines:
        if lines["transfer-encoding"].lower() != "chunked":  # RFC 9112 clause 6.1: no other coding is known here
            raise BadHead
        return -1
    announced = lines.get("content-length", "0")
    # What is cut here would be counted otherwise by whoever stands before us (RFC 9112 clause 11.2).
    if not (announced.isascii() and announced.isdigit()) or len(announced) > _LONGEST_LENGTH:
        raise BadHead
    return int(announced)


class _Seen:
    """What the parser calls back."""

    parser: httptools.HttpRequestParser

    def __init__(self) -> None:
        self.target, self.complete, self.keep_alive = "", False, False
        self.lines: list[tuple[str, str]] = []

    def on_url(self, url: bytes) -> None:
        self.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.lines.append((name.decode("latin-1").lower(), value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        self.complete = True
        # Asked now: once a request is whole, and one without a body is, the parser has forgotten it.
        self.keep_alive = self.parser.should_keep_alive()


class Chunks:
    """The body of one request that comes in chunks; whatever follows it on the connection is dropped."""

    def __init__(self, most: int) -> None:
        """`most` octets are kept; the body is `whole` when it has ended or is longer.

        The request's own head is judged already, and not read again: for llhttp the body of who asks for another
        protocol too, as Java's client does, is none.
        """
        self.body, self.whole, self._most = b"", False, most
        self.head: Head | None = None
        self._parser = httptools.HttpRequestParser(self)
        self.feed(_IN_CHUNKS)

    def feed(self, octets: bytes) -> None:
        """Further octets of the connection. Raises BadHead."""
        try:
            self._parser.feed_data(octets)
        except httptools.HttpParserError:
            if not self.whole:
                raise BadHead from None

    def on_body(self, octets: bytes) -> None:
        """The parser's word for a piece of the body."""
        if not self.whole:
            self.body = (self.body + octets)[: self._most]
            self.whole = len(self.body) == self._most

    def on_message_complete(self) -> None:
        """The parser's word for the end."""
        self.whole = True
