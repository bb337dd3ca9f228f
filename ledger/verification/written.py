"""Raw rows, written as the digests want them: strictly by type, and a table's columns worked out but once.

`ledger.entry` hashes whole objects, for those who write them one by one. Here a row is the tuple that the driver
gave, and there are millions; tests/ledger/test_written.py holds one against the other. SQLite keeps whatever type
it is given, so a value that only looks right (the hex of some octets as text, 2 for true) must not pass.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from json.encoder import encode_basestring as json_text
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Text

from ledger.base import Fact, Instant
from ledger.canonical import EXACT, canonical, microseconds
from ledger.entry import Entry

_COVERED = ("actor", "at", "body", "facts", "id", "kind", "release", "request_id")
"""What an entry's digest covers beside its salt, in the order of RFC 8785."""
_OCTETS = (bytes, memoryview)
_NO_TEXT = "something stands where text should"
_ALWAYS = {"salt", *_COVERED} - {"request_id"}
_FIRST = microseconds(datetime(1, 1, 1, tzinfo=UTC))
_LAST = microseconds(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
_Form = Callable[[Any], str]
"""Writes one raw value, not null, in canonical JSON. Raises Unreadable; where text should be, TypeError."""


class Unreadable(Exception):
    """A row holds a value that its column cannot have."""


@cache
def row_hash(fact_class: type[Fact]) -> Callable[[Sequence[Any]], str]:
    """Computes `version:hash` of a fact from the raw values of its columns, in their order. It raises Unreadable."""
    version = fact_class.format_version
    columns = sorted((column.key, place, _form(column)) for place, column in enumerate(fact_class.__table__.columns))
    parts = [(f"{json_text(name)}:", place, form) for name, place, form in columns]
    begin, end = f'{{"table":{json_text(fact_class.__tablename__)},"values":{{', f'}},"version":{version}}}'

    def computed(values: Sequence[Any]) -> str:
        try:
            written = ",".join([name + form(values[place]) for name, place, form in parts if values[place] is not None])
            octets = f"{begin}{written}{end}".encode()
        except (TypeError, ValueError) as fault:
            raise Unreadable(f"{_NO_TEXT}: {fault}") from fault
        return f"{version}:{sha256(octets).hexdigest()}"

    return computed


def row_digest(row: Any, facts: Mapping[str, Any] | Unreadable) -> bytes:
    """The digest of an entry, from its raw row and the facts that were read out of it. Raises Unreadable.

    The columns of the entry are the last of the row.
    """
    if isinstance(facts, Unreadable):
        raise facts
    columns = _entry_columns()
    try:
        written = {
            name: form(value)
            for (name, form), value in zip(columns, row[-len(columns) :], strict=True)
            if value is not None and form is not None
        }
        written["facts"] = _facts(facts)
        covered = ",".join([f'"{name}":{written[name]}' for name in _COVERED if name in written])
        octets = f"{{{covered}}}".encode()
    except (TypeError, ValueError) as fault:
        raise Unreadable(f"{_NO_TEXT}: {fault}") from fault
    if not _ALWAYS.issubset(written):
        raise Unreadable(f"its {', '.join(sorted(_ALWAYS.difference(written)))} is missing")
    return sha256(bytes(row.salt) + octets).digest()


@cache
def _entry_columns() -> Sequence[tuple[str, _Form | None]]:
    """The columns of an entry with their forms; `facts` is read and written by itself."""
    columns = Entry.__table__.columns
    return [(column.key, None if column.key == "facts" else _form(column)) for column in columns]


def _facts(facts: Mapping[str, Any]) -> str:
    written = ",".join([f"{json_text(name)}:{json_text(told)}" for name, told in sorted(facts.items())])
    # Beyond ASCII the order of names is another matter.
    return f"{{{written}}}" if written.isascii() else canonical(facts).decode()


def _form(column: Any) -> _Form:
    """Raises KeyError for a type of column that no fact has so far: it needs a form here."""
    return _FORMS[type(column.type)](column.key)


def _octets(name: str) -> _Form:
    def form(value: Any) -> str:
        if not isinstance(value, _OCTETS):
            raise Unreadable(f"{name} is not of its type")
        return f'"{value.hex()}"'

    return form


def _integer(name: str) -> _Form:
    def form(value: Any) -> str:
        if not isinstance(value, int):
            raise Unreadable(f"{name} is not of its type")
        return f"{value:d}" if -EXACT < value < EXACT else f'"{value:d}"'

    return form


def _instant(name: str) -> _Form:
    def form(value: Any) -> str:
        if not isinstance(value, int):
            raise Unreadable(f"{name} is not of its type")
        if not _FIRST <= value <= _LAST:
            raise Unreadable(f"{name} is no time")
        return f"{value:d}"

    return form


def _boolean(name: str) -> _Form:
    def form(value: Any) -> str:
        if value not in (0, 1):
            raise Unreadable(f"{name} is neither true nor false")
        return "true" if value else "false"

    return form


_FORMS: Mapping[type[Any], Callable[[str], _Form]] = {
    String: lambda _: json_text,
    Text: lambda _: json_text,
    LargeBinary: _octets,
    BigInteger: _integer,
    Integer: _integer,
    Instant: _instant,
    Boolean: _boolean,
}
"""How the values of each type of column are written, given the column's name."""
