"""Facts read without the bookkeeping of the ORM, for statements that are asked a thousand times in a second.

    FOUND = Facts(select(Grant, Session.at).join(...))
    for grant, at in FOUND.rows(reading, {...}): ...

A fact never changes, so nothing has to watch it: each is made of its columns anew, belongs to no session, and is there
to be read, not to be written again. Of a table that is joined from outside there may be none: then it is None.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

from sqlalchemy import ARRAY, BinaryExpression, BindParameter, Select, String, any_, bindparam, inspect
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import in_op
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

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
        connection = reading.connection()
        if connection.dialect.name == "postgresql":
            asked, statement = given, self._by_arrays
        else:
            asked, statement = {name: _list_padded(value) for name, value in given.items()}, self._statement
        found = connection.execute(statement, asked)
        return [tuple([made(row[part]) for part, made in self._parts]) for row in found]

    @cached_property
    def _by_arrays(self) -> Select[*tuple[Any, ...]]:
        """The statement with `= ANY (array)` for each `IN (list)`: one text for lists of any length.

        PostgreSQL plans each text on each connection, which for a statement over ten tables takes longer than a hundred
        executions.
        """
        return cast("Select[*tuple[Any, ...]]", replacement_traverse(cast("Any", self._statement), {}, _by_array))


def _by_array(part: Any, **_: Any) -> Any:
    if not isinstance(part, BinaryExpression) or part.operator is not in_op:
        return None
    listed = part.right
    if not isinstance(listed, BindParameter) or not listed.expanding:
        return None
    return part.left == any_(bindparam(listed.key, type_=ARRAY(unbounded(part.left.type))))


def unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text of any length in place of a bounded one: PostgreSQL's cast to `varchar(64)` cuts what is longer."""
    return String() if type(kind) is String else kind


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
