"""The entries of an issuer's CRLs, encoded, from the facts; the signing room keeps them from one turn to the next.

A list of a hundred thousand is then made again after one revocation without reading a hundred thousand. Kept is
what the facts say, never what a list said: about 150 octets a certificate that ever ended or paused.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from ca.publication.listing import endings, pauses
from pki.crl import encoded_row

_AT_ONCE = 500
"""Certificates asked for in one statement."""
_MOST_CHANGED = 20_000
"""With more changes than these all is read again: that is faster, and the changes take no more memory."""
_MICROSECONDS = 1_000_000


class Share(NamedTuple):
    """What one list is made of."""

    entries: Sequence[bytes]
    """The DER of each entry that is on it, in the order of serial numbers."""
    changes: int
    """How many facts it is made from. They are only ever added, so an equal number means an unchanged list."""


@dataclass
class Entries:
    """One issuer's, as they were when they were last read; not for several threads at a time."""

    issuer_id: str
    _changed: set[int] | None = None
    """Dense numbers about which there is more in the ledger than here; None is all of them."""
    _dense: "array[int]" = field(default_factory=lambda: array("q"))
    _octets: list[bytes] = field(default_factory=list)
    """Of each dense number its entry; nothing if it was held and is not any more."""
    _facts: "array[int]" = field(default_factory=lambda: array("q"))

    def changed(self, dense: int) -> None:
        """Remembers to read this one again."""
        if self._changed is not None:
            self._changed.add(dense)
            if len(self._changed) > _MOST_CHANGED:
                self.forget()

    def forget(self) -> None:
        """Remembers to read all again."""
        self._changed = None

    def read(self, session: Session) -> None:
        """They are what the facts in this session say, about all that it was told to have changed."""
        if self._changed is None:
            self._take_all(session)
        changed = sorted(self._changed or ())
        for start in range(0, len(changed), _AT_ONCE):
            self._take(session, changed[start : start + _AT_ONCE])
        self._changed = set()

    def shares(self, shards: int | None) -> dict[int | None, Share]:
        """What the list of each shard is made of and, at None, the whole one."""
        on: list[list[bytes]] = [[] for _ in range(shards or 1)]
        changes = [0] * len(on)
        for dense, octets, facts in zip(self._dense, self._octets, self._facts, strict=True):
            shard = dense % len(on)
            changes[shard] += facts
            if octets:
                on[shard].append(octets)
        whole = Share(list(filter(None, self._octets)), sum(changes))
        return {None: whole} | {shard: Share(on[shard], changes[shard]) for shard in range(shards or 0)}

    def _take_all(self, session: Session) -> None:
        self._dense, self._octets, self._facts = dense_numbers, octets, facts = array("q"), [], array("q")
        paused = pauses(session, self.issuer_id)
        for dense, serial, at, reason, ended in endings(session, self.issuer_id):  # they come in their order
            dense_numbers.append(dense)
            octets.append(encoded_row(serial, at // _MICROSECONDS, reason))
            facts.append(ended + paused.pop(dense, 0) if paused else ended)
        self._put_off(paused)

    def _take(self, session: Session, among: Sequence[int]) -> None:
        paused = pauses(session, self.issuer_id, among)
        for dense, serial, at, reason, ended in endings(session, self.issuer_id, among):
            self._put(dense, encoded_row(serial, at // _MICROSECONDS, reason), ended + paused.pop(dense, 0))
        self._put_off(paused)

    def _put_off(self, paused: Mapping[int, int]) -> None:
        """These were held once, and are neither now nor revoked."""
        for dense, facts in paused.items():
            self._put(dense, b"", facts)

    def _put(self, dense: int, octets: bytes, facts: int) -> None:
        place = bisect_left(self._dense, dense)
        if place < len(self._dense) and self._dense[place] == dense:
            self._octets[place], self._facts[place] = octets, facts
        else:
            self._dense.insert(place, dense)
            self._octets.insert(place, octets)
            self._facts.insert(place, facts)
