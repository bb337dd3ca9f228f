"""Questions known by their beginning: what has the shape of one that was parsed before need not be parsed.

Two requests about one issuer differ in the serial number and the nonce alone. A shape is learned only from a request
that is, octet for octet, what we would write for the question that the parser read in it; so whatever has the same
beginning, the same length and the same octets between serial number and nonce asks the same of another number.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ocsp.store import Authority
from ocsp.table import SERIAL, key_of
from pki.ocsp import CertId, nonce_of_request, plain_request

_MOST = 4096
"""Shapes at most: a stranger who thinks up lengths costs no more memory than this, and then all are learned anew."""


class Question(NamedTuple):
    """One certificate asked about: its CertID, its key in the tables (None if we cannot have issued it)."""

    authority: Authority
    digest: str
    certificate: bytes
    key: bytes | None
    nonce: bytes | None


class _Shape(NamedTuple):
    authority: Authority
    digest: str
    certificate_at: int
    serial_end: int
    tail: bytes
    nonce_at: int


class Recognition:
    """The shapes that were learned."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, _Shape] = {}
        self._ends: dict[int, Sequence[int]] = {}
        """By a request's length: where the beginnings of its shapes may end."""

    def find(self, request: bytes) -> Question | None:
        """What is asked, if its shape is known; None says nothing about the request."""
        for end in self._ends.get(len(request), ()):
            shape = self._shapes.get(request[:end])
            if shape is None or request[shape.serial_end : shape.nonce_at] != shape.tail:
                continue
            first = request[end]
            # Not in its shortest form, or negative: the parser shall say so.
            if first >= 0x80 or (first == 0 and (shape.serial_end == end + 1 or request[end + 1] < 0x80)):
                return None
            return Question(
                shape.authority,
                shape.digest,
                request[shape.certificate_at : shape.serial_end],
                request[end : shape.serial_end].rjust(SERIAL, b"\0"),
                request[shape.nonce_at :] or None,
            )
        return None

    def learn(self, request: bytes, certificate: CertId, nonce: bytes | None, authority: Authority) -> Question:
        """What is asked, as the parser read it; its shape is known from now on, if it is plain."""
        key = key_of(certificate.serial_number)
        if key is not None and plain_request(certificate, nonce) == request:
            self._learn(request, certificate, nonce, authority)
        return Question(authority, str(certificate.digest), certificate.der, key, nonce)

    def _learn(self, request: bytes, certificate: CertId, nonce: bytes | None, authority: Authority) -> None:
        length = max(1, (certificate.serial_number.bit_length() + 8) // 8)
        certificate_at = len(request) - len(nonce_of_request(nonce)) - len(certificate.der)
        serial_end = certificate_at + len(certificate.der)
        end, nonce_at = serial_end - length, len(request) - len(nonce or b"")
        tail = request[serial_end:nonce_at]
        if len(self._shapes) >= _MOST:
            self._shapes, self._ends = {}, {}
        shape = _Shape(authority, str(certificate.digest), certificate_at, serial_end, tail, nonce_at)
        self._shapes[request[:end]] = shape
        known = self._ends.get(len(request), ())
        if end not in known:
            self._ends[len(request)] = (*known, end)
