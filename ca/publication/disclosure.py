"""What the practice statement says: read from profiles, rules and the ledger, so that it cannot differ from them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.policy import REASONS
from ca.profiles import PROFILES
from ca.publication.crl import EVERY, LIFE
from ledger.certificates import Issuer
from ledger.clock import VIENTIANE
from pki import oids
from pki.certificate import parse_certificate
from pki.names import name_text
from web.settings import HouseSettings


def facts(session: Session, settings: HouseSettings) -> dict[str, Any]:
    """The values of `ca/cps.html`."""
    arc = oids.PRACTICE_ARC if settings.practice else oids.PRODUCTION_ARC
    configuration = current(session)
    return {
        "issuers": [_issuer(issuer) for issuer in session.scalars(select(Issuer).order_by(Issuer.id))],
        "profiles": [
            (profile.name, f"{arc}.{profile.policy}" if profile.policy else "", profile.longest_validity.days)
            for profile in PROFILES.values()
        ],
        "papers": [sorted(papers) for papers in configuration.evidence],
        "decisions": configuration.decisions_needed,
        "reasons": REASONS,
        "crl_hours": int(EVERY.total_seconds() // 3600),
        "crl_life_hours": int(LIFE.total_seconds() // 3600),
        "ocsp": f"{settings.home.url('ocsp')}/",
        "audit": settings.home.url("audit"),
    }


def _issuer(issuer: Issuer) -> dict[str, str]:
    certificate = parse_certificate(bytes(issuer.certificate))
    return {
        "name": name_text(certificate.subject),
        "sha256": certificate.sha256,
        "until": certificate.not_after.astimezone(VIENTIANE).date().isoformat(),
        "crl": issuer.crl_url,
        "certificate": issuer.certificate_url,
    }
