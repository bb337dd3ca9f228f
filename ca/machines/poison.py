"""A row on which a look breaks is one refusal and a line in the log: whoever writes rows can stop nobody by one."""

import logging
from collections.abc import Callable, Sequence
from errno import EDOM, EILSEQ, EINVAL, ENAMETOOLONG, EOVERFLOW, ERANGE
from typing import TypeVar

from sqlalchemy.exc import DataError, DBAPIError

from ledger.decision import Refuse
from ledger.ledger import ClockWentBackwards, LedgerUnavailable

NOT_MADE = "enrolment.not-made"
"""Of a request on whose certificate the room breaks while it makes it: it alone is over, and the log says why."""
_OF_VALUES = frozenset({None, EINVAL, EDOM, ERANGE, EOVERFLOW, EILSEQ, ENAMETOOLONG})
"""What a system call says of a value, a time that it cannot hold for instance; all else it says of the machine."""
_log = logging.getLogger(__name__)
_R = TypeVar("_R")


def apart(
    row: str, look: Callable[[], _R], code: str = "machine.proof-wrong", *, but: type[Exception] | None = None
) -> _R | Refuse:
    """What the look at this row says, or `code` if it breaks: nothing is proven by it.

    A database that is away, a disk that is full and code that is not there are nobody's row; nor is what `but` names.
    """
    try:
        return look()
    except Exception as fault:
        if not _of_a_row(fault) or (but is not None and isinstance(fault, but)):
            raise
        _log.exception("%s breaks whoever looks at it: refused", row)
        return Refuse(code)


def sifted(rows: Sequence[str], look: Callable[[Sequence[str]], None]) -> list[str]:
    """The rows on each of which `look` breaks though it is asked about that one alone; it has looked at all others.

    It is asked about all of them at once, and about halves of those with which it broke. What breaks though it is asked
    about none is the fault of no row, and raised: else all that wait would be refused for it.
    """
    try:
        if rows:
            look(rows)
    except Exception as fault:
        if not _of_a_row(fault):
            raise
        look([])
        if len(rows) == 1:
            _log.exception("%s breaks whoever reads it: refused", rows[0])
            return list(rows)
        half = len(rows) // 2
        return sifted(rows[:half], look) + sifted(rows[half:], look)
    return []


def _of_a_row(fault: Exception) -> bool:
    if isinstance(fault, LedgerUnavailable | ClockWentBackwards | MemoryError | ImportError):
        return False
    if isinstance(fault, OSError):
        return fault.errno in _OF_VALUES
    return isinstance(fault, DataError) or not isinstance(fault, DBAPIError)
