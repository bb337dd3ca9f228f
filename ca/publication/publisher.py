"""When CRLs are made: on a change, at most once a list and second, and daily, each list at a moment of its own.

Only the signing room does it, in its turns, never in a request. What changed is told by the ledger's own entries,
so that a look costs the same with a million certificates as with none.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, select

from ca.configuration import Configuration
from ca.governance.provenance import verified
from ca.issuance.composition import IssuingKey
from ca.publication.crl import Newest, Part, newest_of, parts_of, publish_parts
from ca.publication.entries import Entries
from ca.tables.publication import Crl
from ledger.base import Fact
from ledger.certificates import Hold, HoldRelease, Intent, Revocation
from ledger.entry import Entry
from ledger.event import Actor
from ledger.follow import Follower, Start, keys_named
from ledger.ledger import Ledger, Taken
from pki.issuer import shard_of
from pki.signing import require_at_hand
from signers import KeyUnusable

_SPREAD = 4
"""Lists that are as old as each other are renewed over a quarter of the time between two."""
_AT_ONCE = 500
"""Rows asked for in one statement."""
_ABOUT: dict[type[Fact], Select[str, int]] = {
    Revocation: select(Intent.issuer_id, Intent.dense_number),
    Hold: select(Intent.issuer_id, Intent.dense_number).join(Hold, Hold.certificate_id == Intent.id),
    HoldRelease: select(Intent.issuer_id, Intent.dense_number)
    .join(Hold, Hold.certificate_id == Intent.id)
    .join(HoldRelease, HoldRelease.hold_id == Hold.id),
}
_KEYS = {Revocation: Intent.id, Hold: Hold.id, HoldRelease: HoldRelease.hold_id}
"""By kind of fact: the issuers and dense numbers that its facts are about, and where the facts' keys are."""
_LISTS = select(Crl.issuer_id, Crl.shard, Crl.base_number, Crl.number, Crl.this_update, Crl.changes)


@lru_cache(maxsize=4096)
def renewed_by(issuer_id: str, part: Part, last: datetime, every: timedelta) -> datetime:
    """When a list of that `thisUpdate` is renewed, changes or not: `every` later at most, and not all at once.

    It follows from issuer, shard and day, so a room that is started again waits for the same moment.
    """
    seed = sha256(f"{issuer_id}/{part.shard}/{part.delta}/{last.date()}".encode()).digest()
    return last + every - every / _SPREAD * (int.from_bytes(seed[:4], "big") / (1 << 32))


@dataclass
class _Known:
    """One issuer's lists as far as this room knows; `stale` may lack a change, all others have every one."""

    entries: Entries
    newest: dict[Part, Newest | None] = field(default_factory=dict)
    stale: set[Part] = field(default_factory=set)

    def changed(self, dense: int, shard: int | None) -> None:
        self.entries.changed(dense)
        self.stale.update(Part(number, delta) for number in {None, shard} for delta in (False, True))

    def published(self, crl: Any) -> None:
        """Takes a new list in, whoever made it."""
        part = Part(crl.shard, crl.base_number is not None)
        last = self.newest.get(part)
        if last is None or last.number < crl.number:
            self.newest[part] = Newest(crl.number, crl.this_update, crl.changes)

    def newer(self, part: Part) -> datetime | None:
        """When anything was last published for the part's shard, complete or delta."""
        both = (self.newest.get(Part(part.shard, delta)) for delta in (False, True))
        return max((one.this_update for one in both if one is not None), default=None)


