"""SCEP over HTTP (RFC 8894 clause 4): one operation a request, at the path that a client has by itself, or `/scep`."""

import binascii
from base64 import b64decode
from typing import cast

from flask import Blueprint, Response, current_app, request

from ca.machines.scep import CAPABILITIES, ScepDoor
from ca.routes.entrance import BODY, paces, said
from pki.errors import PkiError
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import body

routes = Blueprint("scep", __name__)
_MESSAGE, _CERTIFICATES = "application/x-pki-message", "application/x-x509-ca-ra-cert"


@routes.get("/scep")
@routes.get("/cgi-bin/pkiclient.exe")
@guard(Guard.MACHINE)
def scep() -> Response:
    """What we can, our certificates, or the answer to a message in the address."""
    door = _door()
    match request.args.get("operation") if door.is_open() else None:
        case None:
            return said("machine.protocol-off", 404)
        case "GetCACaps":
            return Response(CAPABILITIES, mimetype="text/plain")
        case "GetCACert":
            return Response(door.certificates(), content_type=_CERTIFICATES)
        case "PKIOperation":
            return _answered(door, _in_address())
        case _:
            return said("enrolment.request-malformed", 400)


@routes.post("/scep")
@routes.post("/cgi-bin/pkiclient.exe")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def message() -> Response:
    """The answer to a message (clause 4.1)."""
    door = _door()
    if not door.is_open():
        return said("machine.protocol-off", 404)
    if request.args.get("operation") != "PKIOperation":
        return said("enrolment.request-malformed", 400)
    return _answered(door, request.get_data())


def _answered(door: ScepDoor, octets: bytes) -> Response:
    if not paces().source():
        return said("request.too-many", 429)
    try:
        return Response(door.answer(octets), content_type=_MESSAGE)
    except PkiError:
        return said("enrolment.request-malformed", 400)


def _in_address() -> bytes:
    """The message of a client that cannot POST; a plus sign that was not escaped has become a space."""
    try:
        return b64decode("".join(request.args.get("message", "").replace(" ", "+").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _door() -> ScepDoor:
    return cast("ScepDoor", current_app.extensions["scep"])
