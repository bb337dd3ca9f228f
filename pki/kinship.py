"""RSA keys that are kin: two moduli with a prime in common fall to one division, whoever holds them (Heninger, 2012).

Each that comes is compared with all that came before; `pki.factoring.shared_factors` does it for many, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gmpy2 import gcd, mpz

from pki.factoring import product

_PIECE = 1024
"""Moduli under one product: no number grows longer than theirs together, about 256 KB at 2048 bits each."""


@dataclass
class _Piece:
    moduli: dict[str, mpz] = field(default_factory=dict)
    _product: mpz | None = None

    def add(self, name: str, modulus: int) -> None:
        self.moduli[name], self._product = mpz(modulus), None

    @property
    def product(self) -> mpz:
        """Of all its moduli."""
        if self._product is None:
            self._product = product(list(self.moduli.values()))
        return self._product

    def kin(self, name: str, modulus: mpz, remainder: mpz) -> set[str]:
        """The names of others here with a prime of this modulus; `remainder` is the product's by a multiple of it."""
        others = self.product // modulus if name in self.moduli else remainder
        if gcd(others % modulus, modulus) == 1:
            return set()
        return {other for other, known in self.moduli.items() if other != name and gcd(known, modulus) != 1}


class KnownModuli:
    """RSA moduli, each under the name of its key. Not for several threads at a time.

    The time that one takes grows with the number of all that are known, and so does the memory: twice their octets.
    """

    def __init__(self) -> None:
        self._pieces: list[_Piece] = [_Piece()]
        self._names: set[str] = set()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    def add(self, moduli: Iterable[tuple[str, int]]) -> None:
        """They are known from now on; what is known already stays as it is."""
        for name, modulus in moduli:
            if name not in self._names:
                self._names.add(name)
                if len(self._pieces[-1].moduli) >= _PIECE:
                    self._pieces.append(_Piece())
                self._pieces[-1].add(name, modulus)

    def meet(self, moduli: Mapping[str, int]) -> dict[str, set[str]]:
        """By name, of those that have a prime in common with others, the names of these; all are known from now on.

        Two names for one modulus are kin too: whoever holds the one has the other.
        """
        self.add(moduli.items())
        numbers = {name: mpz(modulus) for name, modulus in moduli.items()}
        together, found = product(list(numbers.values())), dict[str, set[str]]()
        for piece in self._pieces:
            remainder = piece.product % together
            for name, number in numbers.items():
                if kin := piece.kin(name, number, remainder):
                    found.setdefault(name, set()).update(kin)
        return found
