"""Which certificate the time-stamp key signs under now: read from the ledger, so that a renewal needs no restart."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.base import without
from ledger.certificates import Certificate, Hold, HoldRelease, Issuer, Revocation
from pki.keys import key_sha256
from pki.signing import Signer
from pki.timestamp import TimeStampUnit

UNIT_PROFILE = "tsa-unit"


def find_unit(session: Session, signer: Signer, now: datetime) -> TimeStampUnit | None:
    """The unit of `signer`'s key with its newest certificate that is valid at `now`, not revoked and not held."""
    held = without(select(Hold.id).where(Hold.certificate_id == Certificate.id), Hold.id, HoldRelease).exists()
    rows: Any = select(Certificate, Issuer.certificate)
    current = (
        without(rows, Certificate.id, Revocation)
        .join(Issuer, Issuer.id == Certificate.issuer_id)
        .where(Certificate.profile == UNIT_PROFILE, Certificate.key_sha256 == key_sha256(signer.public_key))
        .where(Certificate.not_before <= now, Certificate.not_after >= now, ~held)
        .order_by(Certificate.not_before.desc())
    )
    found = session.execute(current.limit(1)).first()
    return None if found is None else TimeStampUnit(signer, found[0].der, (found[1],))
