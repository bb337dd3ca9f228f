"""The port of mutual TLS: one address, where the browser shows a certificate and goes back with a one-time handle.

A certificate counts for the transaction of the browser that shows it and no other: its cookie, which knows no ports,
must come in the same request, and the address must be of a page that this browser got. Whoever follows a link that was
made for another gets nowhere.
"""

from hmac import compare_digest

from flask import Blueprint, Response, make_response, render_template, request

from idp.authorization import AuthenticationRequest, Refused
from idp.routes.authorize import checked_request, refuse
from idp.routes.here import provider, see_other
from idp.sign_in import Proven, show_certificate
from ledger.decision import Refuse
from web.csrf import browser
from web.errors import page
from web.guards import Guard, guard
from web.language import choose, keep_place, words
from web.peer import peer_certificate

routes = Blueprint("certificate", __name__)


@routes.get("/certificate")
@guard(Guard.CERTIFICATE)
def certificate() -> Response:
    """The handshake's certificate is a proof for the request in the query, or a page says why it is not."""
    here = browser()
    checked = checked_request(here)
    if isinstance(checked, Refused):
        return refuse(checked)
    choose(*checked.ui_locales)
    if not compare_digest(request.args.get("browser", "").encode(), here.encode()):
        return page("sign-in.expired", 400)
    der = peer_certificate(request.environ)
    if der is None:
        return _explained(checked, Refuse("sign-in.certificate-missing"))
    progress = show_certificate(provider(), checked, here, der)
    if isinstance(progress, Proven):
        return see_other(f"{provider().issuer}/continue?step={progress.handle}")
    return _explained(checked, progress if isinstance(progress, Refuse) else Refuse("sign-in.incomplete"))


def _explained(checked: AuthenticationRequest, refusal: Refuse) -> Response:
    keep_place(f"/certificate?{request.query_string.decode('ascii', 'replace')}")
    back = f"{provider().issuer}/authorize?{checked.query}"
    body = render_template("idp/certificate.html", sentence=words(refusal.code), code=refusal.code, back=back)
    return make_response(body, 403)
