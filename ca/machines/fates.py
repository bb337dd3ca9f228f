"""What became of machines' requests, and how one waits for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.tables.registration import Enrolment, EnrolmentEnd
from ledger.certificates import Certificate, Intent
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.lookout import await_found


@dataclass(frozen=True)
class Issued:
    """The certificate is there."""

    certificate: Certificate


@dataclass(frozen=True)
class Refused:
    """It will never be there."""

    code: str


@dataclass(frozen=True)
class Waiting:
    """The signing room has not come to it yet."""


Fate = Issued | Refused | Waiting
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_OUTCOMES = Facts(
    select(Enrolment.id, EnrolmentEnd.code, Certificate)
    .join(EnrolmentEnd, EnrolmentEnd.enrolment_id == Enrolment.id, isouter=True)
    .join(Intent, Intent.enrolment_id == Enrolment.id, isouter=True)
    .join(Certificate, Certificate.id == Intent.id, isouter=True)
    .where(Enrolment.id.in_(_IDS))
)
"""Of requests the code by which each ended, and the certificate, once for each intent."""


def outcome(session: Session, enrolment_id: str) -> Fate:
    """What became of the request."""
    return outcomes(session, [enrolment_id]).get(enrolment_id, Waiting())


def outcomes(session: Session, enrolment_ids: Collection[str]) -> Mapping[str, Issued | Refused]:
    """What became of these requests; those that wait still are missing. A certificate counts before an end."""
    found: dict[str, Issued | Refused] = {}
    for key, code, certificate in _OUTCOMES.rows(session, {"ids": sorted(enrolment_ids)}):
        if certificate is not None:
            found[key] = Issued(certificate)
        elif code is not None:
            found.setdefault(key, Refused(code))
    return found


def wait(ledger: Ledger, enrolment_id: str, until: datetime) -> Fate:
    """What became of the request, at the latest at `until`: it follows the bell and costs nothing meanwhile."""
    fate: Fate | None = await_found(ledger, outcomes, enrolment_id, until)
    return fate or Waiting()
