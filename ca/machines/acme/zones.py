"""Names looked up in the DNS for validation: addresses, TXT and CAA, by the machine's resolvers or a named one.

All that one try looks up has one `deadline`, by the monotonic clock.
"""

import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Any

from dns.exception import DNSException
from dns.name import Name, from_text, root
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from ca.machines.acme.caa import CaaRecord

SECONDS = 5.0
MOST_RECORDS = 100


class LookupFailed(Exception):
    """The look-up brought nothing to judge; `code` is what the client is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Zones:
    """Asks the resolver at this address and port, or the machine's own."""

    nameserver: tuple[str, int] | None = None

    def addresses(self, host: str, deadline: float) -> list[str]:
        """The host's addresses, IPv6 first (RFC 8555 clause 8.3 leaves it to us). Raises LookupFailed."""
        found = [str(one) for kind in ("AAAA", "A") for one in self._records(_name(host), kind, deadline) or ()]
        if not found:
            raise LookupFailed("acme.seen-dns")
        return found

    def texts(self, name: str, deadline: float) -> list[bytes]:
        """The TXT records at the name, each as one. Raises LookupFailed when nobody answers."""
        return [b"".join(record.strings) for record in self._records(_name(name), "TXT", deadline) or ()]

    def caa(self, host: str, deadline: float) -> list[CaaRecord]:
        """The set that counts for the host: the first on the way up (RFC 8659 clause 3). Raises LookupFailed."""
        name = _name(host)
        while name != root:
            if records := self._records(name, "CAA", deadline):
                if len(records) >= MOST_RECORDS:  # what is behind them may forbid
                    raise LookupFailed("acme.seen-dns")
                return [CaaRecord(one.flags, one.tag.decode("latin-1"), one.value.decode("latin-1")) for one in records]
            name = name.parent()
        return []

    def answers(self) -> bool:
        """Whether anybody is at the resolver that was named: in practice nobody need be."""
        if self.nameserver is None:
            return True
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.settimeout(0.2)
            probe.connect(self.nameserver)
            try:
                probe.send(b"\0" * 12)
                probe.recv(512)
            except ConnectionRefusedError:
                return False
            except TimeoutError:
                return True
        return True

    def _records(self, name: Name, kind: str, deadline: float) -> Sequence[Any] | None:
        """The records, or None when there are none. Raises LookupFailed for any other outcome."""
        lifetime = min(SECONDS, deadline - monotonic())
        if lifetime <= 0:
            raise LookupFailed("acme.seen-dns")
        try:
            return list(self._resolver().resolve(name, kind, lifetime=lifetime, search=False))[:MOST_RECORDS]
        except (NXDOMAIN, NoAnswer):
            return None
        except (DNSException, OSError):
            raise LookupFailed("acme.seen-dns") from None

    def _resolver(self) -> Resolver:
        resolver = Resolver(configure=self.nameserver is None)
        if self.nameserver is not None:
            resolver.nameservers, resolver.port = [self.nameserver[0]], self.nameserver[1]
        return resolver


def _name(host: str) -> Name:
    try:
        return from_text(host)
    except (DNSException, UnicodeError):
        raise LookupFailed("acme.seen-dns") from None
