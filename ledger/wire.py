"""PostgreSQL's driver, with a short way for statements that are asked again and again: libpq is asked by us.

psycopg makes for each execution a cursor, reads the text's placeholders and looks for a prepared statement, in Python:
that takes three times what libpq takes. Here a text is read once, and values are still written and read
by psycopg's own adapters, so that what is given and got is the same. What is asked together is waited for once
(docs/decisions/0033).
"""

import re
import select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

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


@dataclass(frozen=True)
class _Question:
    """A text with its values as the server takes them; by its name if it is prepared."""

    text: bytes
    name: bytes | None = None
    values: Any = None
    types: Any = None
    formats: Any = None


_BEGIN, _COMMIT = _Question(b"BEGIN"), _Question(b"COMMIT")


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
        """The names of those that are, the longest unused first."""

    def asked(self, statement: str, given: Mapping[str, Any]) -> list[list[Any]]:
        """The rows of this statement in psycopg's words (`%(name)s`), in the connection's transaction.

        Raises psycopg.Error.
        """
        [rows] = self.asked_each([(statement, given)])
        return rows

    def asked_each(self, several: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[list[Any]]]:
        """The rows of each, asked one behind the other: the server is waited for once, for the beginning too.

        What comes behind one that is wrong is not asked. Raises psycopg.Error.
        """
        if not several:
            return []
        with self.lock:
            questions = [self._question(_numbered(statement), given) for statement, given in several]
            if not self.autocommit and self.pgconn.transaction_status == _IDLE:
                questions.insert(0, _BEGIN)
            if len(questions) == 1:
                return [self._rows(self._at_once(questions[0]))]
            *results, _ = [self._require(answer) for answer in self._in_one_go(questions)]
            return [self._rows(result) for result in results[len(results) - len(several) :]]

    def enter(self, several: Sequence[tuple[str, Mapping[str, Any]]], behind: str = "") -> None:
        """These statements in a transaction of their own, which is committed: all of it is waited for once.

        What comes `behind` it is told to the server whatever becomes of that. Raises psycopg.Error; on a line that was
        lost it may have been committed.
        """
        with self.lock:
            questions = [self._question(_numbered(statement), given) for statement, given in several]
            to_commit = [_BEGIN, *questions, _COMMIT]
            answers = self._in_one_go([*to_commit, *([_Question(behind.encode())] if behind else [])])
            for answer in answers[: len(to_commit)]:
                self._require(answer)

    def rollback(self) -> None:
        """As psycopg's, which forgets then what is prepared on the server: so does this."""
        undone = self.pgconn.transaction_status != _IDLE
        super().rollback()
        if undone and self._prepared_here:
            self._forget()
            self._require(self.pgconn.exec_(b"DEALLOCATE ALL"))

    def _question(self, numbered: _Numbered, given: Mapping[str, Any]) -> _Question:
        """By what name it is asked if it is prepared, which it is now if it was asked often enough."""
        values = [given[name] for name in numbered.names]
        dumped: Any = self._words.dump_sequence(values, numbered.formats) if values else None
        types, formats = (self._words.types, self._words.formats) if values else (None, None)
        key = (numbered.text, types)
        if (name := self._prepared_here.pop(key, None)) is not None:
            self._prepared_here[key] = name
        elif self._met.get(key, 0) < PREPARED_AFTER:
            if len(self._met) > MOST_PREPARED:
                self._met.clear()
            self._met[key] = self._met.get(key, 0) + 1
        else:
            name = self._prepare(key, numbered.text, types)
        return _Question(numbered.text, name, dumped, types, formats)

    def _prepare(self, key: object, text: bytes, types: Any) -> bytes:
        if len(self._prepared_here) >= MOST_PREPARED:
            unused = next(iter(self._prepared_here))
            self._require(self.pgconn.exec_(b"DEALLOCATE " + self._prepared_here.pop(unused)))
        name = f"wire_{next(self._numbers)}".encode()
        self._require(self.pgconn.prepare(name, text, types))
        self._prepared_here[key] = name
        self._met.pop(key, None)
        return name

    def _at_once(self, one: _Question) -> PGresult:
        if one.name is None:
            return self._require(self.pgconn.exec_params(one.text, one.values, one.types, one.formats))
        return self._require(self.pgconn.exec_prepared(one.name, one.values, one.formats))

    def _in_one_go(self, questions: Sequence[_Question]) -> list[PGresult | None]:
        """All are sent before the first answer is read; a line on which that fails, or is broken off, is closed."""
        try:
            self.pgconn.enter_pipeline_mode()
            self.pgconn.nonblocking = 1
            answers = self._answers(questions)
            self.pgconn.nonblocking = 0
            self.pgconn.exit_pipeline_mode()
        except BaseException:
            self.pgconn.finish()
            raise
        return answers

    def _answers(self, questions: Sequence[_Question]) -> list[PGresult | None]:
        """One to each, and one to the end: by that the server says whether what no COMMIT committed was."""
        for one in questions:
            if one.name is None:
                self.pgconn.send_query_params(one.text, one.values, one.types, one.formats)
            else:
                self.pgconn.send_query_prepared(one.name, one.values, one.formats)
        self.pgconn.pipeline_sync()
        while self.pgconn.flush():
            self._hear(select.POLLIN | select.POLLOUT)  # the server may hear no more before it is heard
        answers = [answer for _ in questions for answer in (self._answer(), self._answer())]  # a None behind each
        end = self._answer()
        if end is not None and end.status in _FAULTY:
            self._answer()  # a None here too
            self._answer()
        return [*answers[::2], end]

    def _answer(self) -> PGresult | None:
        """The next. It is waited for here, where other threads can run meanwhile: in libpq they could not."""
        while self.pgconn.is_busy():
            self._hear(select.POLLIN)
        return self.pgconn.get_result()

    def _hear(self, wanted: int) -> None:
        line = select.poll()
        line.register(self.pgconn.socket, wanted)
        line.poll()
        self.pgconn.consume_input()

    def _rows(self, result: PGresult) -> list[list[Any]]:
        if result.status == ExecStatus.COMMAND_OK:
            return []
        self._words.set_pgresult(result)
        rows: list[Any] = self._words.load_rows(0, result.ntuples, list)
        self._words.set_pgresult(None)
        return rows

    def _forget(self) -> None:
        self._prepared_here.clear()
        self._met.clear()

    def _require(self, result: PGresult | None) -> PGresult:
        """The result. Raises what the server says is wrong."""
        if result is None:
            raise psycopg.OperationalError("the server gave no answer: the connection is lost")
        if result.status in _FAULTY:
            fault = error_from_result(result, encoding="utf-8")
            if isinstance(fault, InvalidSqlStatementName):
                self._forget()
            # What libpq says itself has no SQLSTATE, and is of the line: psycopg does not know it as that.
            raise fault if fault.sqlstate else psycopg.OperationalError(str(fault))
        return result


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
