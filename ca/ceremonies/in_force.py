"""Which certificate of a key of our own counts now: a ceremony that is held again takes it and makes no other."""

from datetime import datetime

from sqlalchemy import select

from ledger.certificates import Certificate, Revocation
from ledger.ledger import Ledger


def in_force(ledger: Ledger, profile: str, key: str, until: datetime) -> Certificate | None:
    """The certificate of this profile and key (hex digest) that is not revoked and is valid from now past `until`."""
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    statement = (
        select(Certificate)
        .where(Certificate.key_sha256 == key, Certificate.profile == profile, Certificate.not_after > until)
        .where(Certificate.not_before <= ledger.clock.now())
        .where(~ended.exists())
        .order_by(Certificate.not_after.desc())
    )
    with ledger.read() as session:
        return session.scalar(statement.limit(1))
