"""PostgreSQL's driver, with a short way for statements that are asked again and again: libpq is asked by us.

psycopg makes for each execution a cursor, reads the text's placeholders and looks for a prepared statement, in Python:
that takes three times what libpq takes. Here a text is read once, and values are still written and read
by psycopg's own adapters, so that what is given and got is the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

PREPARED_AFTER = 2
"""Executions of a statement on one connection before it is prepared there."""
MOST_PREPARED = 512
"""Statements prepared on one connection at most, in each of the two ways."""
_PLACEHOLDER = re.compile(r"%\(([^)]+)\)([sb])|%%")
_FORMATS = {"s": PyFormat.AUTO, "b": PyFormat.BINARY}
_IDLE, _FAULTY = TransactionStatus.IDLE, {ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE}


@dataclass(frozen=True)
class _Numbered:
    """A text whose parameters are $1, $2 …, and by what names and in what formats they are given."""

    text: bytes
    names: Sequence[str]
    formats: Sequence[PyFormat]


class Wire(psycopg.Connection[Any]):
    """A connection of psycopg that can also be asked the short way. As any, it is one thread's at a time.

    A statement that runs is not broken off by a signal: the server's own timeouts end it.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.prepared_max = MOST_PREPARED
        self._words = Transformer(self)
        self._numbers = count(1)
        self._met: dict[object, int] = {}
        """How often each text was asked that is not prepared."""
        self._prepared_here: dict[object, bytes] = {}
        """The names of those that are, the oldest first."""

    def asked(self, statement: str, given: Mapping[str, Any]) -> list[list[Any]]:
        """The rows of this statement in psycopg's words (`%(name)s`), in the connection's transaction.

        Raises psycopg.Error.
        """
        numbered = _numbered(statement)
        with self.lock:
            self._begun()
            result = self._result(numbered, [given[name] for name in numbered.names])
            self._require(result)
            if result.status == ExecStatus.COMMAND_OK:
                return []
            self._words.set_pgresult(result)
            rows: list[Any] = self._words.load_rows(0, result.ntuples, list)
            self._words.set_pgresult(None)
        return rows

    def rollback(self) -> None:
        """As psycopg's, which forgets then what is prepared on the server: so does this."""
        undone = self.pgconn.transaction_status != _IDLE
        super().rollback()
        if undone and self._prepared_here:
            self._forget()
            self._require(self.pgconn.exec_(b"DEALLOCATE ALL"))

    def _begun(self) -> None:
        if not self.autocommit and self.pgconn.transaction_status == _IDLE:
            self._require(self.pgconn.exec_(b"BEGIN"))

    def _result(self, numbered: _Numbered, values: Sequence[Any]) -> Any:
        dumped: Any = self._words.dump_sequence(values, numbered.formats) if values else None
        types, formats = (self._words.types, self._words.formats) if values else (None, None)
        key = (numbered.text, types)
        name = self._prepared_here.get(key)
        if name is None and self._met.get(key, 0) < PREPARED_AFTER:
            if len(self._met) > MOST_PREPARED:
                self._met.clear()
            self._met[key] = self._met.get(key, 0) + 1
            return self.pgconn.exec_params(numbered.text, dumped, types, formats)
        if name is None:
            name = self._prepare(key, numbered.text, types)
        return self.pgconn.exec_prepared(name, dumped, formats)

    def _prepare(self, key: object, text: bytes, types: Any) -> bytes:
        if len(self._prepared_here) >= MOST_PREPARED:
            oldest = next(iter(self._prepared_here))
            self._require(self.pgconn.exec_(b"DEALLOCATE " + self._prepared_here.pop(oldest)))
        name = f"wire_{next(self._numbers)}".encode()
        self._require(self.pgconn.prepare(name, text, types))
        self._prepared_here[key] = name
        self._met.pop(key, None)
        return name

    def _forget(self) -> None:
        self._prepared_here.clear()
        self._met.clear()

    def _require(self, result: Any) -> None:
        """Raises what the server says is wrong."""
        if result.status in _FAULTY:
            fault = error_from_result(result, encoding="utf-8")
            if isinstance(fault, InvalidSqlStatementName):
                self._forget()
            raise fault


@cache
def _numbered(statement: str) -> _Numbered:
    numbers: dict[str, int] = {}
    formats: list[PyFormat] = []

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return "%"
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            formats.append(_FORMATS[found.group(2)])
        return f"${numbers[name]}"

    text = _PLACEHOLDER.sub(number, statement).encode()
    return _Numbered(text, list(numbers), formats)
