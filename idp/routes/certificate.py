"""The port of mutual TLS: one address, where the browser shows a certificate and goes back with a one-time handle."""

import re

from flask import Blueprint, Response, make_response, render_template, request

from idp.authorization import AuthenticationRequest, Refused
from idp.routes.authorize import checked_request, refuse
from idp.routes.here import provider, see_other
from idp.sign_in import Proven, show_certificate
from ledger.decision import Refuse
from web.errors import page
from web.guards import Guard, guard
from web.language import choose, keep_place, words
from web.peer import peer_certificate

routes = Blueprint("certificate", __name__)
_BROWSER = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""What `web.csrf.browser` gives: anything else did not come from a page of ours."""


@routes.get("/certificate")
@guard(Guard.CERTIFICATE)
def certificate() -> Response:
    """The handshake's certificate is a proof for the request in the query, or a page says why it is not."""
    browser = request.args.get("browser", "")
    checked = checked_request(browser)
    if isinstance(checked, Refused):
        return refuse(checked)
    choose(*checked.ui_locales)
    if not _BROWSER.fullmatch(browser):
        return page("sign-in.expired", 400)
    der = peer_certificate(request.environ)
    if der is None:
        return _explained(checked, Refuse("sign-in.certificate-missing"))
    progress = show_certificate(provider(), checked, browser, der)
    if isinstance(progress, Proven):
        return see_other(f"{provider().issuer}/continue?step={progress.handle}")
    return _explained(checked, progress if isinstance(progress, Refuse) else Refuse("sign-in.incomplete"))


def _explained(checked: AuthenticationRequest, refusal: Refuse) -> Response:
    keep_place(f"/certificate?{request.query_string.decode('ascii', 'replace')}")
    back = f"{provider().issuer}/authorize?{checked.query}"
    body = render_template("idp/certificate.html", sentence=words(refusal.code), code=refusal.code, back=back)
    return make_response(body, 403)
