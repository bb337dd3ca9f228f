"""Many acts under one signature: it is over the root of a tree of them, and each keeps its path to that root.

Who signs a thousand decisions touches his key once; each decision still proves itself, without the others. The tree is
that of the log (RFC 9162 clause 2.1), its leaves are the acts' messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.merkle import (
    Frontier,
    Node,
    ProofInvalid,
    Way,
    climbed,
    inclusion_ranges,
    leaf_hash,
    range_root,
    root_of,
)

MOST = 1 << 16
"""Acts under one signature."""
_DOMAIN = b"laotrust-acts/1\n"
_BEFORE, _HASH = 8, 32
"""Octets of a path before its hashes, and of each of these."""


def signed_over(messages: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """The octets to sign for all these acts, and each act's path to them, in order. Raises ValueError beyond MOST."""
    size = len(messages)
    if not 1 <= size <= MOST:
        raise ValueError(f"{size} acts under one signature; {MOST} at most")
    nodes = {Node(0, place): leaf_hash(message) for place, message in enumerate(messages)}
    edge = Frontier()
    nodes |= dict(edge.extend(messages))
    ways = [[range_root(some, nodes.__getitem__) for some in inclusion_ranges(place, size)] for place in range(size)]
    return _octets(size, edge.root()), [_written(place, size, way) for place, way in enumerate(ways)]


@dataclass
class Paths:
    """Paths that are followed one after the other: where two of them meet, the rest of the way is gone once.

    It is the same rest octet for octet, so each path leads where it would lead alone.
    """

    _known: dict[tuple[Way, bytes], bytes] = field(default_factory=dict)
    """By where a path had come and what was left of it, the root."""

    def covered(self, message: bytes, path: bytes) -> bytes:
        """The octets that were signed if the act of this message was among them. Raises ProofInvalid."""
        if len(path) < _BEFORE or (len(path) - _BEFORE) % _HASH:
            raise ProofInvalid("a path is eight octets and whole hashes")
        number, size = int.from_bytes(path[:4]), int.from_bytes(path[4:_BEFORE])
        if number >= size:
            raise ProofInvalid(f"leaf {number} cannot be in a tree of {size}")
        return _octets(size, self._root(Way(number, size - 1, leaf_hash(message)), path[_BEFORE:]))

    def _root(self, way: Way, left: bytes) -> bytes:
        gone = []
        while (root := self._known.get((way, left))) is None and left:
            gone.append((way, left))
            way, left = climbed(way, left[:_HASH]), left[_HASH:]
        if root is None:
            root = root_of(way)
        self._known.update(dict.fromkeys(gone, root))
        return root


def covered_by(message: bytes, path: bytes) -> bytes:
    """As `Paths.covered`, for one act alone. Raises ProofInvalid."""
    return Paths().covered(message, path)


def _octets(size: int, root: bytes) -> bytes:
    return _DOMAIN + size.to_bytes(4) + root


def _written(number: int, size: int, path: Sequence[bytes]) -> bytes:
    return number.to_bytes(4) + size.to_bytes(4) + b"".join(path)
