"""What goes back to who asks: an OCSPResponse and the HTTP header lines that go with it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol

from ocsp.book import Book
from ocsp.policy import MAX_AGE
from pki.ocsp import Refusal

MEDIA_TYPE = "application/ocsp-response"


class Reply(NamedTuple):
    """What goes back. `outcome` is a closed word for counting; `digest` is what the first CertID was hashed with.

    `head` is the header lines, each with its line end. The same octets may be given for the same question until
    `keep_until` (seconds since 1970), unless status changes before; 0 is never.
    """

    body: bytes
    outcome: str
    head: bytes
    digest: str = "none"
    keep_until: float = 0.0

    @property
    def headers(self) -> Mapping[str, str]:
        """The header lines by name."""
        lines = (line.partition(": ") for line in self.head.decode().split("\r\n") if line)
        return {name: value for name, _, value in lines}


class Crowd(Enum):
    """Who waits for a key. Each crowd has places of its own, so that none takes those of another."""

    ALL = "about what was issued, and the answer is for all who ask: one signature serves for an hour"
    ONE = "about what was issued, with a nonce: a signature for one asker"
    STRANGERS = "about what was never issued, about several, or in no usual form: whoever likes makes up such"


class Wait(NamedTuple):
    """No reply is at hand: `respond` would have to wait, for a key to be opened or to sign that is slow.

    `whose` names the issuer that is asked about: questions about another need not wait for the same.
    """

    whose: str
    crowd: Crowd


class Answers(Protocol):
    """Octets of a request in, a reply out: what the doors (WSGI, the fast worker) stand before."""

    def respond(self, request: bytes) -> Reply:
        """The reply to the octets of a request."""

    def at_once(self, request: bytes) -> Reply | Wait:
        """The same, for who must not wait."""

    def prepared(self, request: bytes, now: float) -> Reply | None:
        """The reply, if nothing is to be found out for it at `now` (since 1970), while replies may be given again."""

    def share(self, book: Book) -> None:
        """Signed answers are kept in `book` from now on, if any are signed here."""

    def fresh_until(self) -> float:
        """Until when (seconds since 1970) replies may be given again that were kept; 0 if none may be now."""

    def watch(self, changed: "Changed") -> None:
        """Calls `changed` after each change that makes replies wrong which were given before."""


class Changed(Protocol):
    """Is told that kept replies are to be forgotten; from any thread."""

    def __call__(self) -> object:
        """Forget."""


def refused(refusal: Refusal, outcome: str, digest: str = "none") -> Reply:
    """An unsigned answer, which nobody keeps."""
    return Reply(refusal.der, outcome, _head(len(refusal.der)) + _NOT_KEPT, digest)


def signed_reply(body: bytes, outcome: str, digest: str, dates: bytes, etag: str, keep_until: float = 0.0) -> Reply:
    """A signed answer, one with a nonce too: of none may a header line say that it is not to be kept.

    RFC 9919 clause 6.2. `dates` is from `caching`, `etag` SHA-256 of the body.
    """
    return Reply(body, outcome, tagged(len(body)) + etag.encode() + dates, digest, keep_until)


@lru_cache(maxsize=8192)
def tagged(length: int) -> bytes:
    """The header lines of a signed answer of this length, up to its tag; behind that stands what `caching` says."""
    return _head(length) + b'ETag: "'


@lru_cache(maxsize=8192)
def caching(produced_at: int, next_update: int) -> bytes:
    """What ends a tag, and the lines about time, for an answer from `produced_at` to `next_update` (since 1970)."""
    age = min(int(MAX_AGE.total_seconds()), next_update - produced_at)
    return (
        f'"\r\nCache-Control: max-age={age}, public, no-transform, must-revalidate\r\n'
        f"Last-Modified: {_date(produced_at)}\r\nExpires: {_date(next_update)}\r\n"
    ).encode()


def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


@lru_cache(maxsize=8192)
def _head(length: int) -> bytes:
    lines = (f"Content-Type: {MEDIA_TYPE}", f"Content-Length: {length}", "X-Content-Type-Options: nosniff", "")
    return "\r\n".join(lines).encode()


_NOT_KEPT = b"Cache-Control: no-store\r\n"
