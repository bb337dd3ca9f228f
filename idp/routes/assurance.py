"""What each level of assurance needs, for everybody to read: services that ask for one, and people who are asked.

A level is named to services by its `acr`. The pages tell what `idp.assurance.LADDER` has, so that they cannot promise
a level that nothing reaches.
"""

from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, render_template

from idp.assurance import ACR, HIGHEST, LADDER
from idp.policy import SESSION_IDLE, SESSION_LIFE
from web.guards import Guard, guard
from web.language import keep_place

routes = Blueprint("assurance", __name__)
PATH = "/assurance"
_HOUR = timedelta(hours=1)


@routes.get(PATH)
@guard(Guard.PUBLIC)
def levels() -> Response:
    """The three levels, each with its page."""
    keep_place(PATH)
    return make_response(render_template("idp/assurance.html", levels=[_told(level) for level in ACR]))


@routes.get(f"{PATH}/<int:level>")
@guard(Guard.PUBLIC)
def one_level(level: int) -> Response:
    """What the level proves, and each set of factors that reaches it."""
    if level not in ACR:
        abort(404)
    keep_place(f"{PATH}/{level}")
    lasting = {"longest": SESSION_LIFE // _HOUR, "idle": SESSION_IDLE // _HOUR}
    return make_response(render_template("idp/assurance_level.html", **_told(level), **lasting))


def _told(level: int) -> dict[str, object]:
    reaching = [sorted(kinds) for reached, kinds in LADDER if reached == level]
    return {"level": level, "acr": ACR[level], "ways": reaching, "reached": bool(reaching), "highest": HIGHEST}
