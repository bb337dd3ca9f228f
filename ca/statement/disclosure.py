"""The disclosure for programs, and the issuers of this moment, whom no version can list for good (CA-08)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.statement.text import sections
from ledger.certificates import Issuer
from ledger.clock import VIENTIANE
from pki.certificate import parse_certificate
from pki.names import name_text

ITEMS = ("authority", "identification", "limits", "liability", "loss", "revocation", "fees", "contact")
"""What the sections of the disclosure are about, in their order."""


def twin(texts: Mapping[str, str]) -> dict[str, Any]:
    """By item and language: title, and the sentences beneath it. Raises ValueError for other sections than ITEMS."""
    said: dict[str, Any] = {item: {} for item in ITEMS}
    for language, text in texts.items():
        for item, (heading, beneath) in zip(ITEMS, sections(text), strict=True):
            lines = [line for block in beneath for line in block.items or (block.text,)]
            said[item][language] = {"title": heading.text, "text": lines}
    return said


def issuers(session: Session) -> list[dict[str, str]]:
    """Each issuer with its addresses and the digest of its certificate."""
    return [_issuer(issuer) for issuer in session.scalars(select(Issuer).order_by(Issuer.id))]


def _issuer(issuer: Issuer) -> dict[str, str]:
    certificate = parse_certificate(bytes(issuer.certificate))
    return {
        "name": name_text(certificate.subject),
        "sha256": certificate.sha256,
        "until": certificate.not_after.astimezone(VIENTIANE).date().isoformat(),
        "crl": issuer.crl_url,
        "certificate": issuer.certificate_url,
    }
