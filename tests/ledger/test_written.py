"""What verification computes from raw rows is what a writer computed from whole objects."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import BigInteger, Boolean, LargeBinary, String, Text

import migrations.tables  # noqa: F401 - loads every table
from ledger.base import Fact, Instant
from ledger.canonical import microseconds
from ledger.entry import Entry, entry_digest, fact_hash
from ledger.people import AppointmentTerm, PersonDetail
from ledger.verification.rows import fact_classes
from ledger.verification.written import Unreadable, row_digest, row_hash

_TEXT = some.text(some.characters(blacklist_categories=["Cs"]), max_size=20)
_VALUES = {
    String: _TEXT,
    Text: _TEXT,
    LargeBinary: some.binary(max_size=40),
    BigInteger: some.integers(-(2**63), 2**63 - 1),
    Boolean: some.booleans(),
    Instant: some.datetimes(timezones=some.just(UTC)),
}
"""What a fact can hold in a column of each type."""


_ENTRY = [column.key for column in Entry.__table__.columns]


class EntryRow(tuple[Any, ...]):
    """A raw row of an entry."""

    __slots__ = ()

    @property
    def salt(self) -> Any:
        return self[_ENTRY.index("salt")]


def raw(value: Any) -> Any:
    """As SQLite's driver gives it."""
    if isinstance(value, datetime):
        return microseconds(value)
    return int(value) if isinstance(value, bool) else value


def entry_row(**values: Any) -> Any:
    """A raw row with these columns; the others are null."""
    return EntryRow(raw(values.get(name)) for name in _ENTRY)


@pytest.mark.parametrize("fact_class", fact_classes().values(), ids=fact_classes())
@settings(max_examples=15)
@given(drawn=some.data())
def test_the_hash_of_a_raw_row_is_that_of_the_fact(fact_class: type[Fact], drawn: some.DataObject) -> None:
    kinds = {column.key: type(column.type) for column in fact_class.__table__.columns}
    values = {name: drawn.draw(some.none() | _VALUES[kind], name) for name, kind in kinds.items()}

    computed = row_hash(fact_class)([raw(value) for value in values.values()])

    assert computed == fact_hash(fact_class(**values))


@given(
    at=some.datetimes(timezones=some.just(UTC)),
    texts=some.fixed_dictionaries(dict.fromkeys(("id", "actor", "kind", "release", "body"), _TEXT)),
    request_id=some.none() | _TEXT,
    salt=some.binary(max_size=32),
    facts=some.dictionaries(some.text(some.characters(max_codepoint=0xFFFF, blacklist_categories=["Cs"])), _TEXT),
)
def test_the_digest_of_a_raw_row_is_that_of_the_entry(
    at: datetime, texts: dict[str, str], request_id: str | None, salt: bytes, facts: dict[str, str]
) -> None:
    values = {**texts, "at": at, "request_id": request_id, "salt": salt, "facts": facts}

    assert row_digest(entry_row(**values), facts) == entry_digest(values)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", b"m1"),
        ("number", "1"),
        ("number", 1.0),
        ("valid_from", "0"),
        ("valid_from", 2**62),
        ("acting", 2),
        ("acting", "true"),
        ("decree", 7),
        ("decree", "\ud800"),
    ],
)
def test_a_value_that_its_column_cannot_have_is_unreadable(column: str, value: Any) -> None:
    row = dict.fromkeys(AppointmentTerm.__table__.columns.keys())

    with pytest.raises(Unreadable):
        row_hash(AppointmentTerm)([*(row | {column: value}).values()])


@pytest.mark.parametrize("value", ["00", 0, 1.5])
def test_octets_are_octets(value: Any) -> None:
    salt = list(PersonDetail.__table__.columns.keys()).index("salt")
    row: list[Any] = [None] * len(PersonDetail.__table__.columns)
    row[salt] = value

    with pytest.raises(Unreadable):
        row_hash(PersonDetail)(row)


@pytest.mark.parametrize(
    "wrong",
    [
        {"salt": None}, {"salt": "00"}, {"actor": None}, {"body": None}, {"body": b"{}"}, {"at": "soon"},
        {"at": 2**62}, {"digest": "00"}, {"incarnation": "0"}, {"facts": {"person/p1": 5}},
        {"facts": {"\U0001f600": "1:00"}},
    ],
    ids=str,
)  # fmt: skip
def test_an_entry_with_a_value_that_its_column_cannot_have_is_unreadable(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {
        "id": "e1", "at": datetime(2026, 11, 24, tzinfo=UTC), "actor": "system:test", "kind": "test", "release": "1",
        "body": "{}", "salt": b"", "facts": {},
    }  # fmt: skip
    values = right | wrong

    with pytest.raises(Unreadable):
        row_digest(entry_row(**values), values["facts"])
