"""Leaves, nodes, heads and checkpoints, computed again as the leaves go by."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.canonical import microseconds
from ledger.checkpoint import verify_checkpoint
from ledger.log import SignedHead, TreeHead, TreeNode, leaves_to, node_number, stored
from ledger.merkle import Frontier
from ledger.outside import Outside
from ledger.verification.report import Fault, Report, Wrong
from ledger.verification.rows import chunks, octets, raw_columns
from pki.errors import PkiError

_BEFORE_ALL = -(2**62)


class Tree:
    """The log's tree as it grows: `next` is the number of the next leaf, `head_before` the size of the last head.

    `reach` is the size of the last head.
    """

    def __init__(self, session: Session, outside: Outside) -> None:
        self._session, self._outside = session, outside
        self._keys, self._newest = outside.keys(), outside.newest()
        self._frontier = Frontier()
        self._heads = _heads(session)
        self._head: Any = next(self._heads, None)
        self.head_before = 0
        self._unsigned: list[int] = []
        self._nodes: dict[int, bytes] = {}
        self._node_count = 0
        self._broken = False
        self._excused = False
        self.next = 0
        self.reach = session.scalar(select(func.max(TreeHead.size))) or 0
        self.checkpoints = 0

    def excuse(self) -> None:
        """A bad row was named since the last head, so that head's wrong root needs no fault of its own."""
        self._excused = True

    def numbered(self, number: int) -> Iterator[Fault]:
        """What is wrong with the next leaf's number."""
        if number == self.next:
            return
        self._broken = self._excused = True
        sentence = f"after leaf {self.next - 1} comes leaf {number}"
        if number > self.next:
            yield Fault(Wrong.DELETED, "leaf", str(self.next), sentence)
        else:
            yield Fault(Wrong.INSERTED, "leaf", str(number), sentence)

    def grow(self, number: int, digest: bytes) -> Iterator[Fault]:
        """Takes in the next leaf; what is wrong with the heads that it completes."""
        for node, value in self._frontier.append(digest):
            if stored(node):
                self._nodes[node_number(node)] = value
        self.next = max(self.next, number) + 1
        yield from self._outside_passed()
        while self._head is not None and self._head.size <= self.next:
            yield from self._pass_head(self._head)
            self._head = next(self._heads, None)

    def nodes(self) -> Iterator[Fault]:
        """The stored nodes below the last head that were not compared yet, with their rows.

        A node above it waits: if the head is of other leaves, that is what happened, and the node only follows.
        """
        below = {number: value for number, value in self._nodes.items() if leaves_to(number) <= self.head_before}
        yield from self._compared(below)

    def _compared(self, nodes: dict[int, bytes]) -> Iterator[Fault]:
        if self._broken:
            return
        found = select(*raw_columns(TreeNode)).where(TreeNode.number.in_(nodes))
        rows = {row.number: row.hash for row in self._session.execute(found)}
        for number, value in nodes.items():
            if number not in rows:
                yield Fault(Wrong.DELETED, "tree_node", str(number), "this node of the tree is missing")
            elif octets(rows[number]) != value:
                yield Fault(Wrong.EDITED, "tree_node", str(number), "this node is not the hash over its leaves")
        self._node_count += len(nodes)
        self._nodes = {number: value for number, value in self._nodes.items() if number not in nodes}

    def end(self, report: Report) -> Iterator[Fault]:
        """After the last leaf: what is missing behind it, and what nothing is under."""
        yield from self._compared(dict(self._nodes))
        published = self._newest.size if self._newest else 0
        if self.reach < min(self.next, published):
            yield Fault(Wrong.DELETED, "tree_head", str(published), "its checkpoint was published")
        elif self.reach < self.next:
            yield Fault(Wrong.INSERTED, "leaf", str(self.reach), "no head covers it")
        for size in self._unsigned:
            if size < published or (size == published and not self._signed_by_now(size)):
                sentence = "it was published, and is not here; if the sealer was stopped just then, start it"
                yield Fault(Wrong.DELETED, "checkpoint", str(size), sentence)
        if max(self.reach, published) > self.next:
            sentence = f"the checkpoint of size {max(self.reach, published)} covers it: this is the first missing leaf"
            yield Fault(Wrong.TRUNCATED, "leaf", str(self.next), sentence)
        report.checkpoints, report.unsigned_heads = self.checkpoints, len(self._unsigned)
        yield from self._strays()

    def _signed_by_now(self, size: int) -> bool:
        """A sealer at work commits a checkpoint right after it has published it, so another snapshot may have it."""
        with Session(self._session.get_bind().engine) as later:
            return later.get(SignedHead, size) is not None

    def _outside_passed(self) -> Iterator[Fault]:
        newest = self._newest
        if newest is None or newest.size != self.next or self._broken or self._frontier.root() == newest.root:
            return
        self._broken = True
        if not self._excused:
            yield self._rewritten(f"the checkpoint of size {newest.size} kept outside has another root")

    def _pass_head(self, head: Any) -> Iterator[Fault]:
        if head.previous_size != self.head_before:
            sentence = f"it follows {head.previous_size}, but the head before it is of {self.head_before} leaves"
            yield Fault(Wrong.DELETED, "tree_head", str(head.previous_size), sentence)
        yield from self._checked_note(head)
        self.head_before, self._excused = head.size, False

    def _checked_note(self, head: Any) -> Iterator[Fault]:
        size = str(head.size)
        if head.note is None:
            self._unsigned.append(head.size)
            yield from self._root(head, self._published_root(head))
            return
        for unsigned in self._unsigned:
            yield Fault(Wrong.DELETED, "checkpoint", str(unsigned), "a later head is signed, and this one is not")
        self._unsigned = []
        try:
            note = verify_checkpoint(head.note, self._keys)
        except (PkiError, TypeError) as fault:
            yield Fault(Wrong.FORGED, "checkpoint", size, str(fault))
            return
        self.checkpoints += 1
        if note.size != head.size:
            yield Fault(Wrong.EDITED, "checkpoint", size, f"it holds the checkpoint of size {note.size}")
            return
        rewritten = list(self._root(head, note.root))
        yield from rewritten
        if not rewritten and (octets(head.root), head.at) != (note.root, microseconds(note.at)):
            yield Fault(Wrong.EDITED, "tree_head", size, "its root or time is not what its checkpoint says")

    def _published_root(self, head: Any) -> bytes:
        """Of a head whose checkpoint is not in the database: the root published, else its own."""
        try:
            published = self._outside.of_size(head.size)
        except PkiError:
            published = None
        return published.root if published else octets(head.root)

    def _root(self, head: Any, told: bytes) -> Iterator[Fault]:
        """The root over the leaves must be `told`; one wrong root makes all later ones wrong."""
        if self._broken or self._frontier.root() == told:
            return
        self._broken = True
        if not self._excused:
            yield self._rewritten(f"the checkpoint of size {head.size} has another root")

    def _rewritten(self, reason: str) -> Fault:
        sentence = f"{reason}: the first bad leaf is among {self.head_before} to {self.next - 1}"
        return Fault(Wrong.REWRITTEN, "leaf", str(self.head_before), sentence)

    def _strays(self) -> Iterator[Fault]:
        heads = select(TreeHead.size).where(TreeHead.size == SignedHead.size).exists()
        for size in self._session.scalars(select(SignedHead.size).where(~heads).limit(10)):
            yield Fault(Wrong.INSERTED, "checkpoint", str(size), "there is no head of this size")
        count = self._session.scalar(select(func.count()).select_from(TreeNode))
        if not self._broken and count != self._node_count:
            yield Fault(Wrong.INSERTED, "tree_node", "*", f"{count} nodes are stored; {self._node_count} are right")


def _heads(session: Session) -> Iterator[Any]:
    columns = raw_columns(TreeHead)
    statement = select(*columns, SignedHead.note).outerjoin(SignedHead, SignedHead.size == TreeHead.size)
    for rows in chunks(session, statement, TreeHead.size, _BEFORE_ALL):
        yield from rows
