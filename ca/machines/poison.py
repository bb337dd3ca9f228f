"""A row on which a look breaks is one refusal and a line in the log: whoever writes rows can stop nobody by one."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DataError, DBAPIError

from ledger.decision import Refuse
from ledger.ledger import ClockWentBackwards, LedgerUnavailable

_log = logging.getLogger(__name__)
_R = TypeVar("_R")


def apart(row: str, look: Callable[[], _R], code: str = "machine.proof-wrong") -> _R | Refuse:
    """What the look at this row says, or `code` if it breaks: nothing is proven by it.

    A database that is away is nobody's row.
    """
    try:
        return look()
    except (LedgerUnavailable, ClockWentBackwards, MemoryError):
        raise
    except Exception as fault:
        if isinstance(fault, DBAPIError) and not isinstance(fault, DataError):
            raise
        _log.exception("%s breaks whoever looks at it: refused", row)
        return Refuse(code)
