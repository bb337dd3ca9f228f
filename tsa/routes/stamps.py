"""POST / (RFC 3161 clause 3.4), public: refusals are answers of the protocol, with HTTP 200."""

from typing import cast

from flask import Blueprint, Response, current_app, g, request
from prometheus_client import Counter

from pki.timestamp import LONGEST_QUERY, Failure, rejection
from tsa.authority import MEDIA_TYPE, Reply, TimeStampAuthority
from web import logs
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import body

routes = Blueprint("stamps", __name__)


@routes.post("/")
@exempt
@body(LONGEST_QUERY)
@guard(Guard.PUBLIC)
def stamp() -> Response:
    """The reply to the query in the body."""
    reply = _reply(cast("TimeStampAuthority", current_app.extensions["tsa"]), request.get_data(cache=False))
    cast("Counter", current_app.extensions["tsa-replies"]).labels(reply.outcome).inc()
    logs.log("time stamp", outcome=reply.outcome)
    return Response(reply.body, 200, content_type=MEDIA_TYPE)


def _reply(authority: TimeStampAuthority, octets: bytes) -> Reply:
    try:
        return authority.stamp(octets, g.get("request_id"))
    except Exception as error:  # noqa: BLE001 - a key's place may fail in any way; the asker is told to ask again
        logs.failure("no time stamp could be given", error)
        return Reply(rejection(Failure.SYSTEM_FAILURE), Failure.SYSTEM_FAILURE.code)
