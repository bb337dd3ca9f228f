"""What every route of the provider finds in its application: the provider, this browser, and its session."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

from flask import Response
from werkzeug.utils import redirect

from idp import sessions
from idp.binding import Keys
from idp.dpop import Shown
from idp.logout import LEFT, end_session
from idp.policy import ANSWERING_LIFE
from idp.profiles import profile_of
from idp.provider import Provider
from idp.response import Redirect
from idp.sessions import LiveSession
from idp.tables import Client
from ledger.event import Actor
from web.asked import extension, request, request_itself
from web.headers import allow_form_target
from web.language import choose
from web.pages import render
from web.peer import peer_certificate

SESSION_COOKIE = "__Host-idp-session"
ANSWERING_COOKIE = "__Host-idp-answering"
"""Has the session of a sign-in that is for its own request alone, for as long as that is not answered."""
SIGNED_OUT_COOKIE = "__Host-idp-signed-out"
"""Names the session that ended here last (`idp.routes.signed_out`)."""


def provider() -> Provider:
    """The provider of the application that answers now."""
    return cast("Provider", extension("provider"))


def session_here() -> LiveSession | None:
    """The live session of this browser."""
    here = provider()
    with here.ledger.read() as reading:
        return sessions.by_handle(reading, request.cookies.get(SESSION_COOKIE, ""), here.ledger.clock.now())


def session_for(client: Client) -> LiveSession | None:
    """The session of this browser that may answer the client's requests: where each signs in alone, that of his own."""
    here = provider()
    if not profile_of(client).signs_in_alone:
        return session_here()
    with here.ledger.read() as reading:
        return sessions.answering(reading, request.cookies.get(ANSWERING_COOKIE, ""), here.ledger.clock.now())


def nobody_left(response: Response) -> Response:
    """Whoever went away without answering is signed in here no more: somebody begins anew."""
    handle = request.cookies.get(ANSWERING_COOKIE)
    if handle is None:
        return response
    here = provider()
    with here.ledger.read() as reading:
        left = sessions.answering(reading, handle, here.ledger.clock.now())
    if left is not None:
        end_session(here, left.id, LEFT, Actor.system("idp"))
    response.delete_cookie(ANSWERING_COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def see_other(uri: str) -> Response:
    """303, so that what was posted is never posted again elsewhere (RFC 9700 clause 4.12)."""
    return cast("Response", redirect(uri, 303, Response))


def to_client(answer: Redirect) -> Response:
    """Back to the service, by its address or by a form that the person sends on."""
    response = see_other(answer.uri) if answer.fields is None else _form(answer.uri, answer.fields, answer.locales)
    return drop_session(response) if answer.leaves_nobody else response


def _form(uri: str, fields: Mapping[str, str], locales: Sequence[str]) -> Response:
    choose(*locales)
    allow_form_target(uri)
    return Response(render("idp/form_post.html", action=uri, fields=fields))


def addresses() -> frozenset[str]:
    """The addresses of the endpoint that answers now: at the main port, and at the one of clients' certificates."""
    return _at(provider().issuer, extension("mtls_url"), request.path)


@lru_cache(64)
def _at(issuer: str, mtls_url: str, path: str) -> frozenset[str]:
    return frozenset((issuer + path, mtls_url + path))


def keys_here() -> Keys:
    """What this request shows of keys."""
    direct = request_itself()
    proofs = direct.headers.get("DPoP")
    shown = Shown(proofs, direct.method, addresses()) if proofs is not None else None
    return Keys(shown, peer_certificate(direct.environ))


def keep_session(response: Response, handle: str) -> Response:
    """The browser has this session from now on, and any other no more; nor does it show what became of one."""
    response.delete_cookie(SIGNED_OUT_COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    response.set_cookie(SESSION_COOKIE, handle, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def keep_answering(response: Response, handle: str) -> Response:
    """The browser has this session for the answer that it is for, and any other no more."""
    life = int(ANSWERING_LIFE.total_seconds())
    drop_session(response).set_cookie(
        ANSWERING_COOKIE, handle, life, secure=True, httponly=True, samesite="Lax", path="/"
    )
    return response


def drop_session(response: Response) -> Response:
    """The browser has no session any more."""
    for name in (SESSION_COOKIE, *({ANSWERING_COOKIE} & request.cookies.keys())):
        response.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
    return response
