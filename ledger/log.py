"""The log's own tables: leaves, heads, checkpoints, nodes. Not facts: they say what the log holds, not what we do.

Rows are only ever inserted. Their keys are numbers: a leaf's place, a tree's size, a node's in-order number.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.base import Base
from ledger.merkle import Frontier, Node, Range, leaf_hash, node_hash, nodes_of, range_root

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
STORED_EVERY = 4
"""Nodes are stored at levels 4, 8, 12 …: one row for 15 leaves, and at most eight to read for one hash."""


class Leaf(Base):
    """The place of an entry in the log; `digest` (32 octets) is the whole log entry (RFC 9162 clause 2.1)."""

    __tablename__ = "leaf"
    number: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(36), ForeignKey("entry.id"), unique=True)
    digest: Mapped[bytes]


class TreeHead(Base):
    """The tree of `size` leaves. `previous_size` is unique, so two sealers cannot go two ways."""

    __tablename__ = "tree_head"
    size: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    previous_size: Mapped[int] = mapped_column(unique=True)
    root: Mapped[bytes]
    at: Mapped[datetime]
    """Whole seconds, as the checkpoint's timestamped signature says it."""


class SignedHead(Base):
    """The checkpoint over the head of this size. Committed after it was written outside the database."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(_NUMBER, ForeignKey("tree_head.size"), primary_key=True, autoincrement=False)
    note: Mapped[str]


class TreeNode(Base):
    """The hash of a complete subtree, by its in-order number (`node_number`)."""

    __tablename__ = "tree_node"
    number: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


def node_number(node: Node) -> int:
    """The node's place when the tree is written from left to right; leaves have the even numbers."""
    return ((2 * node.place + 1) << node.level) - 1


def leaves_to(number: int) -> int:
    """How many leaves the log has at least when it has the node of this number (`node_number`)."""
    level = (~number & (number + 1)).bit_length() - 1
    return (number + 1 + (1 << level)) >> 1


def stored(node: Node) -> bool:
    """Whether a row of TreeNode holds this node."""
    return node.level > 0 and node.level % STORED_EVERY == 0


def range_hashes(session: Session, ranges: Iterable[Range]) -> list[bytes]:
    """The root of each range of leaves, by reading O(log n) rows. Raises KeyError where the log lacks one."""
    ranges = list(ranges)
    hashes = _read(session, [part for leaves in ranges for node in nodes_of(leaves) for part in _parts(node)])
    return [range_root(leaves, lambda node: _made(node, hashes)) for leaves in ranges]


def frontier(session: Session, size: int) -> Frontier:
    """The right edge of the log's tree at `size` leaves, from the stored nodes."""
    edges = [Range(node.place << node.level, (node.place + 1) << node.level) for node in nodes_of(Range(0, size))]
    return Frontier(size, range_hashes(session, edges))


def _parts(node: Node) -> list[Node]:
    """The stored nodes (or leaves) that make up `node`."""
    down = node.level % STORED_EVERY
    first = node.place << down
    return [Node(node.level - down, index) for index in range(first, first + (1 << down))]


def _made(node: Node, hashes: Mapping[Node, bytes]) -> bytes:
    row = [hashes[part] for part in _parts(node)]
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _read(session: Session, nodes: list[Node]) -> dict[Node, bytes]:
    by_number = {node_number(node): node for node in nodes if stored(node)}
    by_leaf = {node.place: node for node in nodes if node.level == 0}
    inner = select(TreeNode.number, TreeNode.hash).where(TreeNode.number.in_(by_number))
    leaves = select(Leaf.number, Leaf.digest).where(Leaf.number.in_(by_leaf))
    hashes = {by_number[number]: bytes(digest) for number, digest in session.execute(inner)}
    hashes |= {by_leaf[number]: leaf_hash(bytes(digest)) for number, digest in session.execute(leaves)}
    return hashes
