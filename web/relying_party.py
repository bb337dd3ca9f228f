"""Our own fetcher for addresses that others name: logouts, OCSP, key sets.

It reaches only the networks of LAOTRUST_OUTBOUND_ALLOW, judged on the resolved address to which it then connects
(so a name that resolves differently the second time gains nothing), follows no redirect, takes no proxy from the
environment, and gives up by size and by time.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

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

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """The answer to a POST, whatever its status. Raises OutboundRefused or OutboundFailed (both OSError)."""
        return self._ask("POST", url, body, {"Content-Type": content_type})

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
        deadline = monotonic() + self.seconds
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", _Pinned(address))
            session.mount("https://", _Pinned(address))
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
            except requests.RequestException as error:
                raise OutboundFailed(type(error).__name__) from error

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(8192):
            content += chunk
            if len(content) > self.octets:
                raise OutboundFailed(f"more than {self.octets} octets")
            if monotonic() > deadline:
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


class _Pinned(HTTPAdapter):
    """Connects to one address, whatever the URL's host says; TLS still names and checks the host."""

    def __init__(self, address: str) -> None:
        self._pinned = address
        super().__init__(max_retries=0)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        named: dict[str, Any] = {}
        if host["scheme"] == "https":
            named = {"server_hostname": host["host"], "assert_hostname": host["host"]}
        return {**host, "host": self._pinned}, {**pool, **named}
