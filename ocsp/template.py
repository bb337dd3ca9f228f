"""Answers spliced: of one second, all that differs between two good answers with a nonce are four runs of octets.

The template is made by the very function that writes any other answer (`pki.ocsp.response_data`), with marks where
CertID, certificate hash and nonce go; it is split at the marks. Lengths are part of its name, so they always fit.
"""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from ocsp.keys import signs_at_once
from ocsp.recognition import Question
from ocsp.reply import Reply, caching, tagged
from ocsp.store import Authority
from ocsp.table import DIGEST
from pki.ocsp import CertId, Responder, SingleAnswer, opening, response_data, signature_opening
from pki.status import Good

_MOST = 512


class Name(NamedTuple):
    """What decides the octets of a template, within its second: whose certificates, two lengths, and who signs.

    Who signs is the same until something changes: it stands for that how many changes there had been.
    """

    authority: Authority
    certificate: int
    nonce: int
    changes: int = 0


Parts = tuple[bytes, bytes, bytes, bytes]
"""What stands before the CertID, the certificate's hash and the nonce, and behind it."""


class Template:
    """Good answers that `responder` signs from `since` to before `until` (since 1970), within one second."""

    def __init__(self, parts: Parts, responder: Responder, since: int, until: float, dates: bytes) -> None:
        """`parts` are of the octets to be signed, `responder` is who signs them; `dates` is from `caching`."""
        self.since, self.until, self._dates = since, until, dates
        self._first, self._second, self._third, self._last = parts
        self._algorithm, self._certificates = responder.algorithm, responder.certificates
        self.waits = not signs_at_once(responder.signer)
        """Whether its key is in a token, or slow."""
        self._sign = responder.signer.sign
        self._around: dict[int, tuple[bytes, bytes, bytes]] = {}
        """By the signature's length: header lines up to the tag, and what stands before all that is signed, and it."""

    def reply(self, asked: Question, nonce: bytes, record: bytes) -> Reply:
        """The certificate asked about is good; `record` (see `ocsp.table`) has its hash."""
        parts = self._first, asked.certificate, self._second, record[:DIGEST], self._third, nonce, self._last
        tbs = b"".join(parts)
        signature = self._sign(tbs)
        length = len(signature)
        lines, before, between = self._around.get(length) or self._frame(len(tbs), length)
        body = b"".join((before, tbs, between, signature, self._certificates))
        return Reply(body, "good", lines + sha256(body).hexdigest().encode() + self._dates, asked.digest)

    def _frame(self, tbs: int, signature: int) -> tuple[bytes, bytes, bytes]:
        between = self._algorithm + signature_opening(signature)
        content = tbs + len(between) + signature + len(self._certificates)
        before = opening(content)
        made = self._around[signature] = tagged(len(before) + content), before, between
        return made


class Templates:
    """The newest template of each name."""

    def __init__(self) -> None:
        self._made: dict[Name, Template] = {}

    def find(self, name: Name, now: float) -> Template | None:
        """The template of this name, if it holds at `now` (since 1970)."""
        made = self._made.get(name)
        return made if made is not None and made.since <= now < made.until else None

    def make(self, name: Name, responder: Responder, now: datetime, next_update: datetime, until: datetime) -> Template:
        """The template for what `responder` signs from `now` on, till that second or `until` is over."""
        marks = (_mark(0xA1, name.certificate), _mark(0xA2, 32), _mark(0xA3, name.nonce))
        answer = SingleAnswer(CertId(marks[0], "sha1", b"", b"", 0), Good(marks[1].hex()), name.authority.since)
        rest = response_data([answer], responder.by_key, marks[2], now, next_update)
        parts = []
        for mark in marks:
            before, _, rest = rest.partition(mark)
            parts.append(before)
        second = int(now.timestamp())
        dates, ends = caching(second, int(next_update.timestamp())), min(second + 1, until.timestamp())
        made = Template((parts[0], parts[1], parts[2], rest), responder, second, ends, dates)
        if len(self._made) >= _MOST:
            self._made.clear()
        self._made[name] = made
        return made


def _mark(octet: int, length: int) -> bytes:
    """Octets to be found again; the zero at their head keeps a length of the same octet before them apart."""
    return b"\x00" + bytes((octet,)) * (length - 1)
