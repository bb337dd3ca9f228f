"""Where the person in front of this browser is signed in, and the end of what is not wanted there any more."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, render_template, request

from idp.own_sessions import OwnSession, end_others, end_own, own_sessions
from idp.routes import pages
from idp.routes.approve import session_for_answers, to_sign_in
from idp.routes.here import provider, see_other
from idp.routes.signed_out import described
from idp.telling import ended_since
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from web.errors import page
from web.guards import Guard, guard
from web.language import keep_place

routes = Blueprint("sessions", __name__)
ENDED_WITHIN = timedelta(hours=1)
"""So long the message to a service counts, and may still become known to be taken."""


@routes.get("/sessions")
@guard(Guard.SIGNED_IN)
def sessions() -> Response:
    """Every live session with a button to end it, and what became of those that ended in the last hour."""
    session, here = session_for_answers(), provider()
    if session is None:
        return to_sign_in("sessions")
    since = here.ledger.clock.now() - ENDED_WITHIN
    with here.ledger.read() as reading:
        own = own_sessions(reading, here, session.account_id)
        over = ended_since(reading, here, session.account_id, since)
    keep_place("/sessions")
    return make_response(
        render_template(
            "idp/sessions.html",
            sessions=[_described(one, session.id) for one in own],
            over=[{"at": _time(one.at), "services": described(one.services)} for one in over],
        )
    )


@routes.post("/sessions")
@guard(Guard.FORM)
def end() -> Response:
    """One of them ended, or all but the one of this browser."""
    session = session_for_answers()
    if session is None:
        return to_sign_in("sessions")
    if request.form.get("session") == "others":
        end_others(provider(), session)
        return see_other("/sessions")
    decision = end_own(provider(), session, request.form.get("session", ""))
    return page(decision.code, 404) if isinstance(decision, Refuse) else see_other("/sessions")


def _described(one: OwnSession, here_id: str) -> dict[str, object]:
    return {
        "id": one.id,
        "here": one.id == here_id,
        "place": "here" if one.id == here_id else one.place.value,
        "began": _time(one.began),
        "services": [pages.service_name(client) for client in one.services],
    }


def _time(at: datetime) -> str:
    """The day and time, as a person in the country reads it."""
    return f"{at.astimezone(VIENTIANE):%d/%m/%Y %H:%M}"
