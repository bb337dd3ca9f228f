"""Sealing: committed entries get their place in the log, and the log's new head is signed.

A *ceremony* that must keep this order, whatever happens between two steps:

1. the last checkpoint outside is in the database, else nothing goes on (somebody brought an older state back);
2. each new entry's digest is computed again; a wrong one stops the sealer;
3. leaves, nodes and head are committed (`previous_size` is unique: of two sealers one loses);
4. the head is shown to extend the last signed one, from the leaves as they are in the database now;
5. it is signed; 6. the checkpoint goes outside; 7. its row is committed: `sealed` says yes from here on.

A crash between any two steps is made good by the next call: signing is deterministic, publishing repeatable. So
step 7 does not wait for PostgreSQL's disk.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from ledger.base import Base
from ledger.bell import SEALS, Bell, bell_of, ear_of
from ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from ledger.entry import entry_digest
from ledger.facts import Facts
from ledger.insertion import insert_tables
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.log import Leaf, SignedHead, TreeHead, TreeNode, frontier, node_number, stored
from ledger.merkle import Frontier
from ledger.order import unsealed
from ledger.outside import Outside
from pki.errors import PkiError
from pki.signing import Signer

BATCH = 1000
"""Entries that one head takes in at most."""
LOOK_EVERY = 0.05
"""Seconds between two looks of the loop when no bell rings, so that sealing begins within 100 ms of an entry."""
BREATH = 0.001
"""Seconds between two looks at least: what is committed during one waits for no more."""
SHARE = 1 / 3
"""Of the time that it may seal, so that it does not crowd out the writers …"""
AT_ONCE = 0.2
"""… over so many seconds: what comes after a rest is sealed at once."""
BEAT = timedelta(seconds=0.5)
"""So often something is committed, whatever happens: a replica that hears of no commit cannot know that it has all."""
AFRESH = timedelta(minutes=1)
"""So often the leaves in the database are shown to lead to the last checkpoint, though this process saw them do so."""
_COLUMNS = ("id", "at", "actor", "kind", "request_id", "release", "salt", "body", "facts", "digest")
"""Of an entry: what its digest covers, and the digest."""
_REACH = select(func.coalesce(func.max(SignedHead.size), 0))
_HEADS = Facts(select(select(func.coalesce(func.max(TreeHead.size), 0)).scalar_subquery(), _REACH.scalar_subquery()))
"""The size of the last head, and of the last one that is signed."""
_COVERED_LEAVES = Facts(
    select(func.count())
    .select_from(Leaf)
    .where(Leaf.entry_id.in_(bindparam("ids", expanding=True)), Leaf.number < _REACH.scalar_subquery())
)
_HEADS_BEHIND = Facts(select(TreeHead).where(TreeHead.size > bindparam("size")).order_by(TreeHead.size))
_LEAVES_BEHIND = Facts(
    select(Leaf.digest)
    .where(Leaf.number >= bindparam("size"), Leaf.number < select(func.max(TreeHead.size)).scalar_subquery())
    .order_by(Leaf.number)
)
"""Of the heads behind a size."""
_log = logging.getLogger(__name__)


class SealRefused(Exception):
    """The database is not the one that was sealed before: somebody must look before anything is signed."""


def seal(ledger: Ledger, signer: Signer, outside: Path, now: datetime, *, thorough: bool = True) -> Checkpoint | None:
    """Everything committed before the call is sealed and published. The new checkpoint; None if nothing was new.

    `thorough` as in `ledger.order.unsealed`. Raises SealRefused when the database contradicts the last published
    checkpoint, or an entry its digest.
    """
    sealer = Sealer(ledger, signer, Outside(outside))
    published = sealer.seal(now, thorough=thorough)
    sealer.show()
    return published


@dataclass
class Sealer:
    """Who seals again and again. What it proved in one sealing it remembers in the next, in its own memory alone."""

    ledger: Ledger
    signer: Signer
    place: Outside
    bell: Bell = field(default_factory=Bell)
    """Rung as soon as entries are sealed."""
    _known: "_Known | None" = field(default=None, init=False)

    def seal(self, now: datetime, *, thorough: bool = True) -> Checkpoint | None:
        """As `seal`."""
        known, self._known = self._known, None  # forgotten unless all goes well
        published = None
        with self.place.alone():
            with self._ours():
                name, newest = self.place.name_for(self.signer), self.place.newest()
            found = _look(self.ledger, thorough=thorough)
            if known is None or now - known.at > AFRESH or newest != known.newest or not found.ends_at(known.edge):
                known = _Known(_trusted_edge(self.ledger, self.place), newest, now)
                published = self._publish(name, known)
            while found.entries:
                alone = _extend(self.ledger, known.edge, found, now)
                published = self._publish(name, known)
                if alone and len(found.entries) < BATCH:
                    break  # there were no more when we looked, which was after the call
                found = _look(self.ledger, thorough=thorough)
        self._known = known
        return published

    def show(self) -> None:
        """`newest.note` is the last checkpoint that this sealer knows of. No certificate waits for that.

        Raises SealRefused when what is there is none.
        """
        if self._known is not None and self._known.newest is not None:
            with self.place.alone(), self._ours():
                self.place.show(self._known.newest)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        try:
            yield
        except PkiError as fault:
            raise SealRefused(f"what is kept in {self.place.path} is not ours: {fault}") from fault

    def _publish(self, name: str, known: "_Known") -> Checkpoint | None:
        """Steps 4 to 7 for each head behind the edge, which moves on. The last checkpoint; None if there was none."""
        published, edge = None, known.edge
        for head, leaves in _behind(self.ledger, edge.size):
            _show_extension(edge, head, leaves)
            published = sign_checkpoint(self.signer, name, head.size, bytes(head.root), head.at)
            self.place.keep(published)
            _commit_note(self.ledger, published, self.bell)
            known.newest = published
        return published


@dataclass
class _Known:
    """What a sealing proved: the edge of the log and the newest checkpoint outside, which it leads to."""

    edge: Frontier
    newest: Checkpoint | None
    at: datetime
    """When the leaves in the database were last shown to lead to it."""


class _Found(NamedTuple):
    """One snapshot: the size of the last head and of the last one signed, and the first entries behind them."""

    head: int
    signed: int
    entries: Sequence[Mapping[str, Any]]

    def ends_at(self, edge: Frontier) -> bool:
        """Whether the log ends there, and is signed to its end."""
        return self.head == self.signed == edge.size


def sealed(session: Session, entry_ids: Sequence[str]) -> bool:
    """Whether all these entries are covered by a published checkpoint."""
    wanted = set(entry_ids)
    return bool(_COVERED_LEAVES.value(session, {"ids": wanted}) == len(wanted))


def run(ledger: Ledger, signer: Signer, outside: Path, stop: Signal) -> None:
    """Seals until `stop` is set: when the bell says that there is an entry, and every LOOK_EVERY seconds.

    Who waits for the seal hears of it by a bell. It is also the heart of the ledger. A database that is away, and a
    disk that is full, are waited for. Raises SealRefused, which only a person can resolve.
    """
    thorough, heard, ear, pace = True, False, ear_of(ledger.url), Pace()
    heart, sealer = _Heart(ledger), Sealer(ledger, signer, Outside(outside), bell_of(ledger.url, SEALS))
    while not stop.is_set():
        began = ledger.clock.now()
        try:
            if thorough or heard or _waiting(ledger):
                sealer.seal(began, thorough=thorough)
            if heart.beat(began):
                sealer.show()
            thorough = False
        except (LedgerUnavailable, OperationalError, InterfaceError, OSError) as fault:
            _log.warning("the sealer waits for the database, or for room: %s", fault)
            thorough = True
            stop.wait(1)
        stop.wait(pace.rest(began.timestamp(), ledger.clock.now().timestamp()))
        heard = ear.wait(LOOK_EVERY)
    with suppress(OSError):  # on a full disk it is shown by the next
        sealer.show()
    ear.close()


class Pace:
    """How long to rest after each look, so that the looks take their SHARE of the time and no more."""

    def __init__(self) -> None:
        self._even = 0.0
        """When the looks so far will have taken their share, in seconds of the clock."""

    def rest(self, began: float, ended: float) -> float:
        """Seconds to rest after a look from `began` to `ended`; a clock that was set back asks for no long rest."""
        self._even = max(self._even, began) + (ended - began) / SHARE
        self._even = min(self._even, ended + AT_ONCE + LOOK_EVERY)
        return min(max(self._even - ended - AT_ONCE, BREATH), LOOK_EVERY)


@dataclass
class _Heart:
    """A commit every BEAT that changes nothing. SQLite has no replicas and needs none."""

    ledger: Ledger
    _beaten: datetime | None = None

    def beat(self, now: datetime) -> bool:
        """Whether it is time for one."""
        due = self._beaten is None or abs(now - self._beaten) >= BEAT
        if due:
            self._beaten = now
        if due and self.ledger.writing.dialect.name == "postgresql":
            with self.ledger.writing.begin() as connection:
                connection.execute(select(func.pg_current_xact_id()))
        return due


def _waiting(ledger: Ledger) -> bool:
    found = _look(ledger, thorough=False)
    return found.head != found.signed or bool(found.entries)


def _look(ledger: Ledger, *, thorough: bool) -> _Found:
    with ledger.read(glance=True) as session:
        [(head, signed)], rows = unsealed(session, _HEADS, BATCH, *_COLUMNS, thorough=thorough)
    return _Found(head, signed, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])


def _extend(ledger: Ledger, reached: Frontier, found: _Found, now: datetime) -> bool:
    """Steps 2 and 3. False if another sealer was there first."""
    if found.head == reached.size:
        edge = reached.copy()
    else:
        with ledger.read() as session:
            edge = frontier(session, found.head)
    for entry in found.entries:
        _check_digest(entry)
    rows = _rows(edge, found.head, found.entries, now)
    try:
        with ledger.writing.begin() as connection:
            insert_tables(connection, rows)
    except IntegrityError:
        _require_other(ledger, found.head)
        return False
    return True


def _check_digest(entry: Mapping[str, Any]) -> None:
    if entry_digest(entry) != bytes(entry["digest"]):
        raise SealRefused(f"entry {entry['id']} is not what its digest says: it was changed before it was sealed")


def _rows(edge: Frontier, size: int, entries: Sequence[Any], now: datetime) -> dict[type[Base], list[dict[str, Any]]]:
    digests = [bytes(entry["digest"]) for entry in entries]
    nodes = edge.extend(digests)
    return {
        Leaf: [
            {"number": size + place, "entry_id": entry["id"], "digest": digest}
            for place, (entry, digest) in enumerate(zip(entries, digests, strict=True))
        ],
        TreeNode: [{"number": node_number(node), "hash": value} for node, value in nodes if stored(node)],
        TreeHead: [{"size": edge.size, "previous_size": size, "root": edge.root(), "at": now.replace(microsecond=0)}],
    }


def _require_other(ledger: Ledger, size: int) -> None:
    """Another sealer took this place, so that we go on behind it. Raises SealRefused if nobody did."""
    with ledger.read() as session:
        reached = session.scalar(select(func.max(TreeHead.size))) or 0
    if reached <= size:
        raise SealRefused(f"the leaves behind {size} could not be written although no other sealer wrote them")


def _last_signed(session: Session, outside: Outside) -> Checkpoint | None:
    """The last checkpoint in the database; step 1 and the newest outside agree with it or are one step ahead."""
    newest = outside.newest()
    if newest is not None:
        head = session.get(TreeHead, newest.size)
        if head is None or bytes(head.root) != newest.root:
            raise SealRefused(
                f"checkpoint {newest.size} in {outside.path} is not in the database: an older or another state "
                "was brought back; run ledger-verify, and restore the newest backup"
            )
    row = session.scalars(select(SignedHead).order_by(SignedHead.size.desc()).limit(1)).first()
    if row is None:
        return None
    try:
        last = verify_checkpoint(row.note, outside.keys())
    except PkiError as fault:
        raise SealRefused(f"checkpoint {row.size} in the database is not ours: {fault}") from fault
    if last.size != row.size:
        raise SealRefused(f"checkpoint {row.size} in the database is the one of size {last.size}")
    outside.keep(last)
    return last


def _trusted_edge(ledger: Ledger, outside: Outside) -> Frontier:
    """Step 1: the edge of the log at its last checkpoint, which the leaves in the database lead to."""
    with ledger.read() as session:
        last = _last_signed(session, outside)
        edge = frontier(session, last.size if last else 0)
    if last is not None and edge.root() != last.root:
        raise SealRefused(f"the log's first {last.size} leaves are not those of its checkpoint: run ledger-verify")
    return edge


def _behind(ledger: Ledger, size: int) -> list[tuple[TreeHead, Sequence[bytes]]]:
    """The heads behind a size, each with its leaves as they are in the database now."""
    with ledger.read(glance=True) as session:
        heads, leaves = Facts.rows_of_each(session, [(one, {"size": size}) for one in (_HEADS_BEHIND, _LEAVES_BEHIND)])
    digests = [bytes(digest) for (digest,) in leaves]
    return [(head, digests[head.previous_size - size : head.size - size]) for (head,) in heads]


def _show_extension(edge: Frontier, head: TreeHead, leaves: Sequence[bytes]) -> None:
    """Step 4: moves `edge` over the leaves up to `head`."""
    if head.previous_size != edge.size:
        raise SealRefused(f"head {head.size} does not follow the last checkpoint, of size {edge.size}")
    edge.extend(leaves)
    if edge.size != head.size or edge.root() != bytes(head.root):
        raise SealRefused(f"head {head.size} is not the root over its leaves: run ledger-verify")


def _commit_note(ledger: Ledger, checkpoint: Checkpoint, bell: Bell) -> None:
    row = {"size": checkpoint.size, "note": checkpoint.note}
    try:
        with ledger.writing.begin() as connection:
            insert_tables(connection, {SignedHead: [row]}, bell.words, forced=False)
    except IntegrityError:
        _log.info("another sealer committed checkpoint %s first", checkpoint.size)
    bell.ring()
