"""What a client sees of a refusal: problem+json (RFC 9457) or a page, in its language, with a code.

Routes raise `RequestRefused(code, status)` or return `refusal(code, status)`; nothing else of an error gets out.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from flask import Flask, Response, json, make_response
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from web import logs
from web.asked import current_app, g, request
from web.language import language, words

_CODES = {
    400: "request.malformed",
    401: "request.not-signed-in",
    403: "request.forbidden",
    404: "request.not-found",
    405: "request.method-not-allowed",
    406: "request.not-acceptable",
    413: "request.too-large",
    415: "request.media-type",
    429: "request.too-many",
    503: "request.unavailable",
}


OWN = "own_refusals"
"""Under this name an application may have a function of code and status: the answer in the words of the protocol that
is spoken at this address, or None."""


class RequestRefused(Exception):
    """Ends a request: `code` says why in public, `status` is HTTP's, `headers` and `extra` go into the answer."""

    def __init__(
        self, code: str, status: int = 400, *, headers: Mapping[str, str] | None = None, extra: Any = None
    ) -> None:
        super().__init__(code)
        self.code, self.status, self.headers, self.extra = code, status, dict(headers or {}), extra


def refusal(code: str, status: int = 400, extra: Mapping[str, Any] | None = None) -> Response:
    """The answer for a refusal: in the address's own words (OWN), or a page for who prefers HTML, or problem+json."""
    own = current_app.extensions.get(OWN)
    if own is not None and (said := cast("Response | None", own(code, status))) is not None:
        return said
    return page(code, status) if _prefers_html() else problem(code, status, extra)


def problem(code: str, status: int = 400, extra: Mapping[str, Any] | None = None) -> Response:
    """The refusal as application/problem+json (RFC 9457 clause 3), with `code` and `request_id` as extensions."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": words(code),
        "code": code,
        "request_id": g.get("request_id"),
        "lang": language(),
    }
    return Response(json.dumps(body | dict(extra or {})), status, mimetype="application/problem+json")


def page(code: str, status: int = 400) -> Response:
    """The refusal as a page: what happened, what to do, the request number."""
    template = current_app.jinja_env.get_template("web/error.html")
    return Response(template.render(sentence=words(code), code=code, status=status), status)


def _prefers_html() -> bool:
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html" and "text/html" in request.accept_mimetypes.to_header()


def install(app: Flask) -> None:
    """Every error that a route lets through is answered from here."""
    app.register_error_handler(RequestRefused, _refused)
    app.register_error_handler(HTTPException, _http)
    for away in (LedgerUnavailable, OperationalError, InterfaceError):
        app.register_error_handler(away, _unavailable)
    app.register_error_handler(ClockWentBackwards, _clock_behind)
    app.register_error_handler(Exception, _broken)


def _refused(error: RequestRefused) -> Response:
    response = refusal(error.code, error.status, error.extra)
    response.headers.update(error.headers)
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    response = refusal(_CODES.get(status, "request.unexplained"), status)
    if status == 405 and (allowed := dict(error.get_headers()).get("Allow")):
        response.headers["Allow"] = allowed
    return response


def _unavailable(error: Exception) -> Response:
    return _later("request.unavailable", error)


def _clock_behind(error: ClockWentBackwards) -> Response:
    return _later("request.clock", error)


def _later(code: str, error: Exception) -> Response:
    logs.failure("unavailable", error)
    response = refusal(code, 503)
    response.headers["Retry-After"] = "60"
    return response


def _broken(error: Exception) -> Response:
    logs.failure("broken", error)
    return refusal("request.broken", 500)
