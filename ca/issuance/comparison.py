"""What other numbers do to the certificates themselves: each profile's specimen of today, and the one after them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

from ca.configuration import Configuration
from ca.issuance.specimen import Circumstances, Specimen, specimen
from ca.profiles import PROFILES
from pki.certificate import parse_certificate
from pki.description import described
from pki.signing import SignatureAlgorithm

_W = TypeVar("_W")
_G = TypeVar("_G")
_DIGEST = "sha256"
"""Of the whole: a signature by ECDSA is another each time, so this says nothing of the numbers."""


@dataclass(frozen=True)
class Comparison:
    """A profile's specimen before and after, alike but for what the numbers do."""

    before: Specimen
    after: Specimen

    @property
    def difference(self) -> dict[str, tuple[str | None, str | None]]:
        """Each field that differs, with its text before and after; None where it is missing."""
        old, new = (dict(described(parse_certificate(one.der))) for one in (self.before, self.after))
        names = [name for name in {**old, **new} if name != _DIGEST and old.get(name) != new.get(name)]
        return {name: (old.get(name), new.get(name)) for name in names}


def comparisons(given: Circumstances, new: Configuration) -> list[Comparison]:
    """The profiles that the new numbers touch: another life, or another look of the second judge.

    `given` has the numbers of today. Raises PkiError when a specimen cannot be built.
    """
    old = given.configuration
    touched = [
        name for name in PROFILES if old.longest(name) != new.longest(name) or old.judge_of(name) != new.judge_of(name)
    ]
    return [_compared(name, given, new) for name in touched]


def _compared(name: str, given: Circumstances, new: Configuration) -> Comparison:
    keys, chance = _repeated(given.make_key), _repeated(given.randomness)
    before, after = (
        specimen(
            name,
            SignatureAlgorithm.ECDSA_P256_SHA256,
            replace(given, configuration=configuration, make_key=keys(), randomness=chance()),
        )
        for configuration in (given.configuration, new)
    )
    return Comparison(before, after)


def _repeated(make: Callable[[_W], _G]) -> Callable[[], Callable[[_W], _G]]:
    """Begins anew at each call, and then gives what `make` gave the first time, in the same order."""
    made: list[_G] = []

    def anew() -> Callable[[_W], _G]:
        places = count()

        def again(wanted: _W) -> _G:
            place = next(places)
            if place == len(made):
                made.append(make(wanted))
            return made[place]

        return again

    return anew
