"""Faults as HR lists have them, put into clean lines at an even rate, each kind in turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from examples.data.people import Dice, Row, citizen, officer


@dataclass(frozen=True)
class Sample:
    """A line, and the kind of fault that was put into it, if any."""

    row: Row
    fault: str | None = None


def lines(officers: int, citizens: int, rate: float = 0.0, seed: int = 1) -> Iterator[Sample]:
    """That many officers, then citizens; of each list `rate` (0 to 0.5) of the lines have a fault."""
    yield from _soiled(officer, OFFICER_FAULTS, officers, rate, seed)
    yield from _soiled(citizen, CITIZEN_FAULTS, citizens, rate, seed)


def _soiled(
    person: Callable[[int, int], Row], faults: dict[str, Callable[[Row, Row], Row]], count: int, rate: float, seed: int
) -> Iterator[Sample]:
    """One line in each stretch of 1/rate lines gets a fault, never its first: its neighbour before it is clean."""
    chosen = _places(count, rate, Dice(f"dirt/{seed}"))
    for place in range(1, count + 1):
        row = person(place, seed)
        if place in chosen:
            kind = list(faults)[chosen[place] % len(faults)]
            yield Sample(faults[kind](row, person(place - 1, seed)), kind)
        else:
            yield Sample(row)


def _places(count: int, rate: float, dice: Dice) -> dict[int, int]:
    if not 0 <= rate <= 0.5:
        raise ValueError("the rate of faults is between 0 and 0.5")
    faulty = round(count * rate)
    edges = [1 + step * count // max(faulty, 1) for step in range(faulty + 1)]
    return {start + 1 + dice.below(end - start - 1): step for step, (start, end) in enumerate(pairwise(edges))}


def look_alike(text: str) -> str:
    """`text` spelled otherwise so that it looks the same on paper."""
    for usual, other in _RESPELLINGS:
        if usual in text:
            return text.replace(usual, other, 1)
    return f"{text[:2]}\u200b{text[2:]}"


_RESPELLINGS = (
    ("ຳ", "\u0ecd\u0eb2"),
    ("ໜ", "\u0eab\u0e99"),
    ("ໝ", "\u0eab\u0ea1"),
    ("ຫຼ", "\u0eab\u0ea5"),
    ("ແ", "\u0ec0\u0ec0"),
)


def _double_number(row: Row, neighbour: Row) -> Row:
    return row | {"number": neighbour["number"]}


def _wrong_ministry(row: Row, _neighbour: Row) -> Row:
    return row | {"organisation": "MPT", "post_code": row["post_code"].replace(row["organisation"], "MPT", 1)}


def _look_alike(row: Row, neighbour: Row) -> Row:
    """The neighbour once more, under this line's number and another spelling."""
    spelled = {name: look_alike(neighbour[name]) for name in ("given_lo", "family_lo") if neighbour[name]}
    return neighbour | spelled | {"number": row["number"]}


def _missing(row: Row, _neighbour: Row) -> Row:
    return row | {"given_en": ""}


def _buddhist(row: Row, _neighbour: Row) -> Row:
    born = date.fromisoformat(row["born"])
    return row | {"born": f"{born.year + 543}-{born.month:02d}-{born.day:02d}"}


def _wrong_domain(row: Row, _neighbour: Row) -> Row:
    return row | {"mail": f"{row['given_en'].lower()}@gmail.com"}


def _short_phone(row: Row, _neighbour: Row) -> Row:
    return row | {"phone": row["phone"][:-2]}


OFFICER_FAULTS: dict[str, Callable[[Row, Row], Row]] = {
    "double-number": _double_number,
    "wrong-ministry": _wrong_ministry,
    "look-alike": _look_alike,
    "missing-field": _missing,
    "buddhist-year": _buddhist,
    "mail-domain": _wrong_domain,
}
CITIZEN_FAULTS: dict[str, Callable[[Row, Row], Row]] = {
    "look-alike": _look_alike,
    "missing-field": _missing,
    "buddhist-year": _buddhist,
    "double-number": _double_number,
    "phone": _short_phone,
}
