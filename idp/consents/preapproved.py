"""Services of an officer's own organisation about which a policy says that he need not be asked.

A service is of the organisation that its agreement names, an officer where he holds a post. All three are read when it
counts: what was given under a policy is dead when it ends, when the officer leaves, and when the service becomes
another organisation's (`idp.grants.live`). What the officer himself has refused the service stays refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as Reading

from idp.agreements import newest_agreement
from idp.consents.matters import claims_of_scopes
from idp.consents.question import KNOWN_AGAIN
from ledger.preapproval import Preapproval, preapprovals
from ledger.standing import organisations_of


@dataclass(frozen=True)
class Preapproved:
    """What a policy lets a service have without asking."""

    id: str
    claims: frozenset[str]


def preapproved_for(reading: Reading, client_id: str, person_id: str, now: datetime) -> Preapproved | None:
    """The policy under which this service need not ask this person, the newest; None without one."""
    found = _between(reading, client_id, person_id, now)
    return Preapproved(found[0].id, claims_of(found[0]) | {KNOWN_AGAIN}) if found else None


def still_holds(reading: Reading, preapproval_id: str, client_id: str, person_id: str, now: datetime) -> bool:
    """Whether what was given under this policy still counts."""
    return any(one.id == preapproval_id for one in _between(reading, client_id, person_id, now))


def policies_about(reading: Reading, person_id: str, now: datetime) -> Sequence[Preapproval]:
    """Every policy of the organisations in which this person has a post."""
    return preapprovals(reading, organisations_of(reading, person_id, now), now)


def claims_of(policy: Preapproval) -> frozenset[str]:
    """What a policy is about."""
    return claims_of_scopes(policy.scopes.split())


def _between(reading: Reading, client_id: str, person_id: str, now: datetime) -> Sequence[Preapproval]:
    agreement = newest_agreement(reading, client_id)
    if agreement is None or agreement.organisation_id not in organisations_of(reading, person_id, now):
        return ()
    return preapprovals(reading, [agreement.organisation_id], now)
