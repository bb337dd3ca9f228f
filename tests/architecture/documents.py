"""What the documents say, read out of their tables, and what the code says in the same words."""

import ast
import enum
from dataclasses import fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from ledger.event import Event

ROOT = Path(__file__).parents[2]


def table_rows(path: Path) -> list[list[str]]:
    """The cells of every row of every table in a Markdown file, without heads and rules."""
    lines = path.read_text().splitlines()
    rules = [number for number, line in enumerate(lines) if line.startswith("|--")]
    heads = {number - 1 for number in rules}
    rows = [line for number, line in enumerate(lines) if line.startswith("| ") and number not in heads]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of the test functions that a file defines; none when there is no such file."""
    body = ast.parse(path.read_text()).body if path.is_file() else []
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def described(event: type[Event]) -> str:
    """The fields of a kind of event as docs/events.md writes them. Raises TypeError for what no event may hold."""
    hints = get_type_hints(event, include_extras=True)
    return " · ".join(f"`{field.name}` {_word(hints[field.name])}" for field in fields(event)) or "–"


def _word(annotation: Any) -> str:
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return str(arguments[1])
    if get_origin(annotation) is tuple and arguments[1:] == (...,):
        return f"{_word(arguments[0])}s"
    if get_origin(annotation) is Union or arguments[1:] == (type(None),):
        return f"{_word(arguments[0])}?"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "code"
    words: dict[Any, str] = {int: "number", bool: "yes/no", datetime: "time"}
    if annotation not in words:
        raise TypeError(f"an event may not hold {annotation}")
    return words[annotation]
