"""CMP over HTTP (RFC 9811): one message in, one message out."""

import re
from typing import cast

from flask import Blueprint, Response

from ca.machines.cmp import CmpDoor
from ca.routes.entrance import BODY, paces, said
from pki.errors import ParseError
from web.asked import extension, request
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import body
from web.shared_views import Shared

routes = Blueprint("cmp", __name__)
_KIND = "application/pkixcmp"
_OPERATIONS = ("initialization", "certification", "keyupdate", "pkcs10", "revocation", "getcacerts")
"""The segments of RFC 9483 clause 6.1 for what is served."""
_OPERATION = f"<any({', '.join(_OPERATIONS)}):operation>"
_HOME = "/.well-known/cmp"
_LABELLED = f"{_HOME}/p/<label>"
_TARGET = re.compile(rf"{re.escape(_HOME)}(/p/[A-Za-z0-9_-]+)?(/(?:{'|'.join(_OPERATIONS)}))?")


@routes.post(_HOME)
@routes.post(f"{_HOME}/{_OPERATION}")
@routes.post(_LABELLED)
@routes.post(f"{_LABELLED}/{_OPERATION}")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def cmp(label: str | None = None, operation: str | None = None) -> Response:  # noqa: ARG001 - its protection says who
    """The answer to a message, which says itself what it is; what is none is 400 (clause 3.3)."""
    if not paces().source():
        return said("request.too-many", 429)
    if request.mimetype != _KIND:
        return said("request.media-type", 415)
    door = cast("CmpDoor", extension("cmp"))
    try:
        return Response(door.answer(request.get_data()), content_type=_KIND)
    except ParseError:
        return said("enrolment.request-malformed", 400)


def shared(method: str, target: str) -> Shared | None:
    """What machines ask at the same time is answered together; only by a plain path, as every client has it."""
    found = _TARGET.fullmatch(target) if method == "POST" else None
    if found is None:
        return None
    label, operation = found.groups()
    return Shared(cmp, (_LABELLED if label else _HOME) + (f"/{_OPERATION}" if operation else ""))