@dataclass
class Publisher:
    """Keeps the CRLs of these issuers. Not for several threads at a time.

    It forgets all that it knows when anything fails but a key, and then compares every list with the facts at the next
    call: nothing is lost by a crash at whatever moment.
    """

    ledger: Ledger
    issuing: Sequence[IssuingKey]
    actor: Actor
    waiting: bool = False
    """Whether a change is left for the next second (one list a part and second)."""
    _state: tuple[Follower, dict[str, _Known]] | None = None

    def publish_due(self) -> list[Crl]:
        """Every list that is due is signed and in the ledger; returns the new ones.

        Raises what the ledger raises, and KeyUnusable when all others have theirs.
        """
        state, self._state, self.waiting = self._state, None, False
        with self.ledger.read() as session:
            configuration = verified(session)
        follower, known = state or self._begun(configuration)
        self._catch_up(follower.look(), known)
        made, away = list[Crl](), None
        try:
            for key in self.issuing:
                try:
                    made += self._published(key, known[key.id], configuration)
                except KeyUnusable as fault:
                    away = fault
        except Taken:  # Another room publishes too: what it left is seen at the next turn.
            self.waiting = True
            return []
        self._state = follower, known
        if away is not None:  # Its lists stay stale: they are looked at again, and no others.
            raise away
        return made

    def _begun(self, configuration: Configuration) -> tuple[Follower, dict[str, _Known]]:
        """What is there; any list may lack a change. The follower is made first, so that nothing is missed."""
        follower, known = Follower(self.ledger, Start.NOW), {}
        with self.ledger.read() as session:
            for key in self.issuing:
                parts = parts_of(key, configuration)
                known[key.id] = _Known(
                    Entries(key.id), {part: newest_of(session, key.id, part) for part in parts}, set(parts)
                )
        return follower, known

    def _catch_up(self, entries: Sequence[Entry], known: dict[str, _Known]) -> None:
        if not entries:
            return
        shards = {key.id: key.view.crl_shards for key in self.issuing}
        with self.ledger.read() as session:
            for kind, statement in _ABOUT.items():
                for few in _batches(entries, kind):
                    for issuer_id, dense in session.execute(statement.where(_KEYS[kind].in_(few))):
                        if issuer_id in known:
                            known[issuer_id].changed(dense, shard_of(dense, shards[issuer_id]))
            for few in _batches(entries, Crl):
                for crl in session.execute(_LISTS.where(Crl.id.in_(few))):
                    if crl.issuer_id in known:
                        known[crl.issuer_id].published(crl)

    def _published(self, key: IssuingKey, known: _Known, configuration: Configuration) -> list[Crl]:
        now = self.ledger.clock.now()
        due = dict(self._due(key, known, configuration, now))
        if not due:
            return []
        require_at_hand(key.signer)  # else nothing need be read
        if None in due.values():  # What is renewed is made from the facts and not from memory, once a day at least.
            known.entries.forget()
        life = timedelta(hours=configuration.crl_life_hours)
        made = publish_parts(self.ledger, key, due, self.actor, life, known.entries, configuration)
        for crl in made:
            known.published(crl)
        known.stale -= due.keys()
        return made

    def _due(
        self, key: IssuingKey, known: _Known, configuration: Configuration, now: datetime
    ) -> Iterator[tuple[Part, Newest | None]]:
        """Parts to be made, with their newest list where only a change is a reason to make another."""
        every, second = timedelta(hours=configuration.crl_every_hours), now.replace(microsecond=0)
        complete: set[int | None] = set()
        for part in parts_of(key, configuration):
            last = known.newest.get(part)
            renewed = last is None or now >= renewed_by(key.id, part, last.this_update, every)
            if not renewed and not (part in known.stale and self._ripe(part, known, configuration, now)):
                continue
            newer = known.newer(part)
            if part.shard in complete or (newer is not None and newer >= second):
                self.waiting = True  # A delta and a complete list of one second would have to be one number.
                continue
            if not part.delta:
                complete.add(part.shard)
            yield part, None if renewed else last

    def _ripe(self, part: Part, known: _Known, configuration: Configuration, now: datetime) -> bool:
        """Whether a change alone makes the part due; beside deltas a complete list may wait."""
        last = known.newest.get(part)
        patience = timedelta(minutes=configuration.crl_base_minutes)
        return part.delta or not configuration.crl_delta or last is None or now >= last.this_update + patience


def publish_due(ledger: Ledger, issuing: Iterable[IssuingKey], actor: Actor) -> list[Crl]:
    """Every list of these issuers that lacks a change, or whose time has come, is new. Returns the new ones."""
    return Publisher(ledger, tuple(issuing), actor).publish_due()


def _batches(entries: Sequence[Entry], kind: type[Fact]) -> Iterator[list[str]]:
    """The keys of the facts of this kind that the entries name."""
    keys = keys_named(entries, kind)
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
