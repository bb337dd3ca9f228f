"""After a session's end: the page that says which of its services confirmed it, for the browser that it ended in.

The cookie that names the session is sealed by us and counts for minutes only, and goes with the next sign-in:
whoever comes after on a shared machine sees nobody else's services.
"""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request

from idp.routes import pages
from idp.routes.here import SIGNED_OUT_COOKIE, drop_session, provider
from idp.telling import EndedSession, Told, ended
from web.errors import page
from web.guards import Guard, guard
from web.headers import allow_frame
from web.language import keep_place

routes = Blueprint("signed_out", __name__)
FRAME_SECONDS, LOOK_SECONDS = 3, 2
"""So long a browser stays on our page to load what services asked it to, and between two looks."""
LOOKED_FOR = timedelta(seconds=30)
"""So long after the end the page looks again by itself; what is not known then may take longer than one waits."""
SHOWN_FOR = timedelta(minutes=10)


@routes.get("/signed-out")
@guard(Guard.BROWSER)
def signed_out() -> Response:
    """Which services confirmed the end of the session that this browser had."""
    found = _found()
    if found is None:
        return page("logout.nothing-to-show", 404)
    keep_place("/signed-out")
    return make_response(_page(found, (), ""))


def gone(session_id: str | None, frames: Sequence[str], target: str) -> Response:
    """The page after a logout, which lets the browser load `frames` and leads to `target` if there is one.

    `session_id` is the session of this very browser that has ended; who only showed a hint learns of no services.
    """
    here = provider()
    with here.ledger.read() as reading:
        found = ended(reading, here, session_id) if session_id else None
    for uri in frames:
        allow_frame(uri)
    response = make_response(_page(found, frames, target))
    return dropped(response, session_id) if session_id else response


def dropped(response: Response, session_id: str) -> Response:
    """The browser has no session any more, and may ask for a while what became of this one."""
    sealed = f"{session_id}.{provider().fields.index(_context(session_id))}"
    response.set_cookie(SIGNED_OUT_COOKIE, sealed, secure=True, httponly=True, samesite="Lax", path="/")
    return drop_session(response)


def _found() -> EndedSession | None:
    """The session that the cookie names, if the seal is ours and its end is not long ago."""
    here = provider()
    session_id, _, seal = request.cookies.get(SIGNED_OUT_COOKIE, "").partition(".")
    if not session_id.isprintable() or seal not in here.fields.indexes(_context(session_id)):
        return None
    with here.ledger.read() as reading:
        found = ended(reading, here, session_id)
    return found if found is not None and here.ledger.clock.now() - found.at < SHOWN_FOR else None


def _page(found: EndedSession | None, frames: Sequence[str], target: str) -> str:
    now = provider().ledger.clock.now()
    looks = found is not None and not found.settled and now - found.at < LOOKED_FOR
    refresh = ""
    if target:
        refresh = f"{FRAME_SECONDS}; url={target}"
    elif looks:
        refresh = f"{FRAME_SECONDS if frames else LOOK_SECONDS}; url=/signed-out"
    return render_template(
        "idp/signed_out.html",
        services=described(found.services) if found else [],
        listed=found is not None,
        unsettled=found is not None and not found.settled,
        looks=looks,
        frames=frames,
        target=target,
        refresh=refresh,
    )


def described(services: Sequence[Told]) -> list[dict[str, str]]:
    """Each service with what is known, for a template; by their names."""
    named = [{"service": pages.service_name(one.client), "known": one.known.value} for one in services]
    return sorted(named, key=lambda one: one["service"])


def _context(session_id: str) -> str:
    return f"signed-out/{session_id}"
