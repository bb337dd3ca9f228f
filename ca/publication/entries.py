"""The entries of an issuer's CRLs, encoded, from the facts; the signing room keeps them from one turn to the next.

A list of a hundred thousand is then made again after one revocation without reading a hundred thousand. Kept is
what the facts say, never what a list said: about 150 octets a certificate that ever ended or paused.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import gt
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from ca.publication.listing import endings, pauses, revoked
from pki.crl import encoded_row

_AT_ONCE = 500
"""Certificates asked for in one statement."""
_MOST_CHANGED = 20_000
"""With more changes than these all is read again: that is faster, and the changes take no more memory."""
_MICROSECONDS = 1_000_000
_Several = TypeVar("_Several", "array[int]", list[bytes])


class Share(NamedTuple):
    """What one list is made of."""

    entries: Sequence[bytes]
    """The DER of each entry that is on it, in the order of serial numbers."""
    changes: int
    """How many facts it is made from. They are only ever added, so an equal number means an unchanged list."""


class _Found(NamedTuple):
    """One certificate's entry, or nothing, and how many facts there are about it."""

    octets: bytes
    facts: int


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
        changed, found = sorted(self._changed or ()), dict[int, _Found]()
        for start in range(0, len(changed), _AT_ONCE):
            found |= self._found(session, changed[start : start + _AT_ONCE])
        self._put(found)
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
        """What is revoked is read in one go; what was ever held counts as changed."""
        dense, octets = array("q"), list[bytes]()
        for rows in revoked(session, self.issuer_id):
            dense.extend([row[0] for row in rows])
            octets += [encoded_row(serial, at // _MICROSECONDS, reason) for _, serial, at, reason in rows]
        if any(map(gt, dense, dense[1:])):  # two certificates were prepared at once
            order = sorted(range(len(dense)), key=dense.__getitem__)
            dense, octets = array("q", [dense[one] for one in order]), [octets[one] for one in order]
        self._dense, self._octets, self._facts = dense, octets, array("q", [1]) * len(dense)
        self._changed = set(pauses(session, self.issuer_id))

    def _found(self, session: Session, among: Sequence[int]) -> dict[int, _Found]:
        """Of each that ended or paused its entry, and how many facts there are about it."""
        paused = pauses(session, self.issuer_id, among)
        found = {dense: _Found(b"", facts) for dense, facts in paused.items()}  # held once, and perhaps nothing now
        for dense, serial, at, reason, ended in endings(session, self.issuer_id, among):
            found[dense] = _Found(encoded_row(serial, at // _MICROSECONDS, reason), ended + paused[dense])
        return found

    def _put(self, found: Mapping[int, _Found]) -> None:
        fresh, places = list[int](), list[int]()
        for dense in sorted(found):
            place = bisect_left(self._dense, dense)
            if place < len(self._dense) and self._dense[place] == dense:
                self._octets[place], self._facts[place] = found[dense]
            else:
                fresh.append(dense)
                places.append(place)
        if fresh:
            self._dense = _with(self._dense, fresh, places)
            self._octets = _with(self._octets, [found[dense].octets for dense in fresh], places)
            self._facts = _with(self._facts, [found[dense].facts for dense in fresh], places)


def _with(old: _Several, fresh: Sequence[Any], places: Sequence[int]) -> _Several:
    """What is fresh put in before these places of the old, which rise; each is moved once, however many are fresh."""
    new, before = old[:0], 0
    for one, place in zip(fresh, places, strict=True):
        new += old[before:place]
        new.append(one)
        before = place
    new += old[before:]
    return new
