"""Status of very many certificates in few octets each: a table of fixed rows and an index by hash.

A row is a serial number, the certificate's SHA-256 and a state: 61 octets, and 8 to 16 more in the index. One thread
writes, any may read: a row's octets are complete before the index names it, and a state changes in one step. No row
costs much more than another: a larger index is made by and by, as rows come.
"""

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import Struct

from pki.status import REASON_CODES, CertificateStatus, Good, Held, Pending, Revoked

SERIAL, DIGEST, STATE = 21, 32, 8
"""Octets: of an INTEGER's content for the longest serial number (RFC 5280 clause 4.1.2.2) with a sign, and so on."""
_ROW = SERIAL + DIGEST + STATE
_STATE_AT = SERIAL + DIGEST
_KEYS = Struct(f"{SERIAL}s{DIGEST + STATE}x")
"""Of rows their keys."""
_PENDING, _GOOD, _HELD, _REVOKED = 0, 1, 2, 0x10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REASONS = {code: name for name, code in REASON_CODES.items()}
_WORDS = {_PENDING: "pending", _GOOD: "good", _HELD: "held"}
NO_DIGEST = bytes(DIGEST)
_BY_AND_BY = 8
"""Rows that a larger index names with each that comes: it is ready before the present one is four fifths full."""


def key_of(serial_number: int) -> bytes | None:
    """The key of a serial number; None for one that no certificate of ours can have."""
    if serial_number < 0 or serial_number.bit_length() > 8 * SERIAL - 1:
        return None
    return serial_number.to_bytes(SERIAL, "big")


def state_of(status: CertificateStatus) -> bytes:
    """The eight octets of a status: what it is, and since when in microseconds (which end in the year 4253)."""
    match status:
        case Good():
            return _state(_GOOD)
        case Held(at):
            return _state(_HELD, at)
        case Revoked(at, reason):
            return _state(_REVOKED | REASON_CODES[reason], at)
    return _state(_PENDING)


def status_of(record: bytes) -> CertificateStatus:
    """The status that a record (digest and state) tells."""
    kind, since = record[DIGEST], int.from_bytes(record[DIGEST + 1 :], "big")
    if kind == _GOOD:
        return Good(record[:DIGEST].hex())
    if kind == _PENDING:
        return Pending()
    at = _EPOCH + timedelta(microseconds=since)
    return Held(at) if kind == _HELD else Revoked(at, _REASONS[kind & ~_REVOKED])


def is_pending(record: bytes) -> bool:
    """Whether the record is of an intent that has no certificate yet."""
    return record[DIGEST] == _PENDING


def is_good(record: bytes) -> bool:
    """Whether the record is of a certificate that is neither held nor revoked."""
    return record[DIGEST] == _GOOD


def outcome_of(record: bytes) -> str:
    """The status in a word: `good`, `held`, `revoked` or `pending`."""
    return _WORDS.get(record[DIGEST], "revoked")


def _state(kind: int, at: datetime = _EPOCH) -> bytes:
    return bytes((kind,)) + ((at - _EPOCH) // _MICROSECOND).to_bytes(STATE - 1, "big")


class StatusTable:
    """Records by serial number. Rows are never taken away, as nothing is in the ledger."""

    def __init__(self, expected: int = 0) -> None:
        """Room for `expected` rows before the index has to be made anew."""
        self._rows = bytearray()
        self._count = 0
        self._index = _empty(expected)
        self._larger: array[int] | None = None
        """The index that will take the place of the present one, while it is being made."""
        self._named = 0
        """How many rows it names."""

    def __len__(self) -> int:
        return self._count

    @property
    def octets(self) -> int:
        """Octets of memory that the table takes."""
        larger = 0 if self._larger is None else self._larger.__sizeof__()
        return self._rows.__sizeof__() + self._index.__sizeof__() + larger

    def find(self, key: bytes) -> bytes | None:
        """The record (digest and state) under `key`, which has SERIAL octets; None if there is none."""
        rows, index = self._rows, self._index
        mask = len(index) - 1
        at = hash(key) & mask
        while row := index[at]:
            start = row * _ROW - _ROW
            if rows.startswith(key, start):
                return bytes(rows[start + SERIAL : start + _ROW])
            at = (at + 1) & mask
        return None

    def put(self, key: bytes, digest: bytes, state: bytes) -> bytes | None:
        """The record under `key` is this one; returns what it was before, None if it was not there."""
        row, at = self._place(key)
        if row:
            start = row * _ROW - _ROW
            before = bytes(self._rows[start + SERIAL : start + _ROW])
            self._rows[start + SERIAL : start + _ROW] = digest + state
            return before
        self._rows += key + digest + state
        self._count += 1
        self._index[at] = self._count
        self._widen(1)
        return None

    def extend(self, rows: bytes) -> None:
        """Whole rows (key, digest, state) of keys that are not there yet: as if each were put, at less cost."""
        first, added = self._count + 1, len(rows) // _ROW
        self._rows += rows
        self._count += added
        if self._count * 8 > len(self._index) * 7:  # the present index has no room for so many
            self._larger, self._named = _empty(2 * self._count), 0
            self._name_up_to(self._count)
        else:
            _name(self._index, rows, first)
            self._widen(added)

    def keys(self) -> Iterator[bytes]:
        """Each key, in the order in which they came."""
        return (bytes(self._rows[start : start + SERIAL]) for start in range(0, self._count * _ROW, _ROW))

    def _place(self, key: bytes) -> tuple[int, int]:
        rows, index = self._rows, self._index
        mask = len(index) - 1
        at = hash(key) & mask
        while row := index[at]:
            start = row * _ROW - _ROW
            if rows.startswith(key, start):
                return row, at
            at = (at + 1) & mask
        return 0, at

    def _widen(self, added: int) -> None:
        """Of an index that is two thirds full a larger one takes the place; readers keep the old one till then."""
        if self._larger is None:
            if self._count * 3 <= len(self._index) * 2:
                return
            self._larger, self._named = _empty(2 * self._count), 0
        self._name_up_to(min(self._named + _BY_AND_BY * added, self._count))

    def _name_up_to(self, row: int) -> None:
        if self._larger is not None:
            _name(self._larger, self._rows[self._named * _ROW : row * _ROW], self._named + 1)
            self._named = row
            if row == self._count:
                self._index, self._larger = self._larger, None


def _name(index: "array[int]", rows: bytes | bytearray, first: int) -> None:
    """The index names these rows, of which the first has this number."""
    mask = len(index) - 1
    for row, (key,) in enumerate(_KEYS.iter_unpack(rows), start=first):
        at = hash(key) & mask
        while index[at]:
            at = (at + 1) & mask
        index[at] = row


def _empty(expected: int) -> "array[int]":
    """An index of a power of two of places, at least half again as many as are expected."""
    places = 1 << max(10, (expected + expected // 2).bit_length())
    return array("I", bytes(4 * places))
