"""Structured logs: JSON lines to stderr, without personal data and without secrets.

A line names the route's rule, never the address that was asked, and of an exception its kind and place, never its
sentence (a database's error repeats the values it was given).
"""

import json
import logging
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import g, has_request_context, request

from pki.json_text import compact


def configure() -> None:
    """All lines of this process are JSON on stderr from now on. Safe to call again."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(event: str, **fields: Any) -> None:
    """One line; give enumerations, numbers and opaque ids only."""
    with suppress(OSError):  # a full disk costs the line, not the work
        structlog.get_logger().info(event, **_where(), **fields)


def request_line(at: datetime, number: str, method: str, route: str, status: int, seconds: float) -> str:
    """The line of one answered request, for `write`: as `log` has it, for where a thousand come in a second."""
    line = {
        "status": status, "ms": round(seconds * 1000, 1), "request_id": number, "method": method, "route": route,
        "event": "request", "level": "info", "timestamp": at.isoformat(),
    }  # fmt: skip
    return compact(line)


def write(lines: Sequence[str]) -> None:
    """These lines, at once."""
    with suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()


def failure(event: str, error: BaseException) -> None:
    """One line about an exception: its kinds, down to the cause, and the place; not its sentence."""
    with suppress(OSError):
        structlog.get_logger().error(event, **_where(), kinds=_kinds(error), place=_place(error))


def _where() -> dict[str, Any]:
    if not has_request_context():
        return {}
    rule = request.url_rule.rule if request.url_rule else "unmatched"
    return {"request_id": g.get("request_id"), "method": request.method, "route": rule}


def _kinds(error: BaseException | None) -> list[str]:
    kinds = []
    while error is not None:
        kinds.append(type(error).__qualname__)
        error = error.__cause__
    return kinds


def _place(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class JsonLines(logging.Formatter):
    """Lines of the standard library's loggers (gunicorn's, a library's) in the same form as ours."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; an exception by kind and place only."""
        line: dict[str, Any] = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"kinds": _kinds(record.exc_info[1]), "place": _place(record.exc_info[1])}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        return json.dumps(line, ensure_ascii=False)
