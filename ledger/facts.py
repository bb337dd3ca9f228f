"""Facts read without the bookkeeping of the ORM, for statements that are asked a thousand times in a second.

    FOUND = Facts(select(Grant, Session.at).join(...))
    for grant, at in FOUND.rows(reading, {...}): ...

A fact never changes, so nothing has to watch it: each is made of its columns anew, belongs to no session, and is there
to be read, not to be written again. Of a table that is joined from outside there may be none: then it is None.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, inspect
from sqlalchemy.orm import Session

from ledger.arrays import FEW
from ledger.base import Fact
from ledger.prepared import Prepared, rows_of_each

_FORESEEN = "foreseen"
"""By statement and parameters the rows that nobody has asked for yet, in a session's `info`."""
_NOTHING: Mapping[str, Any] = {}
_Made = Callable[[Sequence[Any]], Any]
_T = TypeVar("_T")
_F = TypeVar("_F", bound=Fact)


class Facts:
    """A statement over tables and columns, whose rows have the very same parts in the same order."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        columns: list[Any] = []
        self._parts: list[tuple[slice, _Made]] = []
        for wanted in statement.column_descriptions:
            whole = wanted["expr"] is wanted.get("entity")
            own, made = _taken_apart(wanted["expr"]) if whole else ([wanted["expr"]], _alone)
            self._parts.append((slice(len(columns), len(columns) + len(own)), made))
            columns += own
        self._selection = statement.with_only_columns(*columns)
        self._prepared: dict[tuple[str, bool], Prepared] = {}
        """By the name of a dialect, and whether lists are long."""

    def rows(self, reading: Session, given: Mapping[str, Any] = _NOTHING) -> list[tuple[Any, ...]]:
        """What is found with these parameters, in the snapshot of `reading`. Raises DBAPIError."""
        if (foreseen := reading.info.get(_FORESEEN)) and (key := _key(self, given)) in foreseen:
            known: list[tuple[Any, ...]] = foreseen.pop(key)
            return known
        connection = _connection_of(reading)
        padded_lists = {name: _list_padded(value) for name, value in given.items()}
        return self._made(self._in_words_of(connection, padded_lists).rows(connection, padded_lists))

    @staticmethod
    def rows_of_each(reading: Session, several: "Asked") -> list[list[tuple[Any, ...]]]:
        """What each finds with its parameters; PostgreSQL is waited for once, or not if all was foreseen.

        Raises DBAPIError.
        """
        foreseen = reading.info.get(_FORESEEN)
        if foreseen and all(_key(facts, given) in foreseen for facts, given in several):
            return [facts.rows(reading, given) for facts, given in several]
        connection = _connection_of(reading)
        padded_lists = [{name: _list_padded(value) for name, value in given.items()} for _, given in several]
        asked = [
            (facts._in_words_of(connection, values), values)  # noqa: SLF001 - our own
            for (facts, _), values in zip(several, padded_lists, strict=True)
        ]
        found = rows_of_each(connection, asked)
        return [facts._made(rows) for (facts, _), rows in zip(several, found, strict=True)]  # noqa: SLF001

    @staticmethod
    def foresee(reading: Session, several: "Asked") -> None:
        """Asks a session of `Ledger.read` at one go what `rows` will ask it one by one, with the very same parameters.

        Its snapshot says the same then. What is asked otherwise, or not at all, is no worse than unforeseen. Where a
        question costs no way to a server and back, nothing is foreseen. Raises DBAPIError.
        """
        if several and _connection_of(reading).dialect.name == "postgresql":
            keys = [_key(facts, given) for facts, given in several]
            found = zip(keys, Facts.rows_of_each(reading, several), strict=True)
            reading.info.setdefault(_FORESEEN, {}).update(found)

    def once(self, reading: Session) -> list[tuple[Any, ...]]:
        """The rows of a statement without parameters, asked once of a session of `Ledger.read`, whoever wants them.

        Its snapshot says the same however often it is asked. Raises DBAPIError.
        """
        said: dict[Facts, list[tuple[Any, ...]]] = reading.info.setdefault(Facts, {})
        if self not in said:
            said[self] = self.rows(reading)
        return said[self]

    def pieces(self, reading: Session, size: int, given: Mapping[str, Any] = _NOTHING) -> Iterator[list[Any]]:
        """Rows of plain texts and numbers, `size` at a time, as the driver gives them. Raises DBAPIError."""
        connection = _connection_of(reading)
        return self._in_words_of(connection, given).pieces(connection, given, size)

    def values(self, reading: Session, given: Mapping[str, Any] = _NOTHING) -> list[Any]:
        """The first part of each row, which mostly is the only one."""
        return [first for first, *_ in self.rows(reading, given)]

    def value(self, reading: Session, given: Mapping[str, Any] = _NOTHING) -> Any:
        """The first part of the first row, or None."""
        return next(iter(self.values(reading, given)), None)

    def _made(self, found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The driver's rows, in the parts that were selected."""
        return [tuple([made(row[part]) for part, made in self._parts]) for row in found]

    def _in_words_of(self, connection: Connection, given: Mapping[str, Any]) -> Prepared:
        dialect = connection.dialect
        kind = dialect.name, dialect.name == "postgresql" and any(map(_is_long, given.values()))
        if kind not in self._prepared:
            self._prepared[kind] = Prepared(self._selection, dialect, many=kind[1])
        return self._prepared[kind]


