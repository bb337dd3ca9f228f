"""What waits for the signing room, and what is undone while it works: told by the ledger's own entries.

A look costs what happened since the one before, whatever the tables hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, case, func, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.governance.provenance import Issuers, verified
from ca.issuance import foresight
from ca.registration.applicants import sliced
from ca.tables.acme import AcmeAccountEnd, AcmeAuthorizationEnd
from ca.tables.configuration import ConfigurationVersion
from ca.tables.endings import Replacement
from ca.tables.hierarchy import IssuerEnd
from ca.tables.machines import AllowanceEnd, AllowanceSecretEnd, MachineRequest, in_one_entry
from ca.tables.registration import Decision, DeskTerm, DishonouredDecision, Enrolment, EnrolmentEnd
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, Intent, KeyBlock, Revocation
from ledger.facts import Asked, Facts
from ledger.follow import Follower, Start, keys_named
from ledger.ledger import Ledger
from ledger.people import AppointmentTerm, Cutoff, DutyEnd, MandateTerm, OrganisationDetail, PersonDetail

_UNDOING: tuple[type[Fact], ...] = (
    Revocation, Hold, Cutoff, DutyEnd, DeskTerm, AppointmentTerm, MandateTerm, OrganisationDetail, PersonDetail,
    KeyBlock, EnrolmentEnd, IssuerEnd, ConfigurationVersion, AllowanceEnd, AcmeAccountEnd, AcmeAuthorizationEnd,
)  # fmt: skip
"""Facts that can undo an approval."""
_TABLES = frozenset(kind.__tablename__ for kind in _UNDOING)
_ENDED = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id == Enrolment.id)
_SIGNED = select(Certificate.id).where(Certificate.id == Intent.id)
_ABANDONED = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
_IN_HAND = select(Intent.id).where(Intent.enrolment_id == Enrolment.id, _SIGNED.exists() | ~_ABANDONED.exists())
"""An enrolment's intents that are signed, or not ended."""
_YES = (
    select(func.count())
    .select_from(Decision)
    .join(DishonouredDecision, DishonouredDecision.decision_id == Decision.id, isouter=True)
    .where(Decision.enrolment_id == Enrolment.id, DishonouredDecision.decision_id.is_(None), Decision.approved)
    .correlate(Enrolment)
)
_SAME_KEY = Certificate.key_sha256 == Enrolment.key_sha256
_NEEDED_ANEW = case((_SAME_KEY, bindparam("needed_same_key")), else_=bindparam("needed_new_key"))
_FOLLOWING = (
    select(Replacement.enrolment_id)
    .join(Certificate, Certificate.id == Replacement.certificate_id)
    .where(Replacement.enrolment_id == Enrolment.id, _YES.scalar_subquery() >= _NEEDED_ANEW)
    .correlate(Enrolment)
)
"""Of an enrolment that follows a certificate: its holder's wish, and as many decisions anew as that needs."""
_BY_MACHINE = select(MachineRequest.enrolment_id).where(in_one_entry()).correlate(Enrolment)
"""Of an enrolment that a machine asked for: nobody decides on it, its allowance was agreed on before."""
_ENOUGH = (_YES.scalar_subquery() >= bindparam("needed")) | _FOLLOWING.exists() | _BY_MACHINE.exists()
_WAITING = select(Enrolment.id).where(~_ENDED.exists(), ~_IN_HAND.exists(), _ENOUGH).order_by(Enrolment.id)
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_WAITING_AMONG = Facts(_WAITING.where(Enrolment.id.in_(_IDS)))
_DECIDED = Facts(select(Decision.enrolment_id).where(Decision.id.in_(_IDS)))
_INTENDED = Facts(select(Intent.enrolment_id).where(Intent.enrolment_id.is_not(None), Intent.id.in_(_IDS)))


class Needed(NamedTuple):
    """How many yes-decisions a request must have, and how many of them anew when it follows a certificate."""

    needed: int
    needed_same_key: int
    needed_new_key: int

    @classmethod
    def by(cls, configuration: Configuration) -> "Needed":
        """As the configuration says."""
        anew = configuration.decisions_needed_anew
        return cls(configuration.decisions_needed, anew(same_key=True), anew(same_key=False))


@dataclass
class Queue:
    """The enrolments with enough yes-decisions on the face of it, or of machines, and nothing signed or being signed.

    Not for several threads at a time. It forgets what it knows when a look fails, and then asks the whole tables.
    """

    ledger: Ledger
    issuers: Issuers = None
    _state: tuple[Follower, Needed, list[str]] | None = None
    """Who tells what is new, how many decisions are needed, and who waited at the last look."""

    def watch(self) -> "Watch":
        """Whether anything that can undo an approval was committed since the last look. Raises LedgerUnavailable."""
        return Watch(self.ledger, self._state[0].another() if self._state else None)

    def asks(self) -> Asked:
        """What the next look asks first."""
        return self._state[0].asks() if self._state else ()

    def look(self) -> list[str]:
        """Who waits now; oldest first. Raises LedgerUnavailable."""
        state, self._state = self._state, None
        follower = Follower(self.ledger, Start.NOW) if state is None else state[0]
        entries = [] if state is None else follower.look()
        with self.ledger.read() as session:
            needed = Needed.by(verified(session, self.issuers))
            if state is None or state[1] != needed:
                found = waiting(session, needed)
            else:
                touched = {*_decided(session, keys_named(entries, Decision))}
                touched |= {*_abandoned(session, keys_named(entries, Revocation)), *keys_named(entries, Replacement)}
                touched |= {*keys_named(entries, MachineRequest)}
                found = waiting(session, needed, touched.union(state[2]))
        self._state = follower, needed, found
        return found


def waiting(session: Session, needed: Needed, among: Iterable[str] | None = None) -> list[str]:
    """The enrolments, `among` these or of all, with as many yes-decisions and nothing in hand; oldest first."""
    if among is None:
        return list(session.scalars(_WAITING, needed._asdict()))
    return [one for some in sliced(among) for one in _waiting_among(session, {**needed._asdict(), "ids": some})]


def _waiting_among(session: Session, given: Mapping[str, Any]) -> list[str]:
    foresight.of_those_waiting(session, _WAITING_AMONG, given)
    return _WAITING_AMONG.values(session, given)


class Watch:
    """Whether anything that can undo an approval was committed since this was made, or since the follower's look."""

    def __init__(self, ledger: Ledger, follower: Follower | None = None) -> None:
        self._follower, self._undone = follower or Follower(ledger, Start.NOW), False

    def asks(self) -> Asked:
        """What the next look asks."""
        return self._follower.asks()

    def undone(self) -> bool:
        """Looks again. Raises LedgerUnavailable."""
        self._undone = any(_undoes(entry.facts) for entry in self._follower.look()) or self._undone
        return self._undone


def _undoes(facts: Iterable[str]) -> bool:
    """A secret that ends undoes what rests on it, unless a request uses it up."""
    tables = {name.partition("/")[0] for name in facts}
    withdrawn = AllowanceSecretEnd.__tablename__ in tables and MachineRequest.__tablename__ not in tables
    return withdrawn or not _TABLES.isdisjoint(tables)


def _decided(session: Session, decision_ids: Iterable[str]) -> Iterable[str]:
    return (one for some in sliced(decision_ids) for one in _DECIDED.values(session, {"ids": some}))


def _abandoned(session: Session, intent_ids: Iterable[str]) -> Iterable[str]:
    """The enrolments of intents that ended."""
    found = (one for some in sliced(intent_ids) for one in _INTENDED.values(session, {"ids": some}))
    return (str(one) for one in found)
