"""RSA keys that are kin: two moduli with a prime in common fall to one division, whoever holds them (Heninger, 2012).

Each is held against all others once, when it comes, and what came of it is kept: a question about one that has come
is answered from memory. `pki.factoring.shared_factors` looks at many, once, without keeping anything.

Nothing better is known than to divide the product of all by the one that comes, so this time grows with their number.
Measured at RSA-3072 on one core, in its own time: 14 ms for one that comes to 6,146, 23 ms to 10,000, 230 ms to
100,000. Of many that come together each takes less: of 500 each 2 ms at 10,000 and 19 ms at 100,000. Asked again,
one takes 3 µs, however many there are.
"""

from collections.abc import Iterable, Mapping, Sequence

from gmpy2 import gcd, mpz

from pki.factoring import product, remainders, tree

_PIECE = 1024
"""Moduli under one product: no number grows longer than theirs together, about 256 KB at 2048 bits each."""


class _Piece:
    """Some moduli by name, and the product of all of them."""

    def __init__(self) -> None:
        self._moduli: dict[str, mpz] = {}
        self._product = mpz(1)

    def __len__(self) -> int:
        return len(self._moduli)

    def add(self, moduli: Mapping[str, mpz]) -> None:
        self._moduli |= moduli
        self._product *= product(list(moduli.values()))

    def others(self, moduli: Mapping[str, mpz], divisors: Sequence[Sequence[mpz]]) -> list[mpz]:
        """By each of these moduli, whose tree is `divisors`, what is left of the product of all the others in here."""
        own = moduli.keys() & self._moduli.keys()
        if not own:
            return remainders(self._product, divisors)
        squared = tree([number * number if name in own else number for name, number in moduli.items()])
        left = zip(moduli.items(), remainders(self._product, squared), strict=True)
        return [remainder // number if name in own else remainder for (name, number), remainder in left]

    def kin(self, name: str, modulus: mpz) -> set[str]:
        """The names of others in here with a prime of this modulus."""
        [others] = self.others({name: modulus}, [[modulus]])
        if gcd(others, modulus) == 1:
            return set()
        return {one for one, known in self._moduli.items() if one != name and gcd(known, modulus) != 1}


class KnownModuli:
    """RSA moduli, each under the name of its key. Not for several threads at a time.

    Those known at the beginning are held against the others only when asked about. The memory is twice their octets.
    """

    def __init__(self, moduli: Iterable[tuple[str, int]] = ()) -> None:
        self._pieces: list[_Piece] = [_Piece()]
        self._names: set[str] = set()
        self._met: set[str] = set()
        self._kin: dict[str, set[str]] = {}
        self._add({name: mpz(modulus) for name, modulus in moduli})

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    def meet(self, moduli: Mapping[str, int]) -> dict[str, set[str]]:
        """By name, of those that have a prime in common with others, the names of these; all are known from now on.

        Two names for one modulus are kin too: whoever holds the one has the other. Time is spent on those that were
        not met before.
        """
        coming = {name: mpz(modulus) for name, modulus in moduli.items() if name not in self._met}
        if coming:
            self._add({name: number for name, number in coming.items() if name not in self._names})
            for name in self._related(coming):
                for other in set[str]().union(*(piece.kin(name, coming[name]) for piece in self._pieces)):
                    self._kin.setdefault(name, set()).add(other)
                    self._kin.setdefault(other, set()).add(name)
            self._met |= coming.keys()
        return {name: set(self._kin[name]) for name in moduli if name in self._kin}

    def _related(self, moduli: Mapping[str, mpz]) -> list[str]:
        """Those of these that have a prime in common with any other that is known."""
        divisors, left = tree(list(moduli.values())), [mpz(1)] * len(moduli)
        for piece in self._pieces:
            found = zip(left, piece.others(moduli, divisors), moduli.values(), strict=True)
            left = [so_far * more % modulus for so_far, more, modulus in found]
        pairs = zip(moduli.items(), left, strict=True)
        return [name for (name, modulus), others in pairs if gcd(others, modulus) != 1]

    def _add(self, moduli: Mapping[str, mpz]) -> None:
        coming = list(moduli.items())
        self._names |= moduli.keys()
        while coming:
            if len(self._pieces[-1]) >= _PIECE:
                self._pieces.append(_Piece())
            room = _PIECE - len(self._pieces[-1])
            self._pieces[-1].add(dict(coming[:room]))
            coming = coming[room:]
