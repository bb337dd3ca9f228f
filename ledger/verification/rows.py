"""Reading rows that may have been tampered with, and never stopping at one that cannot be read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, LargeBinary, Select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, NullType

from ledger.base import Base, Fact, Instant
from ledger.verification.written import Unreadable

CHUNK = 1000
Told = Mapping[str, str] | Unreadable
"""What an entry says of its facts, `{"table/key": "version:hash"}`, or why it cannot be read."""


def fact_classes() -> dict[str, type[Fact]]:
    """Every table of facts that is loaded, by name, in the order of foreign keys."""
    known = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    ordered = [table.name for table in Base.metadata.sorted_tables]
    return {name: known[name] for name in ordered if name in known and issubclass(known[name], Fact)}


def facts_of(row: Any) -> Told:
    """What the raw row of an entry says of its facts."""
    raw = row.facts
    if isinstance(raw, str):
        try:
            parsed = json.loads(raw)
            # A second value under one key would be seen by the database's guards, but not by us.
            if json.dumps(parsed) != raw:
                return Unreadable("its list of facts is not as it was written")
        except (ValueError, RecursionError) as fault:
            return Unreadable(str(fault))
        raw = parsed
    return raw if isinstance(raw, dict) else Unreadable("its list of facts is no object")


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


def octets(value: Any) -> bytes:
    """The octets that a column should hold; none if it holds something else."""
    if type(value) is bytes:
        return value
    return bytes(value) if isinstance(value, memoryview) else b""


def _raw(column: Any) -> Any:
    if isinstance(column.type, Boolean | Instant):
        return type_coerce(column, Integer).label(column.key)
    if isinstance(column.type, JSON | LargeBinary):
        return type_coerce(column, NullType()).label(column.key)
    return column
