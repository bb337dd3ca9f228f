"""What a request may look like before any house reads it: its path, its size, each parameter once."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter

from web.errors import RequestRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

KIB, MIB = 1024, 1024 * 1024
BODY = 64 * KIB
"""Octets that a body may have when its view asks for no more."""
WIDE = 256 * KIB
"""For long texts in forms: a sign of Lao is nine octets there, one beyond 16 bits sixteen if JSON escapes it first."""
_DRAINED = 6
"""So many times the limit may be sent by somebody who is to hear that it was too much; more is cut off."""
_HOSTILE = re.compile(r"//|;|\\|%(?:2f|5c|3b|00|0a|0d|25)|[\x00-\x20\x7f]|(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What nobody types and PostgreSQL does not store; tabs and the ends of lines are text."""
View = TypeVar("View", bound=Callable[..., Any])


class Number(IntegerConverter):
    """`<int:…>` in every route: at most nine digits of ASCII, so that each engine and Python's own limit take it."""

    regex = "[0-9]{1,9}"


def body(octets: int) -> Callable[[View], View]:
    """Marks a view that takes bodies up to `octets`; more is 413."""

    def mark(view: View) -> View:
        view.body_limit = octets  # type: ignore[attr-defined]
        return view

    return mark


def hostile(raw_path: str) -> bool:
    """Whether proxies and frameworks could read this path, as sent, in different ways."""
    return _HOSTILE.search(raw_path) is not None


def once(parameters: MultiDict[str, str], of: Iterable[str] | None = None) -> dict[str, str]:
    """The parameters as a plain dict, only those `of` interest if given.

    Raises RequestRefused if one is repeated, or has a control character in it.
    """
    if repeated(parameters):
        raise RequestRefused("request.repeated-parameter")
    wanted = None if of is None else set(of)
    found = {name: value for name, value in parameters.items() if wanted is None or name in wanted}
    if any(_CONTROL.search(value) for value in found.values()):
        raise RequestRefused("request.control-character")
    return found


def repeated(parameters: MultiDict[str, str]) -> list[str]:
    """The names that occur more than once (RFC 6749 clause 3.1: MUST NOT)."""
    return [name for name, values in parameters.lists() if len(values) > 1]


def install(app: Flask, *, opaque_paths: bool) -> None:
    """Paths and sizes are checked before anything else; with `opaque_paths` (OCSP by GET) only sizes are."""
    app.url_map.converters["int"] = Number
    app.config["MAX_CONTENT_LENGTH"] = BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY
    app.config["MAX_FORM_PARTS"] = 100
    if not opaque_paths:
        app.before_request(_verify_path)
    app.before_request(_widen_body)


def _verify_path() -> None:
    environ: WSGIEnvironment = request.environ
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.path).partition("?")[0]
    if hostile(re.sub(r"^https?://[^/]*", "", raw)):
        raise RequestRefused("request.hostile-path")


def _widen_body() -> None:
    if request.endpoint is not None:
        view = current_app.view_functions[request.endpoint]
        request.max_content_length = getattr(view, "body_limit", BODY)
        request.max_form_memory_size = min(request.max_content_length, WIDE)
    limit = request.max_content_length or BODY
    if (request.content_length or 0) > limit:
        _drain(request.content_length or 0, limit)
        raise RequestRefused("request.too-large", 413)


def _drain(sent: int, limit: int) -> None:
    """What is somewhat too large is taken and dropped: who is cut off while sending never reads why."""
    left = sent if sent <= limit * _DRAINED else 0
    while left > 0 and (octets := request.environ["wsgi.input"].read(min(left, BODY))):
        left -= len(octets)
