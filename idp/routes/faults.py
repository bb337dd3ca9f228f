"""What ends a request of a program before its endpoint could answer, in the words that its library reads: OAuth's.

A method that is not there, a body that is too large, too many from one address, a database that is away: libraries take
an `error` in JSON (RFC 6749 clause 5.2) where they would not take a problem of RFC 9457.
"""

from flask import Flask, Response

from idp.routes.oauth import answered
from web.asked import extension, request
from web.errors import OWN
from web.guards import Guard

_OF_PROGRAMS = frozenset({Guard.CLIENT, Guard.TOKEN})
WORDS = {429: "temporarily_unavailable", 503: "temporarily_unavailable"}
"""Of RFC 6749 clause 4.1.2.1, which has words for what is nobody's fault."""


def begin(app: Flask) -> None:
    """From now on the endpoints of programs that the application has are answered so."""
    found = [rule.rule for rule in app.url_map.iter_rules() if _guard(app, rule.endpoint) in _OF_PROGRAMS]
    app.extensions["program_paths"] = frozenset(map(_first, found))
    app.extensions[OWN] = refused


def refused(code: str, status: int) -> Response | None:
    """The refusal, with our code as its description; None where people, or no program of OAuth, are answered."""
    if _first(request.path) not in extension("program_paths"):
        return None
    return answered({"error": word_of(status), "error_description": code}, status)


def word_of(status: int) -> str:
    """OAuth's word for what HTTP says."""
    return WORDS.get(status, "server_error" if status >= 500 else "invalid_request")


def _guard(app: Flask, endpoint: str) -> Guard | None:
    return getattr(app.view_functions[endpoint], "guard", None)


def _first(path: str) -> str:
    return path.split("/")[1]
