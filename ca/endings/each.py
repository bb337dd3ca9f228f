"""One thing after another, where one that breaks stops none of the others."""

from collections.abc import Callable, Mapping

from ledger.ledger import ClockWentBackwards, LedgerUnavailable

STOPS = (LedgerUnavailable, ClockWentBackwards, MemoryError)
"""What is the fault of nothing that is being done: then all of it waits."""


class EndingsBroken(Exception):
    """These broke, by their names, and are still to be done; whatever else was to be done is."""

    def __init__(self, faults: Mapping[str, Exception]) -> None:
        self.faults = dict(faults)
        super().__init__(", ".join(f"{name} ({type(fault).__name__})" for name, fault in self.faults.items()))


def nobody_waits() -> None:
    """What is done in between where nothing is in a hurry."""


def each(wanted: Mapping[str, Callable[[], int]], meanwhile: Callable[[], None] = nobody_waits) -> int:
    """All of it is done, by its name, and before each what cannot wait; returns how much that was in sum.

    Raises EndingsBroken behind the last of it, and what `meanwhile` raises at once.
    """
    done, broken = 0, dict[str, Exception]()
    for name, do in wanted.items():
        meanwhile()
        try:
            done += do()
        except STOPS:
            raise
        except EndingsBroken as inner:
            broken |= inner.faults
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is this one's alone
            broken[name] = fault
    if broken:
        raise EndingsBroken(broken)
    return done
