"""POST / and GET /<base64> (RFC 6960 appendix A.1, RFC 9919 clause 5), public, as relying software asks."""

from base64 import b64decode
from binascii import Error
from typing import cast
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, current_app, request
from prometheus_client import Counter

from ocsp.responder import MEDIA_TYPE, OcspResponder, Reply
from pki.ocsp import LONGEST_REQUEST, Refusal
from web import logs
from web.csrf import exempt
from web.limits import body

routes = Blueprint("status", __name__)
_URL_SAFE = bytes.maketrans(b"-_ ", b"+/+")


@routes.post("/")
@exempt
@body(LONGEST_REQUEST)
def by_post() -> Response:
    """The answer to the request in the body."""
    return _answer(request.get_data(cache=False))


@routes.get("/<path:_encoded>")
def by_get(_encoded: str) -> Response:
    """The answer to the request in the address, which is read as it was sent: `//` and `%2F` are both base64."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path
    return _answer(decoded(str(raw).partition("?")[0].removeprefix("/")))


def decoded(encoded: str) -> bytes:
    """The octets behind base64 in a path, percent-encoded or not, padded or not; empty if it is no base64."""
    text = unquote_to_bytes(encoded).translate(_URL_SAFE).rstrip(b"=")
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except Error:
        return b""


def _answer(octets: bytes) -> Response:
    responder = cast("OcspResponder", current_app.extensions["ocsp"])
    try:
        reply = responder.respond(octets)
    except Exception as error:  # noqa: BLE001 - a key's place may fail in any way; the asker is told to ask again
        logs.failure("no answer could be signed", error)
        reply = Reply(Refusal.INTERNAL_ERROR.der, "failed", {"Cache-Control": "no-store"})
    cast("Counter", current_app.extensions["ocsp-answers"]).labels(reply.outcome, reply.digest).inc()
    return Response(reply.body, 200, headers=dict(reply.headers), content_type=MEDIA_TYPE)
