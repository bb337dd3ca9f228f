"""What is asked most, answered in rounds (`web.loop_serving`): endpoints of programs without Flask's way to a route.

The views are the very same; what Flask's hooks do around them is done here: the number of the request, its headers, its
line in the log, its figures, and the answer to a fault. Of the pages of a login the two that each has go the same way
(`web.by_hand`), the others Flask's, in the same rounds.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Flask, Response
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Request

from idp.routes import authorize, sign_in, token, token_status, userinfo
from ledger.clock import uuid7
from ledger.ledger import Ledger
from ledger.rounds import Aside, NotInCompany, Outcome, sit
from web import logs, metrics
from web.asked import asked
from web.bridge import called, environ_of, octets
from web.by_hand import answered
from web.headers import HSTS, LOCAL, of_programs
from web.heads import Head
from web.loop_serving import Asked, Leaving

VIEWS: Mapping[tuple[str, str], Callable[[], Response]] = {
    ("POST", "/token"): token.token,
    ("POST", "/introspect"): token_status.read_token,
    ("GET", "/userinfo"): userinfo.read_userinfo,
    ("POST", "/userinfo"): userinfo.read_userinfo,
}
PAGES: Mapping[tuple[str, str], Callable[[], Response]] = {
    ("GET", "/authorize"): authorize.authorize,
    ("POST", "/sign-in"): sign_in.sign_in,
}
"""Whatever its query is."""
OTHERS = frozenset({
    ("GET", "/sign-in"), ("GET", "/sign-in/code"), ("POST", "/sign-in/code"), ("GET", "/consent"),
    ("POST", "/consent"), ("GET", "/continue"), ("POST", "/par"),
})  # fmt: skip
"""What a login asks besides: Flask's own way, among others."""
_FETCHED = re.compile("request=|request_uri=http", re.IGNORECASE)
"""What might make us fetch something: alone from the start, or it would be counted twice against its address."""
FOR_ALL = frozenset({"/.well-known/openid-configuration", "/jwks"})
_FORM = "application/x-www-form-urlencoded"


