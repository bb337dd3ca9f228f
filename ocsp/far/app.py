"""The mirror by WSGI: `LAOTRUST_MIRROR=… LAOTRUST_MIRROR_ROOTS=… gunicorn 'ocsp.far.app:create_app()'`.

No key, no database, no home: a folder that `ocsp-mirror` keeps, and the roots (PEM files, `:` between them).
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wsgi import get_input_stream

from ledger.clock import SystemClock
from ocsp.far.mirror import Mirror
from ocsp.far.shelf import Shelf
from ocsp.routes.status import decoded
from pki.certificate import certificates_from_pem
from pki.ocsp import LONGEST_REQUEST
from web.words import WORDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app() -> "WSGIApplication":
    """The mirror as the environment says. Raises KeyError, FileNotFoundError or PkiError: it does not start wrong."""
    roots = [
        one.der
        for path in os.environ["LAOTRUST_MIRROR_ROOTS"].split(":")
        for one in certificates_from_pem(Path(path).read_bytes())
    ]
    return MirrorDoor(Mirror(Shelf(Path(os.environ["LAOTRUST_MIRROR"])), roots, SystemClock()))


class MirrorDoor:
    """GET /<base64>, HEAD and POST / as OCSP asks; `/healthz`, and `/readyz` with the mirror's age."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request, as WSGI has it."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if path in _PAGES and method in {"GET", "HEAD"}:
            return _told(*_PAGES[path](self.mirror), start_response)
        if method not in {"GET", "HEAD", "POST"} or (method == "POST" and path != "/"):
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD, POST"), ("Content-Length", "0")])
            return [b""]
        reply = self.mirror.respond(_posted(environ) if method == "POST" else _in_path(environ))
        start_response("200 OK", list(reply.headers.items()))
        return [b"" if method == "HEAD" else reply.body]


def _alive(_mirror: Mirror) -> tuple[str, object]:
    return "200 OK", {"alive": True}


def _ready(mirror: Mirror) -> tuple[str, object]:
    fault = mirror.fault()
    lao, english = WORDS["mirror.aged" if fault else "mirror.fresh"]
    age = int(mirror.age().total_seconds())
    told = {"ready": fault is None, "number": mirror.bundle.number, "age_seconds": age, "fault": fault}
    return "503 Service Unavailable" if fault else "200 OK", {**told, "lo": lao, "en": english}


_PAGES: dict[str, Callable[[Mirror], tuple[str, object]]] = {"/healthz": _alive, "/readyz": _ready}


def _told(status: str, told: object, start_response: "StartResponse") -> Iterable[bytes]:
    body = json.dumps(told, ensure_ascii=False).encode()
    length = ("Content-Length", str(len(body)))
    start_response(status, [("Content-Type", "application/json"), length, ("Cache-Control", "no-store")])
    return [body]


def _posted(environ: "WSGIEnvironment") -> bytes:
    """The body, one octet more than the longest request at most: the mirror tells what is too long."""
    return get_input_stream(environ).read(LONGEST_REQUEST + 1)


def _in_path(environ: "WSGIEnvironment") -> bytes:
    """What the address says, read as it was sent: a `%2F` is base64, and so is a bare slash."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    return decoded(str(raw).partition("?")[0].lstrip("/"))