Asked = Sequence[tuple[Facts, Mapping[str, Any]]]
"""Statements, each with what it is given."""


def _key(facts: Facts, given: Mapping[str, Any]) -> tuple[Any, ...]:
    return facts, *((name, _hashable(value)) for name, value in given.items())


def _hashable(value: Any) -> Any:
    if isinstance(value, Set):
        return tuple(sorted(value))
    return tuple(value) if isinstance(value, list) else value


def padded(several: Sequence[_T]) -> Sequence[_T]:
    """Filled up to a power of two with its last: then few statements differ, and each is prepared soon."""
    return [*several, *[several[-1]] * ((1 << (len(several) - 1).bit_length()) - len(several))] if several else several


def unwatched(kind: type[_F], **values: Any) -> _F:
    """A fact to be written, like those that are read: for what is made by the thousand.

    Raises TypeError for what the kind has no column for.
    """
    names = _columns(kind)
    if not values.keys() <= names.keys():
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(values.keys() - names.keys()))}")
    fact: _F = object.__new__(_as_read(kind, tuple(names)))
    fact.__dict__.update(values)
    return fact


@cache
def _columns(kind: Any) -> Mapping[str, Any]:
    return dict(inspect(kind).local_table.columns)


def _list_padded(value: Any) -> Any:
    if isinstance(value, Set):
        value = sorted(value)
    return padded(value) if isinstance(value, list | tuple) else value


def _is_long(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > FEW


def _taken_apart(table: Any) -> tuple[list[Any], _Made]:
    """The columns of a table or an alias of it, and how a fact is made of their values."""
    mapper = inspect(table).mapper
    names = tuple(mapper.local_table.columns.keys())
    key = names.index(mapper.primary_key[0].key)
    kind: Any = _as_read(mapper.class_, names)

    def made(values: Sequence[Any]) -> Any:
        if values[key] is None:
            return None
        fact = object.__new__(kind)
        fact.__dict__.update(zip(names, values, strict=True))
        return fact

    return [getattr(table, name) for name in names], made


@cache
def _as_read(kind: Any, names: tuple[str, ...]) -> Any:
    """The same kind of fact with columns that are plain values: the ORM's own are asked by a call for each look."""
    return type(kind.__name__, (kind,), {"__abstract__": True, "__module__": kind.__module__, **dict.fromkeys(names)})


def _alone(values: Sequence[Any]) -> Any:
    return values[0]


def _connection_of(reading: Session) -> Connection:
    """That of a session of `Ledger.read`, which is bound to it; another has to be asked for its own."""
    return reading.bind if isinstance(reading.bind, Connection) else reading.connection()
