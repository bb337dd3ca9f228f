"""What an examination will ask, asked together: where the database is a server, the way to it costs most.

Nothing depends on it: whoever asks is answered the same, and what is not foreseen rightly is asked when it is needed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ca.ceremonies.generations import ISSUERS, STARTS
from ca.closing.authority import TERMS
from ca.governance.provenance import DUTIES, NEWEST_VERSION
from ca.issuance.following import CARRYING, WISHES
from ca.issuance.machines import BY_MACHINES
from ca.registration.applicants import DETAILS, THEIR_POSTS
from ca.registration.approvals import DECISIONS
from ca.registration.desks import NEWEST_TERMS
from ca.registration.succession import SEEN
from ca.reissue.switches import TURNS
from ca.statement.agreement import NEWEST_ONES
from ledger.acts import CERTIFICATES
from ledger.facts import Asked, Facts
from ledger.ledger import NEWEST


def of_a_look(session: Session, news: Asked, *, first: bool) -> None:
    """Whether anything is to be issued at all, which the first look asks and the last asks again; and what is new."""
    asked = (NEWEST_ONES, TURNS, TERMS, NEWEST_VERSION) if first else (NEWEST_ONES, TURNS, TERMS)
    Facts.foresee(session, [*((facts, {}) for facts in asked), *news])


def of_those_waiting(session: Session, waiting: Facts, given: Mapping[str, Any]) -> None:
    """Which of some requests wait, and, as if all of them did, which are of machines."""
    Facts.foresee(session, [(waiting, given), (BY_MACHINES, {"ids": list(given["ids"])})])


def of_requests(session: Session, ids: Sequence[str], enrolments: Facts) -> None:
    """What hangs on the requests, which issuers there are, and when the newest entry was made."""
    theirs = [(facts, {"ids": list(ids)}) for facts in (enrolments, DECISIONS, CARRYING, SEEN, WISHES)]
    Facts.foresee(session, [*theirs, (ISSUERS, {}), (STARTS, {}), (NEWEST, {})])


def of_those_concerned(
    session: Session,
    now: datetime,
    certificates: Collection[str],
    officers: Collection[str],
    desks: Collection[str],
    persons: Collection[str],
    further: Asked,
) -> None:
    """What the requests name: by the certificates' digests, the persons' ids and the desks' codes."""
    registered: Mapping[str, Any] = {"ids": sorted(persons), "now": now}
    asked: Asked = [
        (CERTIFICATES, {"ids": sorted(certificates)}),
        (DUTIES, {"people": sorted(officers)}),
        (NEWEST_TERMS, {"codes": sorted(desks)}),
        (DETAILS, registered),
        (THEIR_POSTS, registered),
        *further,
    ]
    Facts.foresee(session, [(facts, given) for facts, given in asked if all(given.values())])
