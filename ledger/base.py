"""What every table is made of: portable column types, the Fact, and the idioms of table.

Four idioms and no fifth: *Thing* (id, entry) · *Version* (thing id, number, values, entry; the highest number
counts; UNIQUE thing id + number) · *Use* (UNIQUE thing id + use key) · *Ending* (its primary key is the id of
the thing that it ends). Every table has exactly one primary-key column, of text, and it is the first.
"""

from collections.abc import Set
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Dialect,
    ForeignKey,
    LargeBinary,
    MetaData,
    Select,
    String,
    Text,
    func,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    aliased,
    declared_attr,
    mapped_column,
    registry,
)
from sqlalchemy.types import TypeDecorator

from ledger.canonical import microseconds, moment

Moment = datetime | BindParameter[datetime]
"""A time that a statement is about, or the name by which it is given each time the statement is asked."""
_Selection = TypeVar("_Selection", bound=Select[*tuple[Any, ...]])


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, kept as microseconds since 1970 so that both engines hold the very same value."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds for the database."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """An aware UTC time for us."""
        return None if value is None else moment(value)


BY_OCTETS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted octet by octet on both engines: an index finds what begins with something."""
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def _filled(fact: Any, **values: Any) -> None:
    """The constructor of every table's rows. Nothing is flushed by the ORM, so it need not be told of each value."""
    kind: Any = type(fact)
    unknown = values.keys() - _attributes(kind)
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    vars(fact).update(values)


@cache
def _attributes(kind: Any) -> Set[str]:
    return frozenset(kind.__mapper__.attrs.keys())


mapping = registry(
    metadata=MetaData(naming_convention=NAMES),
    constructor=_filled,
    type_annotation_map={datetime: Instant(), str: Text(), bytes: LargeBinary(), int: BigInteger()},
)


class Base(DeclarativeBase):
    """Root of all tables; knows nothing of Flask."""

    registry = mapping


def key_column(**options: Any) -> Any:
    """The first and only primary-key column of a Thing, Version or Use: one of our own ids."""
    return mapped_column(String(64), primary_key=True, sort_order=-10, **options)


class Fact(Base):
    """A row that the audit entry `entry_id` names and commits to; inserted once, in the entry's transaction."""

    __abstract__ = True
    format_version: ClassVar[int] = 1

    @declared_attr
    @classmethod
    def entry_id(cls) -> Mapped[str]:
        """The audit entry that caused this row."""
        return mapped_column(String(36), ForeignKey("entry.id"), nullable=False, index=True, sort_order=100)


class Personal(Fact):
    """A fact whose values are about a person and may be erased by `purge`.

    Its hash in the entry is a commitment, since the row's own 128-bit `salt` goes into it: once the row is
    gone, the hash tells nothing. `Ledger` fills `salt` in when the fact is added.
    """

    __abstract__ = True

    salt: Mapped[bytes] = mapped_column(sort_order=90)


def latest(version: type[Any], thing_id: InstrumentedAttribute[str]) -> Select[Any]:
    """Selects the newest version of each thing: of `version`, the row with the highest `number` per `thing_id`."""
    hashable: Any = version
    return _latest(hashable, thing_id.key)


@cache
def _latest(version: Any, key: str) -> Select[Any]:
    other = aliased(version)
    of_same = getattr(other, key) == getattr(version, key)
    newest = select(func.max(other.number)).where(of_same).correlate(version).scalar_subquery()
    return select(version).where(version.number == newest)


def without(statement: _Selection, thing_id: Any, *endings: type[Any]) -> _Selection:
    """Keeps the rows whose thing has none of the `endings` (anti-join on each ending's primary key)."""
    for ending in endings:
        key = next(iter(ending.__table__.primary_key.columns))
        statement = statement.where(~select(key).where(key == thing_id).exists())
    return statement
