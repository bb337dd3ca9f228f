"""Which enrolments the signing room honours: everything is checked again, from the ledger alone.

The desk writes enrolments and decisions with its own database role, so nothing that it wrote is believed: each
decision's signature, each duty, the papers, the proof of possession and the policy are gone through once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Provenance
from ca.policy import (
    DECISIONS_NEEDED,
    EvidenceKind,
    Paper,
    approved_by_enough,
    evidence_suffices,
    may_be_certified,
    may_decide,
)
from ca.registration.applicants import NOBODY, Names, Standing, by_id, sliced
from ca.registration.decision import act_for
from ca.registration.enrolment import enrolment_digest, evidence_digest, parsed
from ca.tables.endings import KeyBlock
from ca.tables.hierarchy import IssuerEnd
from ca.tables.registration import Decision, DishonouredDecision, Enrolment, EnrolmentEnd, Evidence
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.certificates import Certificate, Hold, Intent, KeyUse, Revocation
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.people import Cutoff, DutyEnd
from pki.request import SigningRequest


@dataclass(frozen=True)
class Honoured:
    """An enrolment that two officers provably approved and that policy allows now."""

    enrolment: Enrolment
    standing: Standing
    request: SigningRequest


@dataclass
class Examination:
    """What came of a look at some enrolments. What is in none of the lists waits for another decision."""

    honoured: list[Honoured] = field(default_factory=list)
    dishonoured: list[tuple[Decision, str]] = field(default_factory=list)
    refused: list[tuple[Enrolment, str]] = field(default_factory=list)


def waiting(session: Session) -> list[str]:
    """Enrolments with enough yes-decisions on the face of it and nothing signed or being signed; oldest first."""
    ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id == Enrolment.id)
    counted = (
        select(Decision.enrolment_id)
        .join(DishonouredDecision, DishonouredDecision.decision_id == Decision.id, isouter=True)
        .where(DishonouredDecision.decision_id.is_(None), Decision.approved)
        .group_by(Decision.enrolment_id)
        .having(func.count() >= DECISIONS_NEEDED)
    )
    statement = select(Enrolment.id).where(Enrolment.id.in_(counted), ~ended.exists(), ~_in_hand().exists())
    return list(session.scalars(statement.order_by(Enrolment.id)))


def examine(session: Session, enrolment_ids: Sequence[str], now: datetime) -> Examination:
    """What may be issued of these enrolments, as of `now` and of the session's one snapshot."""
    seen = Examination()
    for some in sliced(enrolment_ids):
        _Bench(session, some, now).examine(seen)
    return seen


def stops(session: Session) -> tuple[int, ...]:
    """How many facts there are of each kind that can undo an approval: equal counts, nothing was undone since."""
    kinds = (Revocation, Hold, Cutoff, DutyEnd, KeyBlock, EnrolmentEnd, IssuerEnd)
    return tuple(session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)


