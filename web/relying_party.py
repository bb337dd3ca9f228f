"""Our own fetcher for addresses that others name: logouts, OCSP, key sets.

It reaches only the networks of LAOTRUST_OUTBOUND_ALLOW, judged on the resolved address to which it then connects
(so a name that resolves differently the second time gains nothing), follows no redirect, takes no proxy from the
environment, and gives up by size and by time: whoever sends an octet now and then is cut off all the same.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from typing import Any, Self, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from web.settings import HouseSettings, Network

MOST_OCTETS = 1024 * 1024
MOST_SECONDS = 5.0
_PORTS = {"https": 443, "http": 80}


class OutboundRefused(OSError):
    """The address is not one that we may reach: a setting to correct, or an attack; nothing was sent."""


class OutboundFailed(OSError):
    """Nobody answered, or not as asked, within our limits. Try again later."""


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP's status, the media type without parameters, the body."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Fetcher:
    """Reaches `allow`ed networks only; `ca` is a PEM bundle for TLS (None: the machine's own)."""

    allow: Sequence[Network]
    ca: Path | None = None
    seconds: float = MOST_SECONDS
    octets: int = MOST_OCTETS

    @classmethod
    def of(cls, settings: HouseSettings) -> Self:
        """The fetcher that the settings describe."""
        return cls(settings.outbound_allow, settings.outbound_ca)

    def post(self, url: str, body: bytes, content_type: str, bearer: str | None = None) -> Answer:
        """The answer to a POST, whatever its status. Raises OutboundRefused or OutboundFailed (both OSError).

        `bearer` goes into the header by which the receiver knows us (RFC 6750 clause 2.1).
        """
        shown = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self._ask("POST", url, body, {"Content-Type": content_type, **shown})

    def get(self, url: str) -> Answer:
        """The answer to a GET, whatever its status. Raises OutboundRefused or OutboundFailed (both OSError)."""
        return self._ask("GET", url, None, {})

    def body_of_post(self, url: str, body: bytes, content_type: str) -> bytes:
        """The body of a 200 answer to a POST; any other status is OutboundFailed."""
        answer = self.post(url, body, content_type)
        if answer.status != 200:
            raise OutboundFailed(f"status {answer.status}")
        return answer.body

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        address = self._address(url)
        with requests.Session() as session, _Deadline(self.seconds) as deadline:
            session.trust_env = False
            session.mount("http://", _Pinned(address, deadline))
            session.mount("https://", _Pinned(address, deadline))
            try:
                with session.request(
                    method,
                    url,
                    data=body,
                    headers=headers | {"Host": urlsplit(url).netloc, "Accept-Encoding": "identity"},
                    timeout=self.seconds,
                    allow_redirects=False,
                    stream=True,
                    verify=str(self.ca) if self.ca else True,
                ) as response:
                    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                    return Answer(response.status_code, media_type, self._read(response, deadline))
            except OutboundFailed:
                raise
            except (OSError, HTTPError) as error:
                said = f"more than {self.seconds} seconds" if deadline.is_over else type(error).__name__
                raise OutboundFailed(said) from error

    def _read(self, response: requests.Response, deadline: "_Deadline") -> bytes:
        """The body; what was cut off at the deadline is not taken for a short one."""
        content = bytearray()
        while chunk := response.raw.read1(8192, decode_content=True):
            content += chunk
            if len(content) > self.octets:
                raise OutboundFailed(f"more than {self.octets} octets")
            if deadline.is_over:
                break
        if deadline.is_over:
            raise OutboundFailed(f"more than {self.seconds} seconds")
        return bytes(content)

    def _address(self, url: str) -> str:
        """The address to connect to: the first that the name resolves to, that is allowed."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise OutboundRefused(f"{parts.scheme}://{parts.hostname} is no address to fetch")
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            raise OutboundFailed(f"{parts.hostname} does not resolve") from error
        allowed = [str(answer[4][0]) for answer in found if self._allowed(str(answer[4][0]))]
        if not allowed:
            raise OutboundRefused(f"{parts.hostname} is outside LAOTRUST_OUTBOUND_ALLOW")
        return allowed[0]

    def _allowed(self, text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.allow)


@dataclass
class _Deadline:
    """Cuts off at the end of its time whatever was connected under it: a timeout of a socket begins anew each octet."""

    seconds: float
    _sockets: list[socket.socket] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self._ends = monotonic() + self.seconds
        self._timer = Timer(self.seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return monotonic() >= self._ends

    def watch(self, connected: socket.socket) -> None:
        """The connection has no more time than this. TLS takes the socket over, so a second handle of it is kept."""
        with self._lock:
            self._sockets.append(connected.dup())
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for one in self._sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class _Pinned(HTTPAdapter):
    """Connects to one address, whatever the URL's host says; TLS still names and checks the host."""

    def __init__(self, address: str, deadline: _Deadline) -> None:
        self._pinned, self._deadline = address, deadline
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._deadline)
        return cast("HTTPConnectionPool", pool)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        named: dict[str, Any] = {}
        if host["scheme"] == "https":
            named = {"server_hostname": host["host"], "assert_hostname": host["host"]}
        return {**host, "host": self._pinned}, {**pool, **named}


def _watched(kind: type[HTTPConnection], deadline: _Deadline) -> type[HTTPConnection]:
    """The kind of connection, each of which the deadline knows from before its TLS handshake on."""

    class Watched(kind):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()
            deadline.watch(connected)
            return connected

    return Watched
