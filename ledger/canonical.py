"""The one encoding that digests are taken over: RFC 8785 JSON of portable values.

A portable value is equal whichever database it came from: integers, text, booleans, lists and objects of
them. Times become microseconds since 1970 UTC, octets hex, dates ISO 8601, enumerations their value. Floats
and naive times are refused.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Never

import rfc8785

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Portable = None | bool | int | str | list["Portable"] | dict[str, "Portable"]


def canonical(value: Any) -> bytes:
    """RFC 8785 octets of `value`, whose parts are made portable first. Raises TypeError for what cannot be."""
    return rfc8785.dumps(portable(value))


def portable(value: Any) -> Portable:  # noqa: PLR0911 - one line per kind of value reads best
    """The portable form of `value`. Integers beyond 2^53 become decimal text, since JSON has no room for them."""
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return portable(value.value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    return _refuse(value)


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
