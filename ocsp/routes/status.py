"""POST / and GET /<base64> (RFC 6960 appendix A.1, RFC 9919 clause 5), public, as relying software asks.

They stand in front of Flask, as plain WSGI: an answer costs less than Flask's way to a route. Whatever else is
asked (health, metrics) goes through to Flask.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Collection, Iterable
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from prometheus_client import CollectorRegistry, Counter, Histogram
from werkzeug.wsgi import get_input_stream

from ocsp.responder import MEDIA_TYPE, OcspResponder, Reply
from pki.ocsp import LONGEST_REQUEST, Refusal
from web import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_URL_SAFE = bytes.maketrans(b"-_ ", b"+/+")
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1.0, 10.0)
_LOGGED = {"malformed", "oversize", "unauthorized", "not-fresh", "no-responder"}


class StatusDoor:
    """The WSGI application of the house: questions of status are answered here, all else by `behind`."""

    def __init__(
        self, responder: OcspResponder, behind: "WSGIApplication", own_paths: Collection[str],
        registry: CollectorRegistry,
    ) -> None:  # fmt: skip
        """`own_paths` are those that Flask answers; no base64 of a request looks like one of them."""
        self._responder, self._behind, self._own_paths = responder, behind, frozenset({"/", *own_paths})
        self._answers = Counter(
            "laotrust_ocsp_answers",
            "Answers by outcome and the CertID's digest",
            ["outcome", "digest"],
            registry=registry,
        )
        self._seconds = Histogram("laotrust_ocsp_seconds", "Time to answer", buckets=_SECONDS, registry=registry)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request, as WSGI has it."""
        read = self._reader(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"))
        if read is None:
            return self._behind(environ, start_response)
        began = perf_counter()
        reply = self._reply(read(environ))
        headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(reply.body)))]
        start_response("200 OK", [*headers, ("X-Content-Type-Options", "nosniff"), *reply.headers.items()])
        self._answers.labels(reply.outcome, reply.digest).inc()
        self._seconds.observe(perf_counter() - began)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]

    def _reader(self, method: str, path: str) -> "Callable[[WSGIEnvironment], bytes] | None":
        if method == "POST" and path == "/":
            return _posted
        if method in {"GET", "HEAD"} and path not in self._own_paths:
            return _in_path
        return None

    def _reply(self, octets: bytes) -> Reply:
        try:
            reply = self._responder.respond(octets)
        except Exception as error:  # noqa: BLE001 - a key's place may fail in any way; the asker is told to ask again
            logs.failure("no answer could be signed", error)
            return Reply(Refusal.INTERNAL_ERROR.der, "failed", {"Cache-Control": "no-store"})
        if reply.outcome in _LOGGED:
            logs.log("ocsp", outcome=reply.outcome, digest=reply.digest, octets=len(octets))
        return reply


def decoded(encoded: str) -> bytes:
    """The octets behind base64 in a path, percent-encoded or not, padded or not; empty if it is no base64."""
    text = unquote_to_bytes(encoded).translate(_URL_SAFE).rstrip(b"=")
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except Error:
        return b""


def _posted(environ: "WSGIEnvironment") -> bytes:
    """The body, one octet more than the longest request at most: the responder tells what is too long."""
    return get_input_stream(environ).read(LONGEST_REQUEST + 1)


def _in_path(environ: "WSGIEnvironment") -> bytes:
    """What the address says, read as it was sent: `//` and `%2F` are both base64, save at its beginning.

    Clients put a slash after our address, which ends in one; DER of a request starts with `M` in base64.
    """
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    return decoded(str(raw).partition("?")[0].lstrip("/"))
