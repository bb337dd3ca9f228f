"""What every route of the provider finds in its application: the provider, this browser, and its session."""

from typing import cast

from flask import Response, current_app, redirect, request

from idp import sessions
from idp.answer import Redirect
from idp.provider import Provider
from idp.sessions import LiveSession

SESSION_COOKIE = "__Host-idp-session"


def provider() -> Provider:
    """The provider of the application that answers now."""
    return cast("Provider", current_app.extensions["provider"])


def session_here() -> LiveSession | None:
    """The live session of this browser."""
    here = provider()
    with here.ledger.read() as reading:
        return sessions.by_handle(reading, request.cookies.get(SESSION_COOKIE, ""), here.ledger.clock.now())


def see_other(uri: str) -> Response:
    """303, so that what was posted is never posted again elsewhere (RFC 9700 clause 4.12)."""
    return cast("Response", redirect(uri, 303))


def to_client(answer: Redirect) -> Response:
    """Back to the service."""
    return see_other(answer.uri)


def keep_session(response: Response, handle: str) -> Response:
    """The browser has this session from now on, and any other no more."""
    response.set_cookie(SESSION_COOKIE, handle, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def drop_session(response: Response) -> Response:
    """The browser has no session any more."""
    response.delete_cookie(SESSION_COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return response