class MachineDoor:
    """What is answered by the short way, and what in company."""

    def __init__(self, app: Flask, ledger: Ledger) -> None:
        self._app, self._ledger = app, ledger

    def takes(self, method: str, target: str) -> bool:
        """A view of VIEWS, or what is the same for all; only by its plain path."""
        return (method, target) in VIEWS or (method == "GET" and target in FOR_ALL)

    def shares(self, method: str, target: str) -> bool:
        """A page of a login."""
        path, _, query = target.partition("?")
        return ((method, path) in PAGES or (method, path) in OTHERS) and _FETCHED.search(query) is None

    def is_for_all(self, target: str) -> bool:
        """Discovery and the keys."""
        return target in FOR_ALL

    def gave_again(self, target: str, status: int, number: int) -> None:
        """So many more are in the figures."""
        metrics.counted(self._app, "GET", target, status, number)

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        """The answers to all of them, over one snapshot and by one commit; None for whom Flask's own way is the one."""
        pieces = [one if isinstance(one, _Piece) else self._piece(cast("Asked", one)) for one in requests]
        sit(pieces)
        return self._written(pieces)

    def _piece(self, asked_: Asked) -> "_Piece":
        head, body, address = asked_
        number, path = uuid7(self._ledger.clock.now(), self._ledger.randomness), head.target.partition("?")[0]
        if self.takes(head.method, head.target):
            environ = environ_of(head, body, "https", "")
            return _Piece(head, path, number, environ, partial(self._answered, environ, body))
        view, kind = PAGES.get((head.method, path)), dict(head.lines).get("content-type")
        if view is None or (head.method == "POST" and kind != _FORM):
            return _Piece(head, path, number, {}, partial(called, self._app, head, body, "https", address))
        environ = environ_of(head, body, "https", address)
        return _Piece(head, path, number, environ, partial(self._shown, view, head, environ, body, number))

    def _shown(
        self, view: Callable[[], Response], head: Head, environ: dict[str, Any], body: bytes, number: str
    ) -> "_Page":
        request = Request(environ)
        vars(request)["form"] = _form(body)  # where Werkzeug keeps it when it has read the stream
        response = answered(self._app, view, request, number)
        headers = response.get_wsgi_headers(environ)
        return _Page(response.status_code, octets(head, response.status, headers, response.get_data()))

    def _answered(self, environ: dict[str, Any], body: bytes) -> Response:
        request, kind = Request(environ), environ.get("CONTENT_TYPE", "")
        is_form = (kind if kind == _FORM else request.mimetype) == _FORM
        if not is_form and (kind or request.method == "POST"):
            raise NotInCompany
        vars(request)["form"] = _form(body if is_form else b"")  # where Werkzeug keeps it when it has read the stream
        with asked(self._app, request):
            return VIEWS[request.method, request.path]()

    def _written(self, pieces: Sequence["_Piece"]) -> list[bytes | Leaving | None]:
        now, lines, written = self._ledger.clock.now(), list[str](), list[bytes | Leaving | None]()
        told: dict[tuple[str, str, int], list[float]] = {}
        for piece in pieces:
            response = piece if piece.outcome is None else self._response(piece.environ, piece.outcome)
            if isinstance(response, Response):
                response = _Page(response.status_code, _octets(piece.head, response, piece.number))
            if isinstance(response, _Page):
                head, took = piece.head, perf_counter() - piece.began
                lines.append(logs.request_line(now, piece.number, head.method, piece.path, response.status, took))
                told.setdefault((head.method, piece.path, response.status), []).append(took)
                response = response.octets
            written.append(response)
        logs.write(lines)
        for (method, route, status), took_each in told.items():
            metrics.answered(self._app, method, route, status, *took_each)
        return written

    def _response(self, environ: dict[str, Any], outcome: "Outcome[_Said]") -> "_Said | None":
        """What came of it, or what Flask says to the fault."""
        if outcome.fault is None or isinstance(outcome.fault, NotInCompany):
            return outcome.value
        with self._app.request_context(environ):
            return self._app.make_response(self._app.handle_user_exception(outcome.fault))


@dataclass(frozen=True)
class _Page:
    """What is sent, of which neither log nor figures know yet."""

    status: int
    octets: bytes


_Said = Response | _Page | bytes


@dataclass
class _Piece:
    """A request in a round, or between two."""

    head: Head
    path: str
    number: str
    environ: dict[str, Any]
    work: Callable[[], _Said] | Aside
    outcome: Outcome[_Said] | None = None
    began: float = field(default_factory=perf_counter)

    def run(self) -> None:
        """Reckons what it left its round for."""
        cast("Aside", self.work).run()


def _form(body: bytes) -> ImmutableMultiDict[str, str]:
    """The parameters as Werkzeug reads them: what is not UTF-8 has none."""
    try:
        return ImmutableMultiDict(parse_qsl(body.decode(), keep_blank_values=True, errors="werkzeug.url_quote"))
    except ValueError:
        return ImmutableMultiDict()


def _octets(head: Head, response: Response, number: str) -> bytes:
    body, strict = response.get_data(), _host(head) not in LOCAL
    start = _start(response.status, tuple(response.headers), strict=strict)
    return f"{start}X-Request-Id: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


@lru_cache(256)
def _start(status: str, headers: Sequence[tuple[str, str]], *, strict: bool) -> str:
    """What the head of an answer begins with: most to programs have the very same."""
    there = frozenset([name.lower() for name, _ in headers])
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers if name != "Content-Length"])
    return f"HTTP/1.1 {status}\r\n{lines}{of_programs(there)}{HSTS if strict else ''}"


def _host(head: Head) -> str:
    named = next((value for name, value in head.lines if name == "host"), "")
    return named if named.startswith("[") else named.partition(":")[0]
