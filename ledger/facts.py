"""Facts read without the bookkeeping of the ORM, for statements that are asked a thousand times in a second.

    FOUND = Facts(select(Grant, Session.at).join(...))
    for grant, at in FOUND.rows(reading, {...}): ...

A fact never changes, so nothing has to watch it: each is made of its columns anew, belongs to no session, and is there
to be read, not to be written again. Of a table that is joined from outside there may be none: then it is None.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, inspect
from sqlalchemy.orm import Session

_Made = Callable[[Sequence[Any]], Any]
_T = TypeVar("_T")


class Facts:
    """A statement over tables and columns, whose rows have the very same parts in the same order."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        columns: list[Any] = []
        self._parts: list[tuple[slice, _Made]] = []
        for wanted in statement.column_descriptions:
            whole = wanted["expr"] is wanted["entity"]
            own, made = _taken_apart(wanted["expr"]) if whole else ([wanted["expr"]], _alone)
            self._parts.append((slice(len(columns), len(columns) + len(own)), made))
            columns += own
        self._statement = statement.with_only_columns(*columns)

    def rows(self, reading: Session, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What is found with these parameters, in the snapshot of `reading`."""
        asked = {name: _list_padded(value) for name, value in given.items()}
        found = reading.connection().execute(self._statement, asked)
        return [tuple([made(row[part]) for part, made in self._parts]) for row in found]


def padded(several: Sequence[_T]) -> Sequence[_T]:
    """Filled up to a power of two with its last: then few statements differ, and each is prepared soon."""
    return [*several, *[several[-1]] * ((1 << (len(several) - 1).bit_length()) - len(several))] if several else several


def _list_padded(value: Any) -> Any:
    return padded(value) if isinstance(value, list | tuple) else value


def _taken_apart(table: Any) -> tuple[list[Any], _Made]:
    """The columns of a table or an alias of it, and how a fact is made of their values."""
    mapper = inspect(table).mapper
    names = tuple(mapper.local_table.columns.keys())
    key = names.index(mapper.primary_key[0].key)

    def made(values: Sequence[Any]) -> Any:
        if values[key] is None:
            return None
        fact = object.__new__(mapper.class_)
        fact.__dict__.update(zip(names, values, strict=True))
        return fact

    return [getattr(table, name) for name in names], made


def _alone(values: Sequence[Any]) -> Any:
    return values[0]
