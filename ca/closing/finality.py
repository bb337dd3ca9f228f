"""What was told for the last time: of an issuer past its own end, or whose last CRL stands, no status changes any more.

Its CRL is not signed again, and its OCSP answers hold until 99991231235959Z (docs/decisions/0030): an ending that were
written now would be on no list, and would contradict an answer that has no end.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import states
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Intent
from pki.profile import FOR_EVER

Issued = TypeVar("Issued", Intent, Certificate)


def changeable(session: Session, found: Iterable[Issued], now: datetime) -> list[Issued]:
    """Those of them whose status may change yet, in their order."""
    found = list(found)
    final = _final(session, {one.issuer_id for one in found}, now)
    return [one for one in found if one.issuer_id not in final]


def is_last(session: Session, issuer_id: str) -> bool:
    """Whether the issuer's newest CRL is the one for ever."""
    newest = select(Crl.next_update).where(Crl.issuer_id == issuer_id).order_by(Crl.number.desc()).limit(1)
    return session.scalar(newest) == FOR_EVER


def _final(session: Session, issuer_ids: set[str], now: datetime) -> set[str]:
    if not issuer_ids:
        return set()
    known = states(session, now, list(issuer_ids)).items()
    return {key for key, one in known if one.not_after < now or is_last(session, key)}
