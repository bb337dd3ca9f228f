"""What there is, found by looking: sources, modules, events."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import migrations.tables  # noqa: F401 - loads every table
from ledger.event import Event

ROOT = Path(__file__).parents[2]
ROOMS = ("audit", "ca", "idp", "ledger", "migrations", "ocsp", "pki", "register", "scripts", "signers", "tsa",
         "validation", "web")  # fmt: skip
HOUSES = ("ca", "idp", "ocsp", "tsa", "validation", "register", "audit")


def sources(*rooms: str) -> Iterator[Path]:
    """Every Python file of these rooms, or of all."""
    for room in rooms or ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def event_types() -> tuple[type[Event], ...]:
    """Every kind of event that our own rooms declare: the modules whose source derives from Event are loaded."""
    for path in sources(*HOUSES, "ledger", "web"):
        if "(Event)" in path.read_text() and path.name != "event.py":
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return tuple(sorted(_ours(Event), key=lambda event: event.kind))


def _ours(event: type[Event]) -> Iterator[type[Event]]:
    for kind in event.__subclasses__():
        if kind.__module__.split(".")[0] in ROOMS:
            yield kind
        yield from _ours(kind)
