"""One way through a list, line by line, beside the register: for the plan and for its application alike."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from ledger.dates import day_of
from ledger.ledger import Ledger
from ledger.sheet import Row
from ledger.spelling import fold_name
from register.changes import Decided, Decision, Verdict
from register.line import Line, read_line
from register.view import View

_T = TypeVar("_T")
_STRETCH = 200
"""Lines that are looked up together."""


@dataclass(frozen=True)
class Survey:
    """What only the whole list shows: how many lines it has, and which numbers stand beside more than one name."""

    lines: int
    doubled: frozenset[str]


def survey(rows: Iterable[Row]) -> Survey:
    """Reads the list once through. Raises FileUnfit."""
    names: dict[str, str] = {}
    doubled, count = set(), 0
    for row in rows:
        count += 1
        number, name = row.fields["number"], fold_name(row.fields["given_lo"], row.fields["family_lo"])
        if names.setdefault(number, name) != name:
            doubled.add(number)
    return Survey(count, frozenset(doubled))


def walk(
    ledger: Ledger, rows: Iterable[Row], doubled: frozenset[str], import_id: str, taken: Callable[[Decided], bool]
) -> Iterator[Decided]:
    """Every line decided in order, each beside the register as the lines before leave it.

    `taken` says of each decided line whether it is (or would be) applied; it must be, before the walk goes on for
    good: the walk itself writes nothing.
    """
    today = day_of(ledger.clock.now())
    with ledger.read() as session:
        view = View.open(session)
    for stretch in _stretches(rows):
        read = [(row, read_line(row)) for row in stretch]
        lines = [line for _, line in read if isinstance(line, Line)]
        with ledger.read() as session:
            view.look_up(session, (line.number for line in lines), map(_likeness, lines))
        for row, line in read:
            if isinstance(line, Line):
                decided = Decision(view, ledger.new_id, import_id, today).decide(line, doubled)
            else:
                decided = Decided(row.line, row.fields["number"], Verdict.BAD, line)
            if taken(decided):
                view.spoken_of.add(decided.number)
                view.absorb(fact for _, facts in decided.deeds for fact in facts)
            yield decided


def _stretches(rows: Iterable[_T]) -> Iterator[list[_T]]:
    remaining = iter(rows)
    while stretch := list(islice(remaining, _STRETCH)):
        yield stretch


def _likeness(line: Line) -> tuple[str, str]:
    return fold_name(line.given_lo, line.family_lo), line.born.isoformat()
