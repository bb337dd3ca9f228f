"""RSA moduli that fall to cheap arithmetic: small, near or shared factors, and the form of ROCA."""

from collections.abc import Iterator, Sequence
from functools import cache
from math import gcd, isqrt, prod

from gmpy2 import gcd as common_divisor
from gmpy2 import mpz

_FERMAT_ROUNDS = 100
"""As Let's Encrypt's goodkey: finds factors that differ in few of their upper half's bits."""
_SMALL_PRIMES_UNDER = 752
_ROCA_PRIMES_UNDER = 168


@cache
def _primes(under: int) -> tuple[int, ...]:
    return tuple(n for n in range(3, under) if all(n % divisor for divisor in range(2, isqrt(n) + 1)))


@cache
def _product() -> int:
    return 2 * prod(_primes(_SMALL_PRIMES_UNDER))


def has_small_factor(modulus: int) -> bool:
    """Whether a prime under 752 divides the modulus (SP 800-89 clause 5.3.3)."""
    return gcd(modulus, _product()) != 1


def factors_are_near(modulus: int) -> bool:
    """Whether Fermat's method finds the factors within 100 rounds (CVE-2022-26320)."""
    middle = isqrt(modulus - 1) + 1
    for step in range(_FERMAT_ROUNDS):
        square = (middle + step) ** 2 - modulus
        if isqrt(square) ** 2 == square:
            return True
    return False


@cache
def _powers(prime: int) -> frozenset[int]:
    """The residues of the powers of 65537."""
    return frozenset(pow(65537, exponent, prime) for exponent in range(prime - 1))


def is_roca(modulus: int) -> bool:
    """Whether the modulus is a power of 65537 modulo each small prime (CVE-2017-15361; Nemec et al., 2017).

    One in 2^27 sound moduli has this form by chance and is refused too.
    """
    return all(modulus % prime in _powers(prime) for prime in _primes(_ROCA_PRIMES_UNDER))


_BLOCK = 4096
"""Moduli of one block: only the product of all and one block's tree are in memory at a time."""


def shared_factors(moduli: Sequence[int]) -> dict[int, int]:
    """By position, the factor that a modulus has in common with another one (Bernstein's batch GCD, 2004).

    The moduli must differ from one another. A factor is the modulus itself when each of its primes is shared. The time
    grows little faster than the number of moduli: product trees up, remainders modulo the squares down.
    """
    numbers = [mpz(modulus) for modulus in moduli]
    blocks = [numbers[at : at + _BLOCK] for at in range(0, len(numbers), _BLOCK)]
    whole = product([product(block) for block in blocks])
    found: dict[int, int] = {}
    for number, block in enumerate(blocks):
        for at, factor in _common(whole, block):
            found[number * _BLOCK + at] = factor
    return found


def product(numbers: Sequence[mpz]) -> mpz:
    """Of all of them, by pairs, so that none but the last steps are long; 1 of none."""
    return tree(numbers)[-1][0] if numbers else mpz(1)


def tree(numbers: Sequence[mpz]) -> list[list[mpz]]:
    """The products of all pairs, of the pairs of these, and so on; the last level is the product of all."""
    levels = [list(numbers)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append([prod(level[at : at + 2], start=mpz(1)) for at in range(0, len(level), 2)])
    return levels


def remainders(whole: mpz, divisors: Sequence[Sequence[mpz]]) -> list[mpz]:
    """What is left of `whole` by each number of this tree: long divisions by products first, short ones last."""
    left = [whole]
    for level in reversed(divisors):
        left = [left[at // 2] % number for at, number in enumerate(level)]
    return left


def _common(whole: mpz, block: Sequence[mpz]) -> Iterator[tuple[int, int]]:
    left = remainders(whole, tree([number * number for number in block]))
    for at, (remainder, modulus) in enumerate(zip(left, block, strict=True)):
        factor = common_divisor(remainder // modulus, modulus)
        if factor != 1:
            yield at, int(factor)
