"""The endpoints that programs call most, answered in rounds without Flask's way to a route (`web.loop_serving`).

The views are the very same; what Flask's hooks do around them is done here: the number of the request, its headers, its
line in the log, its figures, and the answer to a fault.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter

from flask import Flask, Response
from werkzeug.wrappers import Request

from idp.routes import token, token_status, userinfo
from ledger.clock import uuid7
from ledger.ledger import Ledger
from ledger.rounds import Outcome, in_rounds
from web import logs, metrics
from web.asked import asked
from web.bridge import environ_of
from web.headers import HSTS, LOCAL, of_programs
from web.heads import Head

VIEWS: Mapping[tuple[str, str], Callable[[], Response]] = {
    ("POST", "/token"): token.token,
    ("POST", "/introspect"): token_status.read_token,
    ("GET", "/userinfo"): userinfo.read_userinfo,
    ("POST", "/userinfo"): userinfo.read_userinfo,
}
FOR_ALL = frozenset({"/.well-known/openid-configuration", "/jwks"})
_FORM = "application/x-www-form-urlencoded"


class MachineDoor:
    """What is answered by the short way."""

    def __init__(self, app: Flask, ledger: Ledger) -> None:
        self._app, self._ledger = app, ledger

    def takes(self, method: str, target: str) -> bool:
        """A view of VIEWS, or what is the same for all; only by its plain path."""
        return (method, target) in VIEWS or (method == "GET" and target in FOR_ALL)

    def is_for_all(self, target: str) -> bool:
        """Discovery and the keys."""
        return target in FOR_ALL

    def gave_again(self, target: str, number: int) -> None:
        """So many more are in the figures."""
        metrics.counted(self._app, "GET", target, 200, number)

    def round(self, requests: Sequence[tuple[Head, bytes]]) -> list[bytes]:
        """The answers to all of them, over one snapshot and by one commit."""
        began = perf_counter()
        environs = [environ_of(head, body, "https", "") for head, body in requests]
        outcomes = in_rounds([partial(self._answered, environ) for environ in environs])
        responses = [
            outcome.value if outcome.value is not None else self._failed(environ, outcome)
            for environ, outcome in zip(environs, outcomes, strict=True)
        ]
        return self._written(requests, responses, perf_counter() - began)

    def _answered(self, environ: dict[str, object]) -> Response:
        request = Request(environ)
        if request.method == "POST" and request.mimetype != _FORM:
            raise _Elsewhere
        with asked(self._app, request):
            return VIEWS[request.method, request.path]()

    def _failed(self, environ: dict[str, object], outcome: Outcome[Response]) -> Response:
        """What Flask says to the fault; or to the whole request, if nothing was done about it yet."""
        with self._app.request_context(environ):
            if isinstance(outcome.fault, _Elsewhere):
                return self._app.full_dispatch_request()
            assert outcome.fault is not None
            return self._app.make_response(self._app.handle_user_exception(outcome.fault))

    def _written(
        self, requests: Sequence[tuple[Head, bytes]], responses: Sequence[Response], took: float
    ) -> list[bytes]:
        now, lines, written = self._ledger.clock.now(), [], []
        for (head, _), response in zip(requests, responses, strict=True):
            number = uuid7(now, self._ledger.randomness)
            lines.append(logs.request_line(now, number, head.method, head.target, response.status_code, took))
            metrics.answered(self._app, head.method, head.target, response.status_code, took)
            written.append(_octets(head, response, number))
        logs.write(lines)
        return written


class _Elsewhere(Exception):
    """Not a form: Flask's own way is the one for it."""


def _octets(head: Head, response: Response, number: str) -> bytes:
    body = response.get_data()
    strict = HSTS if _host(head) not in LOCAL else ""
    lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items() if name != "Content-Length")
    start = f"HTTP/1.1 {response.status}\r\n{lines}{of_programs(response)}{strict}"
    return f"{start}X-Request-Id: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _host(head: Head) -> str:
    named = next((value for name, value in head.lines if name == "host"), "")
    return named if named.startswith("[") else named.partition(":")[0]
