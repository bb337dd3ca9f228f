"""What every application of ours carries with it, and how a request finds it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.clock import Clock, Randomness
from ledger.ledger import Ledger
from web.asked import extension
from web.language import Catalogue
from web.settings import HouseSettings


@dataclass(frozen=True)
class Check:
    """One thing that a house needs to do its work: `look` returns None when it is there, else what is wrong."""

    name: str
    look: Callable[[], str | None]


@dataclass
class Site:
    """The parts of one application: its house, settings, clock, chance, ledger, words and checks."""

    house: str
    settings: HouseSettings
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    ledger: Ledger
    checks: Sequence[Check] = field(default_factory=tuple)


def site() -> Site:
    """The site of the application that answers now."""
    return cast("Site", extension("laotrust"))
