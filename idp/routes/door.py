"""The endpoints that programs call most, answered in rounds without Flask's way to a route (`web.loop_serving`).

The views are the very same; what Flask's hooks do around them is done here: the number of the request, its headers, its
line in the log, its figures, and the answer to a fault.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl

from flask import Flask, Response
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Request

from idp.routes import token, token_status, userinfo
from ledger.clock import uuid7
from ledger.ledger import Ledger
from ledger.rounds import NotInCompany, Outcome, in_rounds
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

    def gave_again(self, target: str, status: int, number: int) -> None:
        """So many more are in the figures."""
        metrics.counted(self._app, "GET", target, status, number)

    def round(self, requests: Sequence[tuple[Head, bytes]]) -> list[bytes | None]:
        """The answers to all of them, over one snapshot and by one commit; None for whom Flask's own way is the one."""
        began = perf_counter()
        environs = [environ_of(head, body, "https", "") for head, body in requests]
        asking = zip(environs, requests, strict=True)
        outcomes = in_rounds([partial(self._answered, environ, body) for environ, (_, body) in asking])
        responses = [self._response(*pair) for pair in zip(environs, outcomes, strict=True)]
        return self._written(requests, responses, perf_counter() - began)

    def _answered(self, environ: dict[str, object], body: bytes) -> Response:
        request, kind = Request(environ), environ.get("CONTENT_TYPE", "")
        is_form = (kind if kind == _FORM else request.mimetype) == _FORM
        if not is_form and (kind or request.method == "POST"):
            raise NotInCompany
        vars(request)["form"] = _form(body if is_form else b"")  # where Werkzeug keeps it when it has read the stream
        with asked(self._app, request):
            return VIEWS[request.method, request.path]()

    def _response(self, environ: dict[str, object], outcome: Outcome[Response]) -> Response | None:
        """What came of it, or what Flask says to the fault."""
        if outcome.fault is None or isinstance(outcome.fault, NotInCompany):
            return outcome.value
        with self._app.request_context(environ):
            return self._app.make_response(self._app.handle_user_exception(outcome.fault))

    def _written(
        self, requests: Sequence[tuple[Head, bytes]], responses: Sequence[Response | None], took: float
    ) -> list[bytes | None]:
        now, lines, answered = self._ledger.clock.now(), [], Counter[tuple[str, str, int]]()
        written: list[bytes | None] = []
        for (head, _), response in zip(requests, responses, strict=True):
            if response is None:
                written.append(None)
                continue
            number = uuid7(now, self._ledger.randomness)
            lines.append(logs.request_line(now, number, head.method, head.target, response.status_code, took))
            answered[head.method, head.target, response.status_code] += 1
            written.append(_octets(head, response, number))
        logs.write(lines)
        for (method, route, status), several in answered.items():
            metrics.answered(self._app, method, route, status, took, several)
        return written


def _form(body: bytes) -> ImmutableMultiDict[str, str]:
    """The parameters as Werkzeug reads them: what is not UTF-8 has none."""
    try:
        return ImmutableMultiDict(parse_qsl(body.decode(), keep_blank_values=True, errors="werkzeug.url_quote"))
    except ValueError:
        return ImmutableMultiDict()


def _octets(head: Head, response: Response, number: str) -> bytes:
    body = response.get_data()
    strict = HSTS if _host(head) not in LOCAL else ""
    lines = "".join([f"{name}: {value}\r\n" for name, value in response.headers.items() if name != "Content-Length"])
    start = f"HTTP/1.1 {response.status}\r\n{lines}{of_programs(response)}{strict}"
    return f"{start}X-Request-Id: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _host(head: Head) -> str:
    named = next((value for name, value in head.lines if name == "host"), "")
    return named if named.startswith("[") else named.partition(":")[0]
