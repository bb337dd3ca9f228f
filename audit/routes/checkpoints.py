"""GET /checkpoint and GET /verifier-keys, public: the log's newest signed head and the keys it is verified by."""

from flask import Blueprint, Response

from ledger.outside import Outside
from ledger.proofs import newest_checkpoint
from web.errors import refusal
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("checkpoints", __name__)


@routes.get("/checkpoint")
@guard(Guard.PUBLIC)
def checkpoint() -> Response:
    """The newest checkpoint (C2SP tlog-checkpoint)."""
    with site().ledger.read() as session:
        head = newest_checkpoint(session)
    return _text(head.note) if head else refusal("checkpoint.none-yet", 404)


@routes.get("/verifier-keys")
@guard(Guard.PUBLIC)
def verifier_keys() -> Response:
    """The log's verifier keys (C2SP signed-note), one a line. Compare them with those that you were given."""
    keys = Outside(site().settings.home.checkpoints).keys()
    return _text("".join(f"{key.text()}\n" for key in keys)) if keys else refusal("checkpoint.none-yet", 404)


def _text(body: str) -> Response:
    return Response(body, mimetype="text/plain", headers={"Cache-Control": "no-cache"})
