"""A WSGI application called for one request that the fast worker has read (PEP 3333): health, metrics, 404s."""

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from web import logs
from web.heads import Head

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def called(
    application: "WSGIApplication", head: Head, body: bytes, scheme: str = "http", address: str = ""
) -> bytes:
    """The octets of the response; never raises. `address` is the one that the request came from."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        started[:] = [status, headers]
        return None

    try:
        parts = application(environ_of(head, body, scheme, address), start_response)
        content = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on
        logs.failure("the application behind the door failed", error)
        return _FAILED
    status, headers = started
    return octets(head, status, headers, content)


def octets(head: Head, status: str, headers: Iterable[tuple[str, str]], content: bytes) -> bytes:
    """The response as it is sent."""
    lines = [f"{name}: {value}" for name, value in headers if name.lower() not in {"connection", "content-length"}]
    lines += [f"Content-Length: {len(content)}", f"Connection: {'keep-alive' if head.keep_alive else 'close'}"]
    sent = b"" if head.method == "HEAD" else content
    return _joined([f"HTTP/1.1 {status}", *lines, ""]) + sent


def _joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def environ_of(head: Head, body: bytes, scheme: str, address: str) -> dict[str, Any]:
    """The request as PEP 3333 has it; a body that came in chunks has its length now."""
    path, _, query = head.target.partition("?")
    environ = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": head.target,
        "REMOTE_ADDR": address,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1" if head.modern else "HTTP/1.0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in head.lines:
        if "_" in name:
            continue  # it would read as another, which whoever stands before us may have checked
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        # What came twice stays twice (RFC 9110 clause 5.3): of two proofs of possession none is chosen for the asker.
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if head.length < 0:
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ
