"""RSA moduli that fall to cheap arithmetic: small factors, near factors, and the form of ROCA."""

from functools import cache
from math import gcd, isqrt, prod

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
