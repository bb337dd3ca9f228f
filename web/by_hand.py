"""A page that is asked very often, without Flask's way to its view and back.

View, templates and words are the very same; what Flask's hooks do around a view (`web.app.create_app`) is done here, in
their order, but for log and figures: who calls writes them for many at once. Both ways give the same octets.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response
from werkzeug.wrappers import Request

from web import compression, csrf, headers, language
from web.asked import asked, g

_AFTER = (csrf.keep, language.remember, headers.secure, compression.finish)
"""As Flask calls them: the last that was registered first."""
View = Callable[[], Response]


def answered(app: Flask, view: View, request: Request, number: str) -> Response:
    """What the view says to the request of this number, or what Flask says to a fault.

    The path has to be the view's own, and the body at most `web.limits.BODY` octets: both are looked at before.
    """
    with asked(app, request):
        g.request_id = number
        try:
            csrf.verify(request.method, request.mimetype, view)
            response = view()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the application has an answer
            response = _told(app, request.environ, fault)
        for finish in _AFTER:
            response = finish(response)
    return response


def _told(app: Flask, environ: Mapping[str, Any], fault: Exception) -> Response:
    with app.request_context(dict(environ)):
        return app.make_response(app.handle_user_exception(fault))
