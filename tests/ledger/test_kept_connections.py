"""Connections to a file are kept: a busy house does not read the whole schema again and again."""

from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import event

from ledger.engine import KEPT
from ledger.ledger import Ledger

pytestmark = pytest.mark.sqlite_only("a file has no server that keeps the schema")


def test_as_many_as_read_at_once_are_kept_for_the_next_time(ledger: Ledger) -> None:
    made: list[int] = []

    def count(*_: Any) -> None:
        made.append(1)

    event.listen(ledger.reading, "connect", count)
    for _ in range(3):
        with ExitStack() as at_once:
            for _ in range(KEPT):
                at_once.enter_context(ledger.read())

    assert len(made) <= KEPT
