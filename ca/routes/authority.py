"""Under whose leave the CA works, and the certificates that stand above it: public, in Lao and English."""

from ssl import DER_cert_to_PEM_cert

from flask import Blueprint, Response, abort, render_template
from sqlalchemy import select

from ca.ceremonies.generations import generations
from ca.ceremonies.subordinate import chain_above
from ca.closing.authority import PRACTICE_NUMBER, may_issue_now, records
from ca.tables.hierarchy import IssuerImport, OutsideCertificate
from ledger.certificates import Certificate, Issuer
from ledger.clock import VIENTIANE
from web.guards import Guard, guard
from web.home import Mode
from web.site import site

routes = Blueprint("authority", __name__)


@routes.get("/authority")
@guard(Guard.PUBLIC)
def authority() -> str:
    """The ministry's leaves with their numbers and dates, and the state of each issuer (law.md CA-02)."""
    now, production = site().clock.now(), site().settings.home.mode() is Mode.PRODUCTION
    with site().ledger.read() as session:
        leaves = [
            {
                "number": one.number,
                "practice": one.number == PRACTICE_NUMBER,
                "issued_by": one.issued_by,
                "begins": one.valid_from.astimezone(VIENTIANE).date().isoformat(),
                "ends": ends.astimezone(VIENTIANE).date().isoformat() if ends else None,
            }
            for one, ends in records(session)
        ]
        issues = bool(may_issue_now(session, now, needed=production))
        found = generations(session, now)
        issuers = [(one.key_name, one.state.value, one.not_after.date().isoformat()) for one in found]
        above = list(session.scalars(select(OutsideCertificate.sha256).order_by(OutsideCertificate.id)))
    return render_template("ca/authority.html", leaves=leaves, issues=issues, issuers=issuers, above=above)


@routes.get("/outside/<sha256>.cer")
@guard(Guard.PUBLIC)
def outside(sha256: str) -> Response:
    """A certificate above ours, or the one of ours that an outside CA signed (RFC 2585 clause 4.1)."""
    with site().ledger.read() as session:
        der = session.scalar(select(OutsideCertificate.der).where(OutsideCertificate.sha256 == sha256))
        der = der or session.scalar(select(IssuerImport.certificate).where(IssuerImport.sha256 == sha256))
    return _file(der)


@routes.get("/chain/<name>-<int:generation>.pem")
@guard(Guard.PUBLIC)
def chain(name: str, generation: int) -> Response:
    """All certificates above this issuer that outside CAs hold, PEM, the nearest first."""
    with site().ledger.read() as session:
        found = session.scalar(select(Issuer).where(Issuer.name == name, Issuer.generation == generation))
        above = chain_above(session, found) if found else []
    if not above:
        abort(404)
    return Response("".join(map(DER_cert_to_PEM_cert, above)), content_type="application/pem-certificate-chain")


@routes.get("/cross/<sha256>.cer")
@guard(Guard.PUBLIC)
def cross(sha256: str) -> Response:
    """A cross certificate that one of our roots signed."""
    wanted = select(Certificate.der).where(Certificate.sha256 == sha256, Certificate.profile == "cross-certificate")
    with site().ledger.read() as session:
        der = session.scalar(wanted)
    return _file(der)


def _file(der: bytes | None) -> Response:
    if der is None:
        abort(404)
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(bytes(der), content_type="application/pkix-cert", headers=headers)
