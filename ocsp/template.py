"""Answers spliced: of one second, all that differs between two good answers with a nonce are four runs of octets.

The template is made by the very function that writes any other answer (`pki.ocsp.response_data`), with marks where
CertID, certificate hash and nonce go; it is split at the marks. Lengths are part of its name, so they always fit.
"""

from datetime import datetime
from typing import NamedTuple

from pki.ocsp import CertId, SingleAnswer, response_data
from pki.status import Good

_MOST = 512


class Name(NamedTuple):
    """What decides a template: lengths, whose certificate signs, and the second (since 1970) in which it does."""

    certificate: int
    nonce: int
    responder: bytes
    second: int


Parts = tuple[bytes, bytes, bytes, bytes]
"""What stands before the CertID, the certificate's hash and the nonce, and behind it."""


class Templates:
    """Templates of the last few seconds."""

    def __init__(self) -> None:
        self._made: dict[Name, Parts] = {}

    def find(self, name: Name) -> Parts | None:
        """The template of this name; None if it is still to be made."""
        return self._made.get(name)

    def make(self, name: Name, by_key: bytes, since: datetime, produced_at: datetime, next_update: datetime) -> Parts:
        """The template of this name, which is found from now on."""
        if len(self._made) >= _MOST:
            self._made.clear()
        marks = (_mark(0xA1, name.certificate), _mark(0xA2, 32), _mark(0xA3, name.nonce))
        answer = SingleAnswer(CertId(marks[0], "sha1", b"", b"", 0), Good(marks[1].hex()), since)
        rest = response_data([answer], by_key, marks[2], produced_at, next_update)
        parts = []
        for mark in marks:
            before, _, rest = rest.partition(mark)
            parts.append(before)
        made = self._made[name] = (parts[0], parts[1], parts[2], rest)
        return made


def spliced(parts: Parts, certificate: bytes, sha256: bytes, nonce: bytes) -> bytes:
    """The octets to be signed for one certificate (its CertID) that is good."""
    return b"".join((parts[0], certificate, parts[1], sha256, parts[2], nonce, parts[3]))


def _mark(octet: int, length: int) -> bytes:
    """Octets to be found again; the zero at their head keeps a length of the same octet before them apart."""
    return b"\x00" + bytes((octet,)) * (length - 1)
