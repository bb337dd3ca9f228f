"""Many acts under one signature: it is over the root of a tree of them, and each keeps its path to that root.

Who signs a thousand decisions touches his key once; each decision still proves itself, without the others. The tree is
that of the log (RFC 9162 clause 2.1), its leaves are the acts' messages.
"""

from collections.abc import Sequence

from ledger.merkle import Frontier, Node, ProofInvalid, inclusion_ranges, leaf_hash, range_root, root_reached

MOST = 1 << 16
"""Acts under one signature."""
_DOMAIN = b"laotrust-acts/1\n"
_HASH = 32


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


def covered_by(message: bytes, path: bytes) -> bytes:
    """The octets that were signed if the act of this message was among them. Raises ProofInvalid."""
    hashes, rest = divmod(len(path) - 8, _HASH)
    if hashes < 0 or rest:
        raise ProofInvalid("a path is eight octets and whole hashes")
    number, size = int.from_bytes(path[:4]), int.from_bytes(path[4:8])
    steps = [path[start : start + _HASH] for start in range(8, len(path), _HASH)]
    return _octets(size, root_reached(message, number, size, steps))


def _octets(size: int, root: bytes) -> bytes:
    return _DOMAIN + size.to_bytes(4) + root


def _written(number: int, size: int, path: Sequence[bytes]) -> bytes:
    return number.to_bytes(4) + size.to_bytes(4) + b"".join(path)
