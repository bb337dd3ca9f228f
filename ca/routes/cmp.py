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
_OPERATION = "<any(initialization, certification, keyupdate, pkcs10, revocation, getcacerts):operation>"
"""The segments of RFC 9483 clause 6.1 for what is served."""


@routes.post("/.well-known/cmp")
@routes.post(f"/.well-known/cmp/{_OPERATION}")
@routes.post("/.well-known/cmp/p/<label>")
@routes.post(f"/.well-known/cmp/p/<label>/{_OPERATION}")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def cmp(label: str | None = None, operation: str | None = None) -> Response:  # noqa: ARG001 - its protection says who
    """The answer to a message, which says itself what it is; what is none is 400 (clause 3.3)."""
    if not paces().source():
        return said("request.too-many", 429)
    if request.mimetype != _KIND:
        return said("request.media-type", 415)
    door = cast("CmpDoor", current_app.extensions["cmp"])
    try:
        return Response(door.answer(request.get_data()), content_type=_KIND)
    except ParseError:
        return said("enrolment.request-malformed", 400)
