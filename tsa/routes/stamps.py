"""POST / (RFC 3161 clause 3.4), public: refusals are answers of the protocol, with HTTP 200."""

from typing import cast

from flask import Blueprint, Response, current_app, g, request
from prometheus_client import Counter

from pki.timestamp import LONGEST_QUERY
from tsa.authority import MEDIA_TYPE, TimeStampAuthority
from web import logs
from web.csrf import exempt
from web.limits import body

routes = Blueprint("stamps", __name__)


@routes.post("/")
@exempt
@body(LONGEST_QUERY)
def stamp() -> Response:
    """The reply to the query in the body."""
    authority = cast("TimeStampAuthority", current_app.extensions["tsa"])
    reply = authority.stamp(request.get_data(cache=False), g.get("request_id"))
    cast("Counter", current_app.extensions["tsa-replies"]).labels(reply.outcome).inc()
    logs.log("time stamp", outcome=reply.outcome)
    return Response(reply.body, 200, content_type=MEDIA_TYPE)
