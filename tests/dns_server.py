"""A small DNS server on loopback for tests: it answers from a table, and says NXDOMAIN for every other name."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from dns.flags import AA, RA
from dns.message import Message, from_wire, make_response
from dns.rcode import NXDOMAIN, SERVFAIL
from dns.rdatatype import to_text
from dns.rrset import from_text


@dataclass
class DnsServer:
    """Records by (name, kind), as a zone file has them; a name in `broken` gets SERVFAIL."""

    port: int
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    folder: Path | None = None
    """Where programs of others put TXT records: a file is named for its name and holds the text."""
    _lock: Lock = field(default_factory=Lock)

    def add(self, name: str, kind: str, value: str) -> None:
        with self._lock:
            self.records.setdefault((name.rstrip("."), kind), []).append(value)

    def clear(self) -> None:
        with self._lock:
            self.records.clear()

    def answer(self, query: Message) -> Message:
        response = make_response(query)
        response.flags |= AA | RA
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), to_text(question.rdtype)
        with self._lock:
            values = list(self.records.get((name, kind), ()))
            known = any(name == there for there, _ in self.records)
        if self.folder and kind == "TXT" and (self.folder / name).exists():
            values.append(f'"{(self.folder / name).read_text().strip()}"')
        if values:
            response.answer.append(from_text(question.name, 5, "IN", kind, *values))
        elif name in self.broken:
            response.set_rcode(SERVFAIL)
        elif not known:
            response.set_rcode(NXDOMAIN)
        return response


@contextmanager
def dns_server(port: int = 0, folder: Path | None = None) -> Iterator[DnsServer]:
    """A running server, at a port of the system's choosing unless one is given."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", port))
        server = DnsServer(listening.getsockname()[1], folder=folder)
        thread = Thread(target=_serve, args=(server, listening))
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"end", ("127.0.0.1", server.port))
            thread.join()


def _serve(server: DnsServer, listening: socket.socket) -> None:
    while True:
        octets, peer = listening.recvfrom(4096)
        if octets == b"end":
            return
        if len(octets) >= 12 and octets[4:6] != b"\0\0":
            listening.sendto(server.answer(from_wire(octets)).to_wire(), peer)
