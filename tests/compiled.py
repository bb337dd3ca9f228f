"""Statements and templates are compiled once in a test process, not once more for each test's engine and application.

Their owners keep what they compiled as long as they live, which in tests is a moment. What is compiled depends on the
dialect and its server alone, and these are the same in all tests of a process.
"""

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache


class _Templates(BytecodeCache):
    """By the octets of their source."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


_STATEMENTS = 5000
_statements: dict[Dialect, LRUCache[Any, Any]] = {}


def share() -> None:
    """From now on; call it once."""
    Flask.jinja_options = {"bytecode_cache": _Templates()}
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    event.listen(Engine, "engine_connect", _share_statements)


def _share_statements(connection: Connection) -> None:
    engine = connection.engine
    engine._compiled_cache = _statements.setdefault(engine.dialect, LRUCache[Any, Any](_STATEMENTS))
