"""Decisions: a registration officer's yes or no to an enrolment, under his own signature.

The desk checks and records; it can make none up, since the signing room verifies each signature again
(`ca.issuance.honour`). Different officers, each at an open desk of his, never on one's own request, never twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ca.events.registration import DecisionRefused, EnrolmentDecided
from ca.policy import may_decide
from ca.registration.applicants import duties, sliced
from ca.registration.approvals import act_for
from ca.registration.desks import desks
from ca.registration.progress import states
from ca.registration.rules import RULES
from ca.registration.states import Step, may_step
from ca.tables.batches import EnrolmentBatchLine
from ca.tables.machines import MachineRequest
from ca.tables.registration import CarriedEvidence, Decision, Enrolment, EnrolmentEnd, OrganisationConfirmation
from ledger.acts import ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, Intent
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken

BATCH = 250
_NAMING = tuple(rule.profile for rule in RULES.values() if rule.organisation)
"""Profiles whose requests wait for the organisation's confirmation."""


@dataclass(frozen=True)
class Vote:
    """One officer's signed yes or no to one enrolment."""

    enrolment_id: str
    approved: bool
    signed: SignedAct
    desk: str
    """The code of the desk at which he decides."""


def undecided(
    ledger: Ledger, officer_id: str, limit: int = 1000, *, batch_id: str | None = None, after: str = ""
) -> list[Enrolment]:
    """Enrolments that wait for a decision and that this officer may still decide on; the oldest first.

    Those of a batch if it is given, and those `after` an id. What waits for its organisation's confirmation is not
    among them, nor what machines ask for.
    """
    ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id == Enrolment.id)
    mine = select(Decision.id).where(Decision.enrolment_id == Enrolment.id, Decision.officer_id == officer_id)
    issued = select(Certificate.id).join(Intent, Intent.id == Certificate.id).where(Intent.enrolment_id == Enrolment.id)
    confirmed = select(OrganisationConfirmation.enrolment_id)
    unconfirmed = ~confirmed.where(OrganisationConfirmation.enrolment_id == Enrolment.id).exists()
    # What carries its papers may carry the organisation's word too; `decide` says if it does not.
    alone = ~select(CarriedEvidence.id).where(CarriedEvidence.enrolment_id == Enrolment.id).exists()
    waiting = select(Enrolment).where(
        ~ended.exists(),
        ~mine.exists(),
        ~issued.exists(),
        Enrolment.person_id != officer_id,
        ~select(MachineRequest.enrolment_id).where(MachineRequest.enrolment_id == Enrolment.id).exists(),
        ~(Enrolment.profile.in_(_NAMING) & unconfirmed & alone),
        Enrolment.id > after,
    )
    if batch_id is not None:
        line = EnrolmentBatchLine
        waiting = waiting.join(line, line.enrolment_id == Enrolment.id).where(line.batch_id == batch_id)
    with ledger.read() as session:
        return list(session.scalars(waiting.order_by(Enrolment.id).limit(limit)))


def decide(ledger: Ledger, vote: Vote) -> str | Refuse:
    """The decision's id, or why it was refused; either way there is one entry."""
    return decide_many(ledger, [vote])[0]


def decide_many(ledger: Ledger, votes: Sequence[Vote]) -> list[str | Refuse]:
    """For each vote its Decision's id or why it was refused, in order; one entry each.

    A no ends the enrolment in the same entry. Votes written stay written if the call is cut short.
    """
    outcomes: list[str | Refuse] = []
    for start in range(0, len(votes), BATCH):
        outcomes += _decide_batch(ledger, votes[start : start + BATCH])
    return outcomes


def _decide_batch(ledger: Ledger, votes: Sequence[Vote]) -> list[str | Refuse]:
    judge = _Judge(ledger, votes)
    outcomes: list[str | Refuse] = []
    deeds: list[Deed] = []
    for vote in votes:
        outcome, deed = judge.judged(vote)
        outcomes.append(outcome)
        deeds.append(deed)
    try:
        ledger.entries(deeds)
    except Taken as clash:
        if len(votes) == 1:
            code = "decision.enrolment-ended" if clash.table == EnrolmentEnd.__tablename__ else "decision.twice"
            ledger.entries([judge.refused(votes[0], code)])
            return [Refuse(code)]
        return [decide(ledger, vote) for vote in votes]
    return outcomes


class _Judge:
    """Everything that a batch of votes is judged by, read in one snapshot."""

    def __init__(self, ledger: Ledger, votes: Sequence[Vote]) -> None:
        self.ledger, self.now = ledger, ledger.clock.now()
        ids = {vote.enrolment_id for vote in votes}
        with ledger.read() as session:
            self.verifier = ActVerifier(session, {vote.signed.certificate_sha256 for vote in votes})
            self.enrolments: dict[str, Enrolment] = {}
            for some in sliced(ids):
                found = session.scalars(select(Enrolment).where(Enrolment.id.in_(some)))
                self.enrolments |= {enrolment.id: enrolment for enrolment in found}
            self.duties = duties(session, self.verifier.person_ids())
            self.desks = desks(session, {vote.desk for vote in votes})
            self.states = states(session, ids, self.now)

    def judged(self, vote: Vote) -> tuple[str | Refuse, Deed]:
        """The outcome, and the deed that records it."""
        enrolment = self.enrolments.get(vote.enrolment_id)
        if enrolment is None:
            return Refuse("decision.enrolment-unknown"), self.refused(vote, "decision.enrolment-unknown")
        officer_id = self._officer(vote, enrolment)
        if isinstance(officer_id, Refuse):
            return officer_id, self.refused(vote, officer_id.code)
        step = Step.DECIDE if vote.approved else Step.REJECT
        allowed = may_decide(
            enrolment.person_id, officer_id, self.duties.get(officer_id, ()), self.now, self.desks.get(vote.desk)
        ) and may_step(self.states[enrolment.id], step, names_organisation=enrolment.profile in _NAMING)
        if isinstance(allowed, Refuse):
            return allowed, self.refused(vote, allowed.code, officer_id)
        return self._decided(vote, officer_id)

    def refused(self, vote: Vote, code: str, officer_id: str | None = None) -> Deed:
        """A refusal; it is the desk's entry as long as nobody is proven to have signed."""
        known = vote.enrolment_id if vote.enrolment_id in self.enrolments else "unknown"
        actor = Actor.person(officer_id) if officer_id else Actor.system(self.ledger.process)
        return Deed(DecisionRefused(known, code, officer_id), actor)

    def _officer(self, vote: Vote, enrolment: Enrolment) -> str | Refuse:
        meant = act_for(enrolment, vote.signed.act.at, approved=vote.approved, desk=vote.desk)
        if meant.message() != vote.signed.act.message():
            return Refuse("decision.not-about-this")
        try:
            return self.verifier.verify(vote.signed, self.now)
        except ActInvalid as fault:
            return Refuse(fault.code)

    def _decided(self, vote: Vote, officer_id: str) -> tuple[str, Deed]:
        decision = Decision(
            id=self.ledger.new_id(),
            enrolment_id=vote.enrolment_id,
            officer_id=officer_id,
            approved=vote.approved,
            desk=vote.desk,
            act_path=vote.signed.path,
            **proof_columns(vote.signed),
        )
        facts: list[Fact] = [decision]
        if not vote.approved:
            facts.append(EnrolmentEnd(enrolment_id=vote.enrolment_id, code="decision.no"))
        event = EnrolmentDecided(vote.enrolment_id, officer_id, vote.approved)
        return decision.id, Deed(event, Actor.person(officer_id), facts)
