"""The request that a view answers, whether Flask's own way led to it or a shorter one.

A view that is called very often takes `request`, `current_app` and `g` from here instead of from Flask: then it can
also be called by `asked`, without Flask's contexts, by a worker that has read the request itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import flask
from flask import Flask
from flask.ctx import _AppCtxGlobals
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Request

_Direct = tuple[Flask, Request, _AppCtxGlobals]
_direct: ContextVar[_Direct | None] = ContextVar("direct", default=None)


@contextmanager
def asked(app: Flask, direct: Request) -> Iterator[None]:
    """In the block, `request` is this one, `current_app` the application, and `g` has nothing yet."""
    token = _direct.set((app, direct, _AppCtxGlobals()))
    try:
        yield
    finally:
        _direct.reset(token)


def request_itself() -> Request:
    """The very object behind `request`, for who asks it for many things."""
    found = _direct.get()
    return found[1] if found else cast("Request", flask.request)


def _app() -> Any:
    found = _direct.get()
    return found[0] if found else flask.current_app


def g_itself() -> _AppCtxGlobals:
    """The very object behind `g`, likewise."""
    found = _direct.get()
    return found[2] if found else flask.g


def extension(name: str) -> Any:
    """What the application that answers now has under this name among its extensions."""
    return _app().extensions[name]


request = cast("flask.Request", LocalProxy(request_itself))
current_app = cast("Flask", LocalProxy(_app))
g = cast("_AppCtxGlobals", LocalProxy(g_itself))
