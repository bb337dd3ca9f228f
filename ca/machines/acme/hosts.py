"""Asking a host for its answer to a challenge, where a client says it is: guarded, since the host is a stranger's.

Only addresses that we may reach are connected to, at the port that the challenge has; what comes back is limited by
size and by time, and nothing but it goes into a judgement.
"""

import http.client
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from time import monotonic
from urllib.parse import urljoin, urlsplit

from ca.machines.acme.zones import LookupFailed, Zones
from web.settings import Network

MOST_OCTETS = 64 * 1024
MOST_REDIRECTS = 5
MOST_ADDRESSES = 3
SECONDS = 10.0
"""For one try in all: names, connections, redirections and CAA."""
CONNECT_SECONDS = 4.0
_LAST_FOUR = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Of which the last four octets are an address of IPv4, or may be."""
_ALPN = "acme-tls/1"
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Place:
    """Where names are looked up, and which port is really asked for which: other ones in practice."""

    zones: Zones
    addresses: tuple[str, ...] = ()
    """Fixed for every name; empty: as the DNS says."""
    ports: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What a host sent, and the addresses that were asked for it."""

    octets: bytes
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Hosts:
    """Reaches `allow`ed networks only, and in production none but public addresses."""

    allow: Sequence[Network]
    practice: bool

    def http(self, place: Place, host: str, path: str, deadline: float) -> Seen:
        """What the host serves at this path by http-01 (RFC 8555 clause 8.3). Raises LookupFailed."""
        url = f"http://{host}{path}"
        asked: list[str] = []
        for _ in range(MOST_REDIRECTS + 1):
            scheme, name, port = _judged(url)
            with (
                self._connected(place, name, port, asked, deadline) as plain,
                _cut_at(plain, deadline),
                closing(plain if scheme == "http" else _wrapped(plain, name, None)) as connection,
            ):
                status, location, body = _get(connection, name, url)
            if status not in _REDIRECTS or location is None:
                break
            url = _joined(url, location)
        if status != 200:
            raise LookupFailed("acme.seen-nothing")
        return Seen(body, tuple(asked))

    def certificate(self, place: Place, host: str, deadline: float) -> Seen:
        """The certificate (DER) that the host shows by tls-alpn-01 (RFC 8737 clause 3). Raises LookupFailed."""
        asked: list[str] = []
        with (
            self._connected(place, host, 443, asked, deadline) as plain,
            _cut_at(plain, deadline),
            closing(_wrapped(plain, host, _ALPN)) as tls,
        ):
            shown, spoken = tls.getpeercert(binary_form=True), tls.selected_alpn_protocol()
        if spoken != _ALPN or shown is None:
            raise LookupFailed("acme.seen-nothing")
        return Seen(shown, tuple(asked))

    def _connected(self, place: Place, host: str, port: int, asked: list[str], deadline: float) -> socket.socket:
        addresses = place.addresses or place.zones.addresses(host, deadline)
        reachable = [one for one in addresses if self._may_reach(one)][:MOST_ADDRESSES]
        for address in reachable:
            left = min(CONNECT_SECONDS, deadline - monotonic())
            if left <= 0:
                break
            asked.append(address)
            try:
                return socket.create_connection((address, place.ports.get(port, port)), left)
            except OSError:
                continue
        raise LookupFailed("acme.seen-connection")

    def _may_reach(self, text: str) -> bool:
        """Also by the address of IPv4 that one of IPv6 stands for, since that is where a gateway takes it."""
        address = ip_address(text)
        meant = [address] if isinstance(address, IPv4Address) else _meant(address)
        return all(self._allowed(one) for one in meant)

    def _allowed(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.allow) and (self.practice or address.is_global)


def _meant(address: IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address and what it stands for: RFC 4291 clause 2.5.5, RFC 3056, RFC 4380, RFC 6052, RFC 8215."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.is_loopback:
        return [address]
    within = [address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _LAST_FOUR):
        within.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in within if one is not None)]


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise LookupFailed("acme.seen-connection") from None


def _judged(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that may be asked: plain or TLS, at its own port alone."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise LookupFailed("acme.seen-connection") from None
    usual = _PORTS.get(parts.scheme)
    if usual is None or not parts.hostname or port not in (None, usual) or parts.username is not None:
        raise LookupFailed("acme.seen-connection")
    return parts.scheme, parts.hostname, usual


def _wrapped(plain: socket.socket, host: str, protocol: str | None) -> ssl.SSLSocket:
    """TLS without a look at the certificate: it is what is being asked for (RFC 8555 clause 8.3, RFC 8737)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocol is not None:
        context.set_alpn_protocols([protocol])
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except (ssl.SSLError, ValueError):
        raise LookupFailed("acme.seen-tls") from None
    except OSError:
        raise LookupFailed("acme.seen-connection") from None


@contextmanager
def _cut_at(plain: socket.socket, deadline: float) -> Iterator[None]:
    """Within the block the connection is shut when its time is over, however slowly its other end goes on."""
    # A second descriptor: TLS replaces the first.
    with socket.socket(fileno=os.dup(plain.fileno())) as twin:
        timer = Timer(max(0.1, deadline - monotonic()), _shut, [twin])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut(twin: socket.socket) -> None:
    with suppress(OSError):
        twin.shutdown(socket.SHUT_RDWR)


def _get(plain: socket.socket, host: str, url: str) -> tuple[int, str | None, bytes]:
    """Status, `Location` and body of one GET. Raises LookupFailed when it is too much or breaks off."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = http.client.HTTPConnection(host)
        connection.sock = plain
        connection.request("GET", path, headers={"Accept": "*/*", "User-Agent": "laotrust-validate"})
        response = connection.getresponse()
        return response.status, response.getheader("Location"), _body(response)
    except (OSError, http.client.HTTPException, ValueError):
        raise LookupFailed("acme.seen-connection") from None


def _body(response: http.client.HTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read1(8192):
        body += chunk
        if len(body) > MOST_OCTETS:
            raise LookupFailed("acme.seen-wrong")
    return bytes(body)
