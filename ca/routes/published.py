"""CRLs and issuer certificates: public, by plain http, as relying software expects."""

from datetime import datetime

from flask import Blueprint, Response, abort

from ca.publication.crl import issuer_certificate, newest
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("published", __name__)


@routes.get("/crl/<name>-<int:generation>.crl")
@guard(Guard.PUBLIC)
def crl(name: str, generation: int) -> Response:
    """The issuer's newest CRL (RFC 2585 clause 4.2)."""
    with site().ledger.read() as session:
        found = newest(session, name, generation)
    if found is None:
        abort(404)
    return _file(bytes(found.der), "application/pkix-crl", found.this_update, 60)


@routes.get("/issuer/<name>-<int:generation>.cer")
@guard(Guard.PUBLIC)
def issuer(name: str, generation: int) -> Response:
    """The issuer's own certificate (RFC 2585 clause 4.1)."""
    with site().ledger.read() as session:
        der = issuer_certificate(session, name, generation)
    if der is None:
        abort(404)
    return _file(bytes(der), "application/pkix-cert", None, 86400)


def _file(octets: bytes, media_type: str, changed: datetime | None, seconds: int) -> Response:
    response = Response(octets, content_type=media_type)
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    if changed is not None:
        response.last_modified = changed
    return response
