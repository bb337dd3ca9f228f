"""Views that a house answers in rounds (`web.loop_serving`), without Flask's way to them (`web.by_hand`).

They are the very same views: who asks alone, or through another server, gets the same octets. What they write at the
same time is one commit, and what they wait for takes no thread (`ledger.rounds`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, cast

from flask import Flask
from werkzeug.wrappers import Request

from ledger.clock import uuid7
from ledger.ledger import Ledger
from ledger.rounds import Aside, Awaited, NotInCompany, Outcome, sit
from web import logs, metrics
from web.bridge import environ_of, octets
from web.by_hand import View, answered
from web.heads import Head
from web.loop_serving import Asked, Leaving


class Shared(NamedTuple):
    """A view that is answered in company, and the rule of its route, by which log and figures know it."""

    view: View
    rule: str


class SharedViews:
    """The door of a house that shares the views which `find` finds by method and target, and answers nothing else."""

    TOGETHER = 24
    """So many are answered in one round at most: they wait for another process, which is to have the first of many
    while the rest are looked at."""

    def __init__(self, app: Flask, ledger: Ledger, find: Callable[[str, str], Shared | None]) -> None:
        self._app, self._ledger, self._find = app, ledger, find

    def takes(self, method: str, target: str) -> bool:
        """Nothing."""
        return False

    def shares(self, method: str, target: str) -> bool:
        """What is found."""
        return self._find(method, target) is not None

    def is_for_all(self, target: str) -> bool:
        """Nothing."""
        return False

    def gave_again(self, target: str, status: int, number: int) -> None:
        """Nothing is kept."""

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        """The answers to all of them, over one snapshot and by one commit; None for whom Flask's own way is the one."""
        pieces = [one if isinstance(one, _Piece) else self._piece(cast("Asked", one)) for one in requests]
        sit(pieces)
        return self._written(pieces)

    def _piece(self, asked: Asked) -> "_Piece":
        shared = self._find(asked.head.method, asked.head.target)
        if shared is None:
            raise ValueError("who comes into a round shares a view")
        number = uuid7(self._ledger.clock.now(), self._ledger.randomness)
        return _Piece(asked.head, shared.rule, number, partial(self._said, shared.view, asked, number))

    def _said(self, view: View, asked: Asked, number: str) -> "_Page":
        environ = environ_of(asked.head, asked.body, "http", asked.address)
        response = answered(self._app, view, Request(environ), number)
        headers = response.get_wsgi_headers(environ)
        return _Page(response.status_code, octets(asked.head, response.status, headers, response.get_data()))

    def _written(self, pieces: Sequence["_Piece"]) -> list[bytes | Leaving | None]:
        now, lines, written = self._ledger.clock.now(), list[str](), list[bytes | Leaving | None]()
        for piece in pieces:
            if piece.outcome is None:
                written.append(piece)
                continue
            page = piece.page()
            written.append(page.octets if page else None)
            if page is not None:
                took = perf_counter() - piece.began
                metrics.answered(self._app, piece.head.method, piece.rule, page.status, took)
                line = logs.request_line(now, piece.number, piece.head.method, piece.rule, page.status, took)
                lines.append(line)
        logs.write(lines)
        return written


@dataclass(frozen=True)
class _Page:
    status: int
    octets: bytes


@dataclass
class _Piece:
    """A request in a round, or between two."""

    head: Head
    rule: str
    number: str
    work: Callable[[], _Page] | Aside
    outcome: Outcome[_Page] | None = None
    began: float = field(default_factory=perf_counter)

    @property
    def told(self) -> "Future[Any] | None":
        """For what it waits, if it is something that another process does."""
        return self.work.told if isinstance(self.work, Awaited) else None

    def run(self) -> None:
        """Reckons what it left its round for."""
        cast("Aside", self.work).run()

    def page(self) -> _Page | None:
        """What it came to; None where Flask's own way is to find that out."""
        if self.outcome is None or self.outcome.fault is None:
            return self.outcome.value if self.outcome else None
        if not isinstance(self.outcome.fault, NotInCompany):
            logs.failure("a shared view failed", self.outcome.fault)
            return _Page(500, octets(self.head, "500 Internal Server Error", (), b""))
        return None
