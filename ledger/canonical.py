"""The one encoding that digests are taken over: RFC 8785 JSON of portable values.

A portable value is equal whichever database it came from: integers, text, booleans, lists and objects of
them. Times become microseconds since 1970 UTC, octets hex, dates ISO 8601, enumerations their value. Floats
and naive times are refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Never

from pki.json_text import encoder_of, quoted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EXACT = 2**53
"""From here on an integer is written as decimal text."""
Portable = None | bool | int | str | list["Portable"] | dict[str, "Portable"]


def canonical(value: Any) -> bytes:
    """RFC 8785 octets of `value`, whose parts are made portable first. Raises TypeError for what cannot be."""
    return _encode(portable(value)).encode()


def canonical_of_kind(value: Any) -> bytes:
    """As `canonical`, for values whose names are the program's own, so that they come again: their order is kept."""
    return text_of(value).encode()


def text_of(value: Any) -> str:
    """The octets of `canonical_of_kind` as text. What is of the commonest kinds is written without being copied."""
    form = _TEXTS.get(type(value))
    return _encode(portable(value)) if form is None else form(value)


def _object_text(value: Mapping[str, Any]) -> str:
    members = [
        label + (quoted(item) if type(item := value[name]) is str else text_of(item))
        for name, label in _labels(tuple(value))
    ]
    return "{" + ",".join(members) + "}"


@lru_cache(maxsize=1024)
def _labels(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """These names in their order, each with what stands before its value."""
    _check_places(names)
    return [(name, f"{quoted(name)}:") for name in sorted(names)]


def _list_text(value: Sequence[Any]) -> str:
    return "[" + ",".join([quoted(item) if type(item) is str else text_of(item) for item in value]) + "]"


def portable(value: Any) -> Portable:
    """The portable form of `value`. Integers beyond 2^53 become decimal text, since JSON has no room for them."""
    form = _FORMS.get(type(value))
    if form is not None:
        return form(value)
    for kind, form in _FORMS.items():
        if isinstance(value, kind):
            return form(value)
    return _refuse(value)


def _same(value: Any) -> Portable:
    return value  # type: ignore[no-any-return]


def _number(value: int) -> Portable:
    return int(value) if -EXACT < value < EXACT else str(int(value))


def _object(value: Mapping[Any, Any]) -> Portable:
    named = {
        key if type(key) is str else str(key): item if type(item) is str or item is None else portable(item)
        for key, item in value.items()
    }
    _check_places(named)
    return named


def _check_places(names: Iterable[str]) -> None:
    letters = "".join(names)
    if not letters.isascii() and max(letters) > "\uffff":
        raise TypeError("a name beyond the Basic Multilingual Plane has no canonical place")


def _list(value: Sequence[Any]) -> Portable:
    return [item if type(item) is str else portable(item) for item in value]


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970-01-01T00:00:00Z to `moment`, exact. Raises TypeError for a naive time."""
    if moment.tzinfo is None:
        raise TypeError("a time without a zone cannot be recorded: use aware UTC times")
    return (moment - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """The UTC time that is `count` microseconds after 1970-01-01T00:00:00Z; undoes `microseconds`."""
    return _EPOCH + count * _MICROSECOND


def _refuse(value: Any) -> Never:
    kind = "dataclass " if is_dataclass(value) else ""
    raise TypeError(f"{kind}{type(value).__name__} has no canonical form")


_FORMS: dict[type[Any], Callable[[Any], Portable]] = {
    Enum: lambda value: portable(value.value),
    str: _same,
    type(None): _same,
    bool: _same,
    int: _number,
    bytes: bytes.hex,
    memoryview: lambda value: bytes(value).hex(),
    datetime: microseconds,
    date: date.isoformat,
    dict: _object,
    Mapping: _object,
    list: _list,
    tuple: _list,
}
"""How each kind of value is written. The order decides for subclasses: an Enum of texts is an Enum."""
_encode = encoder_of(sort_keys=True, refuse=_refuse)
"""The standard encoder. Without floats and with names of the Basic Multilingual Plane it writes RFC 8785 (its clauses
3.2.2 and 3.2.3), ten times as fast as another that tests/ledger/test_canonical.py holds it against."""
_TEXTS: dict[type[Any], Callable[[Any], str]] = {
    str: quoted,
    bytes: lambda value: f'"{value.hex()}"',
    datetime: lambda value: str(microseconds(value)),
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    dict: _object_text,
    list: _list_text,
    tuple: _list_text,
}
