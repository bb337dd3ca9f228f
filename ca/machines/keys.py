"""Whose a key is that a machine brings: new, one of this allowance's that is renewed, or nobody's to ask with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.registration.succession import key_lasts
from ca.tables.machines import Allowance, MachineRequest, in_one_entry
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse


@dataclass(frozen=True)
class Key:
    """A key that may be asked with under the allowance."""

    used: bool
    """Whether an earlier request of the allowance was for it, whatever became of that."""
    certified: bool
    """Whether it has had a certificate: a request alone is what anybody writes who listens."""
    lasts: timedelta | None
    """How much longer it may be certified, if it has been before."""


def key_of(
    session: Session,
    key_sha256: str,
    allowance: Allowance,
    configuration: Configuration,
    now: datetime,
    beside: str | None = None,
) -> Key | Refuse:
    """What the ledger knows of the key. `beside` is the request in question, which has its KeyUse already."""
    use = session.get(KeyUse, key_sha256)
    users = session.execute(
        select(Enrolment.id, MachineRequest.allowance_id)
        .join(MachineRequest, in_one_entry(), isouter=True)
        .where(Enrolment.key_sha256 == key_sha256, Enrolment.id != (beside or ""))
    ).all()
    if session.get(KeyBlock, key_sha256) is not None:
        return Refuse("enrolment.key-blocked")
    strange = any(allowance_id != allowance.id for _, allowance_id in users)
    unasked = use is not None and not users and beside is None
    if strange or unasked or (use is not None and use.subject != allowance.organisation_id):
        return Refuse("enrolment.key-used")
    if beside is not None and use is None:
        return Refuse("enrolment.key-used")
    return _renewed(session, key_sha256, configuration, now) if users else Key(used=False, certified=False, lasts=None)


def _renewed(session: Session, key_sha256: str, configuration: Configuration, now: datetime) -> Key | Refuse:
    """The same key again: not when a certificate of it was revoked for a cause, and only as long as keys last."""
    certified = select(Certificate).where(Certificate.key_sha256 == key_sha256)
    revoked = (
        select(Revocation.certificate_id)
        .join(Certificate, Certificate.id == Revocation.certificate_id)
        .where(Certificate.key_sha256 == key_sha256, Revocation.reason != "superseded")
    )
    if session.scalars(revoked).first() is not None:
        return Refuse("enrolment.key-used")
    newest = session.scalars(certified.order_by(Certificate.not_after.desc())).first()
    if newest is None:
        return Key(used=True, certified=False, lasts=None)
    lasts = key_lasts(session, configuration, newest, now)
    return lasts if isinstance(lasts, Refuse) else Key(used=True, certified=True, lasts=lasts)
