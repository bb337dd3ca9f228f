"""The mirror: `gunicorn -k ocsp.worker.StatusWorker 'ocsp.far.app:create_app()'`.

No key, no database, no home: `LAOTRUST_MIRROR` is a folder that `ocsp-mirror` keeps, `LAOTRUST_MIRROR_ROOTS` names
the roots (PEM files, `:` between them).
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from ledger.clock import SystemClock
from ocsp.far.mirror import Mirror
from ocsp.far.shelf import Shelf
from ocsp.routes.status import StatusDoor
from pki.certificate import certificates_from_pem
from web.words import WORDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def create_app() -> StatusDoor:
    """The mirror as the environment says. Raises KeyError, FileNotFoundError or PkiError: it does not start wrong."""
    roots = [
        one.der
        for path in os.environ["LAOTRUST_MIRROR_ROOTS"].split(":")
        for one in certificates_from_pem(Path(path).read_bytes())
    ]
    mirror = Mirror(Shelf(Path(os.environ["LAOTRUST_MIRROR"])), roots, SystemClock())
    registry = CollectorRegistry()
    age = Gauge("laotrust_ocsp_mirror_age_seconds", "Seconds since the bundle was made", registry=registry)
    age.set_function(lambda: mirror.age().total_seconds())
    return StatusDoor(mirror, MirrorPages(mirror, registry), _PATHS, registry)


class MirrorPages:
    """`/healthz`, `/readyz` with the mirror's age, and `/metrics`; nothing else but status is here."""

    def __init__(self, mirror: Mirror, registry: CollectorRegistry) -> None:
        self.mirror, self.registry = mirror, registry

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request, as WSGI has it."""
        path = environ.get("PATH_INFO", "/")
        if path not in _PATHS or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD, POST"), ("Content-Length", "0")])
            return [b""]
        if path == "/metrics":
            status, kind, body = "200 OK", CONTENT_TYPE_LATEST, generate_latest(self.registry)
        else:
            status, told = _PAGES[path](self.mirror)
            kind, body = "application/json", json.dumps(told, ensure_ascii=False).encode()
        length = ("Content-Length", str(len(body)))
        start_response(status, [("Content-Type", kind), length, ("Cache-Control", "no-store")])
        return [body]


def _alive(_mirror: Mirror) -> tuple[str, object]:
    return "200 OK", {"alive": True}


def _ready(mirror: Mirror) -> tuple[str, object]:
    fault = mirror.fault()
    lao, english = WORDS["mirror.aged" if fault else "mirror.fresh"]
    age = int(mirror.age().total_seconds())
    told = {"ready": fault is None, "number": mirror.bundle.number, "age_seconds": age, "fault": fault}
    return "503 Service Unavailable" if fault else "200 OK", {**told, "lo": lao, "en": english}


_PAGES: dict[str, Callable[[Mirror], tuple[str, object]]] = {"/healthz": _alive, "/readyz": _ready}
_PATHS = frozenset({*_PAGES, "/metrics"})
