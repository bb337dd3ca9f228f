"""The audit entry: who did what when, which facts it caused, and the digest that commits to all of it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from ledger.base import Base, Fact, Instant
from ledger.canonical import canonical, text_of


class Entry(Base):
    """One audit row. `digest` is what the log holds; everything before it is what the digest covers.

    The columns after it are stamped by the database, not by the writer: `writer` (the database role),
    `incarnation` (raised by restore, migration and promotion), `transaction_id` (PostgreSQL's 64-bit id) and
    `position` (SQLite's order of commits).
    """

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("id"), {"sqlite_autoincrement": True})

    id: Mapped[str] = mapped_column(String(36), nullable=False, sort_order=-10)
    at: Mapped[Any] = mapped_column(Instant, nullable=False, index=True)
    actor: Mapped[str] = mapped_column(String(80), nullable=False, index=True)
    kind: Mapped[str] = mapped_column(String(64), nullable=False, index=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    release: Mapped[str] = mapped_column(String(32), nullable=False)
    salt: Mapped[bytes]
    body: Mapped[str]
    """The event's fields as RFC 8785 text; null once purged past retention."""
    facts: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), nullable=False)
    """`{"table/key": "version:hash"}`"""
    digest: Mapped[bytes]
    writer: Mapped[str | None] = mapped_column(String(64))
    incarnation: Mapped[int] = mapped_column(
        default=text("(SELECT coalesce(max(number), 0) FROM incarnation)"), nullable=False
    )
    transaction_id: Mapped[int | None] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012 - SQLAlchemy types it as a plain attribute


def entry_digest(values: Mapping[str, Any]) -> bytes:
    """The salted SHA-256 that a leaf of the log holds, over the entry's covered columns in canonical JSON.

    `values` are the columns of `Entry`; `body` is the RFC 8785 text and is covered as that text.
    """
    covered = {name: values[name] for name in ("id", "at", "actor", "kind", "release", "body", "facts")}
    if values.get("request_id") is not None:
        covered["request_id"] = values["request_id"]
    return sha256(bytes(values["salt"]) + canonical(covered)).digest()


def fact_name(fact: Fact) -> str:
    """`table/key`: how an entry names a fact."""
    table, key = _key(type(fact))
    return f"{table}/{getattr(fact, key)}"


@cache
def _key(kind: Any) -> tuple[str, str]:
    """The names of its table and of the primary key's one column."""
    return kind.__table__.name, next(iter(kind.__table__.primary_key.columns)).name


def fact_values(fact: Fact) -> dict[str, Any]:
    """The fact's columns, by name; what was never set is null."""
    return values_of(fact, _columns(type(fact)))


def values_of(fact: Fact, names: Iterable[str]) -> dict[str, Any]:
    """These columns of the fact, by name, not by way of the ORM's attributes where they are there already."""
    there = vars(fact)
    return {name: there[name] if name in there else getattr(fact, name) for name in names}


@cache
def _columns(kind: Any) -> Sequence[str]:
    return tuple(kind.__table__.columns.keys())


def fact_hash(fact: Fact) -> str:
    """`version:hex` of SHA-256 over the canonical JSON of the fact's non-null columns, `entry_id` included."""
    before, members, behind = _form(type(fact))
    there = vars(fact)
    values = [(label, there[name] if name in there else getattr(fact, name)) for name, label in members]
    said = ",".join([f"{label}{text_of(value)}" for label, value in values if value is not None])
    return f"{fact.format_version}:{sha256(f'{before}{said}{behind}'.encode()).hexdigest()}"


@cache
def _form(kind: Any) -> tuple[str, Sequence[tuple[str, str]], str]:
    """The canonical JSON of the kind's facts around their values: these stand in the order of the columns' names."""
    table, version = text_of(kind.__tablename__), text_of(kind.format_version)
    members = [(name, f"{text_of(name)}:") for name in sorted(_columns(kind))]
    return f'{{"table":{table},"values":{{', members, f'}},"version":{version}}}'
