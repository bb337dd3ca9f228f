"""`POST /v1/validations`: a document in, a verdict out."""

from flask import Blueprint, Response, current_app, json, request

from ledger.decision import Refuse
from validation.validate import LARGEST_DOCUMENT, Validator
from web import csrf
from web.errors import RequestRefused
from web.limits import body, once

routes = Blueprint("validations", __name__)
_ENVELOPE = 64 * 1024
"""Octets that multipart may add around the document."""
_STATUS = {"document.too-large": 413, "rule.unknown": 400}


@routes.post("/v1/validations")
@csrf.exempt
@body(LARGEST_DOCUMENT + _ENVELOPE)
def validate() -> Response:
    """The answer about the document in the field `file`, by the optional `rule` (public: anyone may ask)."""
    uploaded = request.files.get("file")
    if uploaded is None:
        raise RequestRefused("document.missing", 400)
    document = uploaded.read(LARGEST_DOCUMENT + 1)
    if len(document) > LARGEST_DOCUMENT:
        raise RequestRefused("document.too-large", 413)
    validator: Validator = current_app.extensions["validator"]
    answer = validator.validate(document, once(request.form, ["rule"]).get("rule"))
    if isinstance(answer, Refuse):
        raise RequestRefused(answer.code, _STATUS.get(answer.code, 422))
    return Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")
