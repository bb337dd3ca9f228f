"""Our octets are RFC 8785's, by the judgement of another implementation."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.canonical import canonical, canonical_of_kind, microseconds, moment

_TEXT = some.text(some.characters(blacklist_categories=["Cs"]))
_NAMES = some.text(some.characters(max_codepoint=0xFFFF, blacklist_categories=["Cs"]))
_VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "red"


class Odd(Enum):
    A = 1.5


class Level(IntEnum):
    HIGH = 3


@settings(deadline=None)
@given(_VALUES)
def test_any_value_is_written_as_rfc_8785_says(value: object) -> None:
    assert canonical(value) == canonical_of_kind(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (b"\x00\xff", b'"00ff"'),
        (memoryview(b"\x01"), b'"01"'),
        (Colour.RED, b'"red"'),
        (Level.HIGH, b"3"),
        (2**53, b'"9007199254740992"'),
        (date(2026, 11, 24), b'"2026-11-24"'),
        (datetime(1970, 1, 1, 7, 0, 1, tzinfo=timezone(timedelta(hours=7))), b"1000000"),
        (("ກ", None, True), '["ກ",null,true]'.encode()),
    ],
)
def test_each_kind_of_value_has_one_form(value: object, octets: bytes) -> None:
    assert canonical(value) == canonical_of_kind(value) == octets


@pytest.mark.parametrize(
    "value", [1.5, datetime(2026, 1, 1), {"\U0001f600": 1}, {1, 2}, Odd.A]  # noqa: DTZ001
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    for written in (canonical, canonical_of_kind):
        with pytest.raises(TypeError):
            written(value)


@given(some.datetimes(timezones=some.just(UTC)))
def test_a_time_survives_the_database(time: datetime) -> None:
    assert moment(microseconds(time)) == time
