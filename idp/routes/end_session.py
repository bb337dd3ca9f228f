"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): at once with a hint of ours, else after a question."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from idp import clients
from idp.logout import end_session, frontchannel_due, session_called
from idp.parameters import with_parameters
from idp.routes.here import provider, see_other, session_here
from idp.routes.signed_out import dropped, gone
from idp.tables import Client
from idp.tokens import TokenInvalid, read_id_token_hint
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.sealed_fields import FieldUnreadable
from pki.base64url import decode, encode
from pki.errors import PkiError
from web.csrf import exempt
from web.errors import page
from web.guards import Guard, guard
from web.headers import allow_form_target
from web.language import choose, keep_place
from web.limits import once

routes = Blueprint("end_session", __name__)
_KEPT = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")
"""Parameters of the request that the page which asks first sends along (clause 2)."""
_SEALED, _PLACE = "sealed", "end-session.posted"
_LONGEST_SEALED = 12 * 1024
"""Characters, of the 16 KiB that the head of a request may have."""
_SEALED_LIFE = timedelta(minutes=5)
"""So long a posted request waits for its browser to come with it."""


@dataclass(frozen=True)
class Hinted:
    """Who asks, by a verified ID token or by name alone, and the session that the token was made in, if it says so."""

    client: Client
    session_id: str | None = None
    lives: bool = True
    """Else it is sent nobody any more, but its people may still want to be out: they are asked as any other."""


@routes.route("/end-session", methods=["GET", "POST"])
@exempt
@guard(Guard.PUBLIC)
def end_session_of_client() -> Response:
    """The session ends and the browser goes where the client registered; or a page asks first.

    A form from another site brings no SameSite cookie, so nothing could be asked: the redirect to our own address lets
    the browser send it. What was posted goes along sealed, since its ID token says who the person is, and addresses
    are kept in histories and logs (RFC 9700 clause 4.3).
    """
    if request.method == "POST":
        sealed = _sealed(once(request.form))
        return see_other(f"/end-session?{_SEALED}={sealed}") if sealed else page("request.too-large", 413)
    asked = _unsealed(once(request.args))
    if isinstance(asked, Refuse):
        return page(asked.code, 400)
    choose(*asked.get("ui_locales", "").split())
    hinted = _hinted(asked)
    if isinstance(hinted, Refuse):
        return page(hinted.code, 400)
    target = _target(asked, hinted)
    if isinstance(target, Refuse):
        return page(target.code, 400)
    here = session_here()
    if here is not None and (hinted is None or hinted.session_id != here.id):
        return _question(asked, target)
    frames = []
    if hinted is not None and hinted.session_id is not None:
        if here is not None:  # who only shows a hint, such as a service, learns of no other services
            frames = frontchannel_due(provider(), here.id)
        end_session(provider(), hinted.session_id, "logout", Actor.client(hinted.client.id))
    return _gone(target, frames, here.id if here is not None and hinted is not None else None)


@routes.post("/end-session/confirm")
@guard(Guard.FORM)
def end_session_here() -> Response:
    """The person said yes on our own page, and goes on to where the service that asked has registered."""
    here, asked = session_here(), once(request.form)
    hinted = _hinted(asked)
    target = hinted if isinstance(hinted, Refuse) else _target(asked, hinted)
    if isinstance(target, Refuse):
        return page(target.code, 400)
    if here is None:
        return _gone(target, [], None)
    if asked.get("answer") != "sign-out":
        return _question(asked, target)
    frames = frontchannel_due(provider(), here.id)
    end_session(provider(), here.id, "logout", Actor.person(here.person_id))
    return _gone(target, frames, here.id)


def _sealed(asked: Mapping[str, str]) -> str | None:
    """What was posted, as only we can read it; None if no address can hold it."""
    here = provider()
    said = {name: asked[name] for name in (*_KEPT, "ui_locales") if name in asked}
    said["until"] = (here.ledger.clock.now() + _SEALED_LIFE).isoformat()
    text = encode(here.fields.seal(json.dumps(said, ensure_ascii=False), _PLACE))
    return text if len(text) <= _LONGEST_SEALED else None


def _unsealed(asked: Mapping[str, str]) -> Mapping[str, str] | Refuse:
    """What is asked: what was posted a moment ago, if the address has that."""
    if _SEALED not in asked:
        return asked
    here = provider()
    try:
        said: dict[str, str] = json.loads(here.fields.unseal(decode(asked[_SEALED]), _PLACE))
    except (PkiError, FieldUnreadable):
        return Refuse("logout.hint-invalid")
    until = datetime.fromisoformat(said.pop("until"))
    return said if here.ledger.clock.now() < until else Refuse("logout.hint-invalid")


def _hinted(asked: Mapping[str, Any]) -> Hinted | Refuse | None:
    """The hint, verified as a token of ours (and for `client_id`, when that is sent too).

    Without one, the client that `client_id` names (clause 2): its person is asked first, and then goes on to it.
    """
    hint, here = asked.get("id_token_hint"), provider()
    if not hint:
        return _named(asked.get("client_id", ""))
    try:
        claims = read_id_token_hint(hint, here)
    except TokenInvalid:
        return Refuse("logout.hint-invalid")
    with here.ledger.read() as reading:
        client, lives = clients.find(reading, claims["aud"], here.ledger.clock.now())
        if client is None or asked.get("client_id", client.id) != client.id:
            return Refuse("logout.hint-invalid")
        sid = claims.get("sid") if lives else None
        return Hinted(client, session_called(reading, client, claims["sub"], sid) if sid else None, lives)


def _named(client_id: str) -> Hinted | None:
    here = provider()
    with here.ledger.read() as reading:
        client, lives = clients.find(reading, client_id, here.ledger.clock.now())
    return Hinted(client, lives=lives) if client is not None else None


def _target(asked: Mapping[str, Any], hinted: Hinted | None) -> str | Refuse:
    """Where the browser goes afterwards: a registered address of the client, or nowhere."""
    uri = asked.get("post_logout_redirect_uri", "")
    if not uri or (hinted is not None and not hinted.lives):
        return ""
    if hinted is None or uri not in hinted.client.post_logout_redirect_uris.split(" "):
        return Refuse("logout.uri-unregistered")
    return with_parameters(uri, {"state": asked.get("state", "")})


def _question(asked: Mapping[str, Any], target: str) -> Response:
    """Who asks, and where to go afterwards, is in the page, and looked at again with its answer.

    In the address of the same page in the other language it is sealed, as what was posted is.
    """
    kept = {name: asked[name] for name in _KEPT if asked.get(name)}
    sealed = _sealed(kept) if kept else None
    keep_place(f"/end-session?{_SEALED}={sealed}" if sealed else "/end-session")
    if target:
        allow_form_target(target)
    return make_response(render_template("idp/sign_out.html", kept=kept))


def _gone(target: str, frames: Sequence[str], ended_id: str | None) -> Response:
    """The browser goes where it was asked to: at once, or after a page that lets it tell services itself.

    Its cookie goes when the session that it names has ended (`ended_id`), never before: what lives on must be found.
    """
    keep_place("/signed-out" if ended_id else "/end-session")
    if target and not frames:
        return dropped(see_other(target), ended_id) if ended_id else see_other(target)
    return gone(ended_id, frames, target)
