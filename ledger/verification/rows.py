"""Reading rows that may have been tampered with: strictly by type, and never stopping at one that cannot be read.

SQLite keeps whatever type it is given, so a value that only looks right (the hex of some octets as text, 2 for
true) must not pass.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Boolean, Integer, LargeBinary, Select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, NullType

from ledger.base import Base, Fact, Instant
from ledger.canonical import moment
from ledger.entry import Entry, entry_digest, fact_hash

CHUNK = 1000
_Row = TypeVar("_Row")


class Unreadable(Exception):
    """A row holds a value that its column cannot have."""


def fact_classes() -> dict[str, type[Fact]]:
    """Every table of facts that is loaded, by name, in the order of foreign keys."""
    known = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    ordered = [table.name for table in Base.metadata.sorted_tables]
    return {name: known[name] for name in ordered if name in known and issubclass(known[name], Fact)}


def digest_of(row: Any) -> bytes:
    """The digest of an entry, computed again from its raw row. Raises Unreadable."""
    values = row._asdict()
    if values["body"] is None:
        raise Unreadable("its body is missing")
    values["facts"] = facts_of(row)
    return _tried(lambda: entry_digest({**_strict(Entry, values), "facts": values["facts"]}))


def facts_of(row: Any) -> dict[str, str]:
    """`{"table/key": "version:hash"}` of an entry's raw row. Raises Unreadable."""
    raw = row.facts
    if isinstance(raw, str):
        parsed = _tried(lambda: json.loads(raw))
        # A second value under one key would be seen by the database's guards, but not by us.
        if json.dumps(parsed) != raw:
            raise Unreadable("its list of facts is not as it was written")
        raw = parsed
    if not isinstance(raw, dict):
        raise Unreadable("its list of facts is no object")
    return raw


def hash_of(fact_class: type[Fact], values: Mapping[str, Any]) -> str:
    """`version:hash` of a fact, computed again from the raw values of its columns. Raises Unreadable."""
    strict = _strict(fact_class, values)
    return _tried(lambda: fact_hash(fact_class(**strict)))


def raw_columns(model: type[Base]) -> list[Any]:
    """The columns of a table to select, as the driver gives them."""
    return [_raw(column) for column in model.__table__.columns]


def chunks(session: Session, statement: Select[Any], key: Any, start: Any = None) -> Iterator[Sequence[Any]]:
    """The rows of `statement` by rising `key`, which it selects, at most CHUNK at a time."""
    while True:
        beyond = statement if start is None else statement.where(key > start)
        rows = session.execute(beyond.order_by(key).limit(CHUNK)).all()
        if not rows:
            return
        yield rows
        start = getattr(rows[-1], key.key)


def _raw(column: Any) -> Any:
    if isinstance(column.type, Boolean | Instant):
        return type_coerce(column, Integer).label(column.key)
    if isinstance(column.type, JSON | LargeBinary):
        return type_coerce(column, NullType()).label(column.key)
    return column


def octets(value: Any) -> bytes:
    """The octets that a column should hold; none if it holds something else."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _strict(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    return {column.key: _checked(column, values[column.key]) for column in model.__table__.columns}


def _checked(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Boolean):
        if value not in (0, 1):
            raise Unreadable(f"{column.key} is neither true nor false")
        return bool(value)
    if isinstance(column.type, JSON):
        return value
    if isinstance(value, memoryview):
        value = bytes(value)
    if not isinstance(value, _python_type(column)):
        raise Unreadable(f"{column.key} is not of its type")
    return _tried(lambda: moment(value)) if isinstance(column.type, Instant) else value


def _python_type(column: Any) -> Any:
    if isinstance(column.type, LargeBinary):
        return bytes
    return int if isinstance(column.type, Instant) else column.type.python_type


def _tried(make: Callable[[], _Row]) -> _Row:
    try:
        return make()
    except (TypeError, ValueError, OverflowError, KeyError, RecursionError) as fault:
        raise Unreadable(str(fault)) from fault
