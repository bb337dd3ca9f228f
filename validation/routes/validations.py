"""`POST /v1/validations`: a document in, a verdict out."""

from flask import Blueprint, Response, current_app, json, request

from ledger.decision import Refuse
from validation.report import report_of
from validation.validate import LARGEST_DOCUMENT, Validator
from web import csrf
from web.errors import RequestRefused
from web.guards import Guard, guard
from web.language import choose
from web.language import language as asked_language
from web.limits import body, once
from web.site import site

routes = Blueprint("validations", __name__)
_ENVELOPE = 64 * 1024
"""Octets that multipart may add around the document."""
_WORDS = ("rule", "lang")
"""What may be said beside the document; with any other field (another time, a signature of its own) the answer
would not be to what was asked."""
_STATUS = {"document.too-large": 413, "rule.unknown": 400}


@routes.post("/v1/validations")
@csrf.exempt
@body(LARGEST_DOCUMENT + _ENVELOPE)
@guard(Guard.PUBLIC)
def validate() -> Response:
    """The answer about the document in the field `file`, by the optional `rule` (public: anyone may ask).

    JSON, or with `Accept: application/pdf` a page for people, in the language of `lang` or of the request.
    """
    uploaded = request.files.get("file")
    if uploaded is None:
        raise RequestRefused("document.missing", 400)
    document = uploaded.read(LARGEST_DOCUMENT + 1)
    if len(document) > LARGEST_DOCUMENT:
        raise RequestRefused("document.too-large", 413)
    validator: Validator = current_app.extensions["validator"]
    asked = once(request.form, _WORDS)
    choose(asked.get("lang", ""))
    if {*request.form, *request.files} - {"file", *_WORDS}:
        raise RequestRefused("document.other-question", 400)
    answer = validator.validate(document, asked.get("rule"))
    if isinstance(answer, Refuse):
        raise RequestRefused(answer.code, _STATUS.get(answer.code, 422))
    if request.accept_mimetypes.best_match(["application/json", "application/pdf"]) == "application/pdf":
        created, practice = site().clock.now(), site().settings.practice
        return Response(report_of(answer, created, asked_language(), practice=practice), mimetype="application/pdf")
    return Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")
