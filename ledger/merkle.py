"""The Merkle tree of the log (RFC 9162 clause 2.1, SHA-256): pure functions over hashes.

A *node* is the root of a complete subtree: level 0 is a leaf hash, and node (level, place) covers the leaves
from `place * 2**level` on, `2**level` of them. It never changes once it is there, so it can be stored.
Every hash that a proof needs is the root of a range of leaves, which a few nodes make up.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from pki.errors import PkiError

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162 clause 2.1.1)."""


class ProofInvalid(PkiError):
    """The proof does not lead from what it is about to the given root."""

    code = "ledger.proof-invalid"


class Node(NamedTuple):
    """Where a complete subtree is: the `place`-th of its level, from 0."""

    level: int
    place: int


class Range(NamedTuple):
    """Leaves from `begin` up to, not including, `end`; `begin` is a multiple of a power of two ≥ the length."""

    begin: int
    end: int


NodeHash = Callable[[Node], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a log entry (RFC 9162 clause 2.1.1: domain octet 0x00)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162 clause 2.1.1: domain octet 0x01)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(leaves: Range) -> list[Node]:
    """The largest complete subtrees that make up `leaves`, from left to right; at most one of each level."""
    begin, nodes = leaves.begin, []
    while begin < leaves.end:
        level = (leaves.end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root over subtrees given from left to right, the largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def range_root(leaves: Range, hash_of: NodeHash) -> bytes:
    """The Merkle Tree Hash over `leaves`."""
    return folded([hash_of(node) for node in nodes_of(leaves)])


def inclusion_ranges(number: int, size: int) -> list[Range]:
    """The ranges whose roots prove leaf `number` in the tree of `size` (RFC 9162 clause 2.1.3.1), leaf end first."""
    if not 0 <= number < size:
        raise ValueError(f"leaf {number} is not in a tree of {size}")
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if number < middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `first` begins the tree of `second` (clause 2.1.4.1)."""
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof leads from {first} to {second}")
    begin, end, ranges, whole = 0, second, [], True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(begin, middle))
            begin, whole = middle, False
    return ([] if whole else [Range(begin, end)]) + ranges[::-1]


def verify_inclusion(leaf: bytes, number: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """The log entry `leaf` is number `number` in the tree of `size` with `root` (clause 2.1.3.2).

    Raises ProofInvalid.
    """
    if root_reached(leaf, number, size, path) != root:
        raise ProofInvalid("the inclusion proof does not lead to the root")


def root_reached(leaf: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` in which `leaf` would be number `number` by this path (clause 2.1.3.2).

    Raises ProofInvalid when the path cannot be one of such a leaf.
    """
    if not 0 <= number < size:
        raise ProofInvalid(f"leaf {number} cannot be in a tree of {size}")
    way = Way(number, size - 1, leaf_hash(leaf))
    for step in path:
        way = climbed(way, step)
    return root_of(way)


class Way(NamedTuple):
    """How far a path was followed: from which node, in a tree whose last node of that level is which."""

    place: int
    last: int
    reached: bytes


def climbed(way: Way, step: bytes) -> Way:
    """The way after one more hash of the path (clause 2.1.3.2). Raises ProofInvalid where the root is reached."""
    place, last, reached = way
    if last == 0:
        raise ProofInvalid("the inclusion proof is too long")
    if place & 1 or place == last:
        reached = node_hash(step, reached)
        while not place & 1 and place:
            place, last = place >> 1, last >> 1
    else:
        reached = node_hash(reached, step)
    return Way(place >> 1, last >> 1, reached)


def root_of(way: Way) -> bytes:
    """The root at the end of the way. Raises ProofInvalid where it has not come that far."""
    if way.last:
        raise ProofInvalid("the inclusion proof is too short")
    return way.reached


def verify_consistency(first: int, second: int, path: Sequence[bytes], old: bytes, new: bytes) -> None:
    """The tree of `first` leaves with root `old` begins that of `second` with root `new` (clause 2.1.4.2).

    Raises ProofInvalid.
    """
    if first == second:
        if path or old != new:
            raise ProofInvalid("two trees of one size differ")
        return
    if not 0 < first < second or not path:
        raise ProofInvalid(f"no such proof leads from {first} to {second}")
    steps = [old, *path] if first & (first - 1) == 0 else list(path)
    place, last = _trimmed(first - 1, second - 1)
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    if last or before != old or after != new:
        raise ProofInvalid("the consistency proof does not lead to both roots")


class Frontier:
    """The right edge of a growing tree: the hashes of its largest complete subtrees, from left to right.

    Appending costs one hash on average and at most log2(size); nothing of the older tree is needed.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} has {size.bit_count()} subtrees at its edge, not {len(hashes)}")
        self.size = size
        self._hashes = list(hashes)

    def copy(self) -> "Frontier":
        """The same edge, which grows on its own."""
        return Frontier(self.size, self._hashes)

    def append(self, leaf: bytes) -> Iterator[tuple[Node, bytes]]:
        """Takes in one more log entry. Gives each inner node that this completes; run it to its end."""
        reached = leaf_hash(leaf)
        index = self.size
        self.size += 1
        level = 0
        while index & 1:
            reached = node_hash(self._hashes.pop(), reached)
            index, level = index >> 1, level + 1
            yield Node(level, index), reached
        self._hashes.append(reached)

    def extend(self, leaves: Sequence[bytes]) -> list[tuple[Node, bytes]]:
        """Takes in further log entries; the inner nodes that they complete."""
        return [completed for leaf in leaves for completed in self.append(leaf)]

    def root(self) -> bytes:
        """The Merkle Tree Hash of all that was appended."""
        return folded(self._hashes)


def _split(length: int) -> int:
    """The largest power of two smaller than `length`."""
    return 1 << ((length - 1).bit_length() - 1)


def _trimmed(place: int, last: int) -> tuple[int, int]:
    while place & 1:
        place, last = place >> 1, last >> 1
    return place, last
