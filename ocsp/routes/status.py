"""POST / and GET /<base64> (RFC 6960 appendix A.1, RFC 9919 clause 5), public, as relying software asks.

They stand in front of Flask, as plain WSGI: an answer costs less than Flask's way to a route. Whatever else is
asked (health, metrics) goes through to Flask. The fast worker (`ocsp.worker`) asks the same door by `question` and
`reply`, so that both say the same.
"""

from binascii import Error, a2b_base64
from collections.abc import Callable, Collection, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple
from urllib.parse import unquote_to_bytes

from prometheus_client import CollectorRegistry
from werkzeug.wsgi import get_input_stream

from ocsp.book import Book
from ocsp.reply import Answers, Reply, Wait, refused
from ocsp.tally import Tally
from pki.ocsp import LONGEST_REQUEST, Refusal
from web import logs
from web.own_pages import path_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_Found = TypeVar("_Found", Reply, Reply | Wait, Reply | None)
_Asked = TypeVarTuple("_Asked")
_URL_SAFE = bytes.maketrans(b"-_ ", b"+/+")
_ABOUT_A_COPY = ("Cache-Control", "ETag", "Expires", "Last-Modified")
"""What a 304 repeats of the reply that the client has (RFC 9110 clause 15.4.5)."""


class StatusDoor:
    """The WSGI application of the house: questions of status are answered here, all else by `behind`."""

    def __init__(
        self, answers: Answers, behind: "WSGIApplication", own_paths: Collection[str], registry: CollectorRegistry
    ) -> None:
        """`own_paths` are those that `behind` answers; no base64 of a request looks like one of them."""
        self.answers, self.behind, self.own_paths = answers, behind, frozenset({"/", *own_paths})
        self.tally = Tally()
        registry.register(self.tally)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request, as WSGI has it."""
        method, target = environ["REQUEST_METHOD"], _target(environ)
        if not self.takes(method, target):
            return self.behind(environ, start_response)
        reply = self.reply(_posted(environ) if method == "POST" else in_path(target))
        if method != "POST" and not_modified(reply, environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 Not Modified", about_a_copy(reply))
            return []
        start_response("200 OK", list(reply.headers.items()))
        return [b"" if method == "HEAD" else reply.body]

    def share(self, book: Book | None) -> None:
        """Signed answers are kept in `book`, which other processes have too; it is called before anything is asked."""
        if book is not None:
            self.answers.share(book)

    def takes(self, method: str, target: str) -> bool:
        """Whether this is a question of status; `target` is as it was sent."""
        if method == "POST":
            return target == "/" or path_of(target) == "/"
        return method in {"GET", "HEAD"} and path_of(target) not in self.own_paths

    def reply(self, octets: bytes) -> Reply:
        """The reply to a request's octets, counted; never raises."""
        return self._counted(self.answers.respond, octets)

    def at_once(self, octets: bytes) -> Reply | Wait:
        """The same for who must not wait; what must is counted when it is replied to."""
        return self._counted(self.answers.at_once, octets)

    def prepared(self, octets: bytes, now: float) -> Reply | None:
        """The same for what is prepared at `now`, while status is fresh; None if it is to be asked `at_once`."""
        return self._counted(self.answers.prepared, octets, now)

    def busy(self) -> Reply:
        """What is said to one more when too many wait already, counted."""
        return self._counted(refused, Refusal.TRY_LATER, "busy")

    def _counted(self, find: Callable[[*_Asked], _Found], *asked: *_Asked) -> _Found:
        began = perf_counter()
        try:
            found = find(*asked)
        except Exception as error:  # noqa: BLE001 - a key's place may fail in any way; the asker is told to ask again
            logs.failure("no answer could be signed", error)
            found = refused(Refusal.INTERNAL_ERROR, "failed")
        if isinstance(found, Reply):
            self.tally.count(found.outcome, found.digest)
            self.tally.took(perf_counter() - began)
        return found


def in_path(target: str) -> bytes:
    """What the address says, read as it was sent: `//` and `%2F` are both base64, save at its beginning.

    Clients put a slash after our address, which ends in one; DER of a request starts with `M` in base64.
    """
    return decoded(path_of(target).lstrip("/"))


def decoded(encoded: str) -> bytes:
    """The octets behind base64 in a path, percent-encoded or not, padded or not; empty if it is no base64."""
    octets = encoded.encode("latin-1", "replace")
    if b"%" in octets:
        octets = octets.replace(b"%3D", b"=").replace(b"%2F", b"/").replace(b"%2B", b"+")
        octets = unquote_to_bytes(octets) if b"%" in octets else octets
    text = octets.translate(_URL_SAFE).rstrip(b"=")
    try:
        return a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except Error:
        return b""


def not_modified(reply: Reply, none_match: str | None) -> bool:
    """Whether who asks has this very reply already: by its tag alone.

    `If-Modified-Since` is not looked at. A date tells no two replies of one second apart (RFC 9110 clause 8.8.2.2),
    and the later of them may be the revocation.
    """
    if none_match is None:
        return False
    tag, tags = reply.headers.get("ETag"), {one.strip().removeprefix("W/") for one in none_match.split(",")}
    return tag is not None and (tag in tags or tags == {"*"})  # RFC 9110 clause 13.1.2: alone, or it is a tag's text


def about_a_copy(reply: Reply) -> list[tuple[str, str]]:
    """The header lines of a 304."""
    return [(name, value) for name, value in reply.headers.items() if name in _ABOUT_A_COPY]


def _posted(environ: "WSGIEnvironment") -> bytes:
    """The body, one octet more than the longest request at most: the responder tells what is too long."""
    return get_input_stream(environ).read(LONGEST_REQUEST + 1)


def _target(environ: "WSGIEnvironment") -> str:
    return str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
