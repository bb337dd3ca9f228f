"""The certificate whose key the handshake of TLS has proven."""

from typing import Any


def peer_certificate(environ: dict[str, Any]) -> bytes | None:
    """The client's certificate as DER, if it showed one; never one from a header."""
    socket: Any = environ.get("gunicorn.socket")
    return socket.getpeercert(binary_form=True) if hasattr(socket, "getpeercert") else None
