"""The tree against RFC 9162's definition, written down naively, and Certificate Transparency's own vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.log import node_number
from ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    ProofInvalid,
    Range,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    nodes_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION_5_OF_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
CONSISTENCY_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 clause 2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162 clause 2.1.3.1, word for word."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 clause 2.1.4.1, word for word."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def roots_of(ranges: list[Range], leaves: list[bytes]) -> list[bytes]:
    return [naive_root(leaves[begin:end]) for begin, end in ranges]


def numbered(size: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(size)]


def test_the_roots_are_those_of_certificate_transparency() -> None:
    tree = Frontier()

    roots = [(tree.extend([leaf]), tree.root().hex())[1] for leaf in LEAVES]

    assert roots == ROOTS


def test_the_inclusion_proof_is_that_of_certificate_transparency() -> None:
    path = roots_of(inclusion_ranges(5, 8), LEAVES)

    assert [step.hex() for step in path] == INCLUSION_5_OF_8
    verify_inclusion(LEAVES[5], 5, 8, path, bytes.fromhex(ROOTS[7]))


def test_the_consistency_proof_is_that_of_certificate_transparency() -> None:
    path = roots_of(consistency_ranges(6, 8), LEAVES)

    assert [step.hex() for step in path] == CONSISTENCY_6_TO_8
    verify_consistency(6, 8, path, bytes.fromhex(ROOTS[5]), bytes.fromhex(ROOTS[7]))


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT


@given(some.integers(0, 300))
def test_growing_leaf_by_leaf_gives_the_defined_root(size: int) -> None:
    tree = Frontier()

    tree.extend(numbered(size))

    assert tree.root() == naive_root(numbered(size))


@given(some.integers(0, 200), some.integers(0, 200))
def test_a_tree_goes_on_from_its_right_edge_alone(first: int, more: int) -> None:
    leaves = numbered(first + more)
    edge = [naive_root(leaves[place << level : (place + 1) << level]) for level, place in nodes_of(Range(0, first))]

    tree = Frontier(first, edge)
    completed = tree.extend(leaves[first:])

    assert tree.root() == naive_root(leaves)
    assert all(
        value == naive_root(leaves[place << level : (place + 1) << level]) for (level, place), value in completed
    )


@given(some.integers(1, 300).flatmap(lambda size: some.tuples(some.integers(0, size - 1), some.just(size))))
def test_every_inclusion_proof_is_the_defined_one_and_verifies(place: tuple[int, int]) -> None:
    number, size = place
    leaves = numbered(size)

    path = roots_of(inclusion_ranges(number, size), leaves)

    assert path == naive_path(number, leaves)
    verify_inclusion(leaves[number], number, size, path, naive_root(leaves))


@given(some.integers(1, 300).flatmap(lambda size: some.tuples(some.integers(1, size), some.just(size))))
def test_every_consistency_proof_is_the_defined_one_and_verifies(sizes: tuple[int, int]) -> None:
    first, second = sizes
    leaves = numbered(second)

    path = roots_of(consistency_ranges(first, second), leaves)

    assert path == naive_proof(first, leaves)
    verify_consistency(first, second, path, naive_root(leaves[:first]), naive_root(leaves))


@given(some.integers(2, 64).flatmap(lambda size: some.tuples(some.integers(0, size - 1), some.just(size))))
def test_an_inclusion_proof_holds_for_one_place_and_one_leaf_only(place: tuple[int, int]) -> None:
    number, size = place
    leaves = numbered(size)
    path, root = naive_path(number, leaves), naive_root(leaves)

    with pytest.raises(ProofInvalid):
        verify_inclusion(b"another", number, size, path, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaves[number], (number + 1) % size, size, path, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaves[number], number, size, path[:-1], root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaves[number], number, size, [*path, root], root)


@given(some.integers(2, 64).flatmap(lambda size: some.tuples(some.integers(1, size - 1), some.just(size))))
def test_a_consistency_proof_holds_for_its_two_roots_only(sizes: tuple[int, int]) -> None:
    first, second = sizes
    leaves = numbered(second)
    path, old, new = naive_proof(first, leaves), naive_root(leaves[:first]), naive_root(leaves)

    with pytest.raises(ProofInvalid):
        verify_consistency(first, second, path, new, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(first, second, path, old, old)
    with pytest.raises(ProofInvalid):
        verify_consistency(first, second, [*path, new], old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(first, second, path[:-1], old, new)


def test_two_trees_of_one_size_are_consistent_only_when_equal() -> None:
    verify_consistency(3, 3, [], LEAVES[1], LEAVES[1])

    with pytest.raises(ProofInvalid):
        verify_consistency(3, 3, [], LEAVES[1], LEAVES[2])


def test_a_proof_for_a_leaf_beyond_the_tree_is_refused() -> None:
    with pytest.raises(ProofInvalid):
        verify_inclusion(b"", 8, 8, [], EMPTY_ROOT)
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_ranges(8, 8)
    with pytest.raises(ValueError, match="no consistency proof"):
        consistency_ranges(0, 8)


def test_node_numbers_write_the_tree_from_left_to_right() -> None:
    nodes = [Node(0, 0), Node(1, 0), Node(0, 1), Node(2, 0), Node(0, 2), Node(1, 1), Node(0, 3), Node(3, 0)]

    assert [node_number(node) for node in nodes] == list(range(8))
