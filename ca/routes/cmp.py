"""CMP over HTTP (RFC 9811): one message in, one message out."""

from typing import cast

from flask import Blueprint, Response, current_app, request

from ca.machines.cmp import CmpDoor
from ca.routes.entrance import BODY, paces, said
from pki.errors import ParseError
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import body

routes = Blueprint("cmp", __name__)
_KIND = "application/pkixcmp"


@routes.post("/.well-known/cmp")
@routes.post("/.well-known/cmp/p/<label>")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def cmp(label: str | None = None) -> Response:  # noqa: ARG001 - whoever sends it is known by its protection
    """The answer to a message; what is none is 400 (clause 3.3)."""
    if not paces().source():
        return said("request.too-many", 429)
    if request.mimetype != _KIND:
        return said("request.media-type", 415)
    door = cast("CmpDoor", current_app.extensions["cmp"])
    try:
        return Response(door.answer(request.get_data()), content_type=_KIND)
    except ParseError:
        return said("enrolment.request-malformed", 400)
