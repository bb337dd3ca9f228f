"""What an allowance stands on in one snapshot: read and verified once, however many of its machines ask at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Provenance
from ca.machines.allowances import Under, granted
from ca.machines.identity import Identity, identity_of
from ca.machines.rules import Granted
from ca.registration.applicants import Standing, by_id
from ca.tables.machines import Allowance, AllowanceAcceptance
from ledger.facts import Facts


@dataclass(frozen=True)
class Ground:
    """The allowance, the person who answers and his checked identity, and what runs under it."""

    found: Granted
    standing: Standing
    identity: Identity | None
    signed: AllowanceAcceptance | None
    """The person's acceptance that counts."""
    under: Under

    def beside(self, enrolment_id: str) -> Granted:
        """The allowance as that request meets it."""
        return self.under.beside(self.found, enrolment_id)


_ALLOWANCE = Facts(select(Allowance).where(Allowance.id == bindparam("allowance")))


def ground_of(
    session: Session, provenance: Provenance, allowance_id: str, now: datetime, asking: Collection[str]
) -> Ground | None:
    """As of `now`, by those whom `provenance` believes; None where nobody is known who answers.

    `asking` are the requests that it is for.
    """
    [allowance] = _ALLOWANCE.values(session, {"allowance": allowance_id})
    standing = by_id(session, [allowance.person_id], now).get(allowance.person_id)
    if standing is None:
        return None
    issuers, under = provenance.issuers, Under.of(session, allowance, now, asking)
    found = granted(session, allowance, now, believes=provenance.believes, issuers=issuers, under=under)
    return Ground(
        found,
        standing,
        identity_of(session, allowance.person_id, now, issuers),
        found.acceptance,
        under,
    )
