"""A factor that two RSA moduli share is found, and none is claimed that is not there."""

from math import gcd

from gmpy2 import next_prime
from hypothesis import given
from hypothesis import strategies as st

from pki import factoring
from pki.factoring import shared_factors

PRIMES = [int(next_prime(1 << 64 | number << 20)) for number in range(24)]
moduli = st.lists(
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] < pair[1]), unique=True, max_size=20
).map(lambda pairs: [PRIMES[p] * PRIMES[q] for p, q in pairs])


def by_pairs(numbers: list[int]) -> dict[int, bool]:
    """The slow way: whether a modulus has a divisor in common with any other."""
    return {
        at: any(gcd(one, other) != 1 for place, other in enumerate(numbers) if place != at)
        for at, one in enumerate(numbers)
    }


@given(moduli)
def test_what_pairs_find_is_found_and_nothing_else(numbers: list[int]) -> None:
    found = shared_factors(numbers)

    assert {at: at in found for at in range(len(numbers))} == by_pairs(numbers)
    assert [at for at, factor in found.items() if factor == 1 or numbers[at] % factor] == []


def test_two_kin_are_found_across_blocks(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(factoring, "_BLOCK", 2)
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7), (0, 8))
    numbers = [PRIMES[p] * PRIMES[q] for p, q in pairs]

    assert shared_factors(numbers) == {0: PRIMES[0], 4: PRIMES[0]}


def test_none_and_one_have_no_kin() -> None:
    assert shared_factors([]) == {}
    assert shared_factors([PRIMES[0] * PRIMES[1]]) == {}
