"""The checked identity behind an allowance: the responsible person's own certificate, and the papers seen for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.registration.succession import Earlier, line_of
from ledger.acts import certified_by
from ledger.base import Instant, without
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.facts import Facts

_HELD = without(select(Hold.certificate_id), Hold.id, HoldRelease)
_NOW = bindparam("now", type_=Instant())
_LIVING = Facts(
    without(
        select(Certificate)
        .join(Intent, Intent.id == Certificate.id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id)
        .where(Certificate.person_id == bindparam("person"), Intent.enrolment_id.is_not(None))
        .where(Certificate.not_before <= _NOW, Certificate.not_after > _NOW, Certificate.id.not_in(_HELD)),
        Certificate.id,
        Revocation,
    ).order_by(Certificate.id.desc())
)
"""A person's confirmed certificates that count, the newest first."""


@dataclass(frozen=True)
class Identity:
    """A living certificate of a person, confirmed by him, and the request behind it for which papers were seen."""

    certificate: Certificate
    request: Earlier


def identity_of(
    session: Session, person_id: str, now: datetime, issuers: Mapping[str, bytes] | None = None
) -> Identity | None:
    """By the newest of his certificates that has all this; None if a desk never saw his papers for one that counts.

    `issuers` as for ActVerifier. What is held counts for nothing meanwhile.
    """
    for certificate in _LIVING.values(session, {"person": person_id, "now": now}):
        line = line_of(session, certificate) if certified_by(certificate, issuers) else []
        if line and line[0].papers and line[0].enrolment.person_id == person_id:
            return Identity(certificate, line[0])
    return None