class _Bench:
    """All rows that the examination of a slice of enrolments needs, read with one statement a table."""

    def __init__(self, session: Session, ids: list[str], now: datetime) -> None:
        self.now = now
        ended = select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id == Enrolment.id)
        asked = select(Enrolment, Entry.at).join(Entry, Entry.id == Enrolment.entry_id)
        rows = session.execute(asked.where(Enrolment.id.in_(ids), ~ended.exists())).all()
        self.enrolments = [(enrolment, asked_at) for enrolment, asked_at in rows]
        self.decisions = _decisions(session, ids)
        cast = [decision for decisions in self.decisions.values() for decision in decisions]
        self.verifier = ActVerifier(session, {decision.act_certificate for decision in cast})
        self.duties = Provenance(session).duties({decision.officer_id for decision in cast})
        self.papers: dict[str, list[Evidence]] = {}
        for paper in session.scalars(select(Evidence).where(Evidence.enrolment_id.in_(ids))):
            self.papers.setdefault(paper.enrolment_id, []).append(paper)
        self.people = by_id(session, {enrolment.person_id for enrolment, _ in self.enrolments}, now)
        keys = [enrolment.key_sha256 for enrolment, _ in self.enrolments]
        uses = select(KeyUse.key_sha256, KeyUse.subject).where(KeyUse.key_sha256.in_(keys))
        self.holders: Mapping[str, str] = {row.key_sha256: row.subject for row in session.execute(uses)}
        self.blocked = set(session.scalars(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(keys))))

    def examine(self, seen: Examination) -> None:
        """Adds this slice's outcomes to `seen`."""
        for enrolment, asked_at in self.enrolments:
            if not self._approved(enrolment, seen):
                continue
            outcome = self._judged(enrolment, asked_at)
            if isinstance(outcome, Refuse):
                seen.refused.append((enrolment, outcome.code))
            else:
                seen.honoured.append(outcome)

    def _approved(self, enrolment: Enrolment, seen: Examination) -> bool:
        votes: dict[str, bool] = {}
        for decision in self.decisions.get(enrolment.id, ()):
            fault = self._fault(enrolment, decision)
            if fault is None:
                votes[decision.officer_id] = decision.approved
            else:
                seen.dishonoured.append((decision, fault))
        return approved_by_enough(votes)

    def _fault(self, enrolment: Enrolment, decision: Decision) -> str | None:
        """Why the decision's proof does not hold; None if it does."""
        act = act_for(enrolment, decision.act_at, approved=decision.approved)
        signed = SignedAct(act, decision.act_certificate, decision.act_signature)
        try:
            signer = self.verifier.verify(signed, judged=self.now)
        except ActInvalid as fault:
            return fault.code
        if signer != decision.officer_id:
            return "act.other-person"
        spans = self.duties.get(signer, ())
        for at in (decision.act_at, self.now):
            allowed = may_decide(enrolment.person_id, signer, spans, at)
            if isinstance(allowed, Refuse):
                return allowed.code
        return None

    def _judged(self, enrolment: Enrolment, asked_at: datetime) -> Honoured | Refuse:
        papers = self.papers.get(enrolment.id, [])
        standing = self.people.get(enrolment.person_id)
        if standing is not None and not _untouched(enrolment, papers, standing.names):
            return Refuse("enrolment.digest-wrong")
        request = parsed(bytes(enrolment.request))
        if isinstance(request, Refuse):
            return request
        today = self.now.astimezone(VIENTIANE).date()
        allowed = may_be_certified(
            enrolment.profile, standing.applicant if standing else NOBODY, asked_at, today
        ) and evidence_suffices([_paper(paper) for paper in papers], asked_at.astimezone(VIENTIANE).date())
        if isinstance(allowed, Refuse) or standing is None:
            return allowed if isinstance(allowed, Refuse) else Refuse("enrolment.person-unknown")
        if self.holders.get(enrolment.key_sha256) != enrolment.person_id:
            return Refuse("enrolment.key-used")
        if enrolment.key_sha256 in self.blocked:
            return Refuse("enrolment.key-blocked")
        return Honoured(enrolment, standing, request)


def _decisions(session: Session, ids: list[str]) -> dict[str, list[Decision]]:
    statement = (
        select(Decision)
        .join(DishonouredDecision, DishonouredDecision.decision_id == Decision.id, isouter=True)
        .where(Decision.enrolment_id.in_(ids), DishonouredDecision.decision_id.is_(None))
    )
    found: dict[str, list[Decision]] = {}
    for decision in session.scalars(statement):
        found.setdefault(decision.enrolment_id, []).append(decision)
    return found


def _untouched(enrolment: Enrolment, papers: Sequence[Evidence], names: Names) -> bool:
    """Whether the digest that the officers signed is of this very request, these very papers and names."""
    supports = evidence_digest(papers)
    digest = enrolment_digest(
        enrolment.id, enrolment.person_id, enrolment.profile, bytes(enrolment.request), supports, names
    )
    return (supports, digest) == (enrolment.evidence_digest, enrolment.digest)


def _paper(paper: Evidence) -> Paper:
    expires = date.fromisoformat(paper.expires_on) if paper.expires_on else None
    return Paper(EvidenceKind(paper.kind), date.fromisoformat(paper.issued_on), expires)


def _in_hand() -> Select[Any]:
    """Selects the intents of an enrolment that are signed, or not ended."""
    signed = select(Certificate.id).where(Certificate.id == Intent.id)
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    return select(Intent.id).where(Intent.enrolment_id == Enrolment.id, signed.exists() | ~ended.exists())
