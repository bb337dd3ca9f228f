"""Whose name a certificate has that a machine shows: a machine renews itself, and becomes no other."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.rules import Worn
from ca.registration.digests import names_of
from ca.tables.machines import MachineRequest
from ca.tables.registration import EnrolmentScope
from ledger.certificates import Certificate, Intent


def worn(session: Session, sha256: str) -> Worn | None:
    """The names of the machine's certificate of this digest (hex), if there is one."""
    statement = (
        select(EnrolmentScope)
        .join(MachineRequest, MachineRequest.enrolment_id == EnrolmentScope.enrolment_id)
        .join(Intent, Intent.enrolment_id == MachineRequest.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .where(Certificate.sha256 == sha256)
    )
    scope = session.scalars(statement).first()
    return Worn(frozenset(names_of(scope)), scope.common_name) if scope else None
