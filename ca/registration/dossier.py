"""All that is recorded of one enrolment, for those who decide and for auditors. Reads only; no number in clear."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.registration.digests import names_of
from ca.registration.progress import states
from ca.registration.states import TRANSITIONS, State
from ca.tables.endings import Replacement
from ca.tables.registration import (
    Agreement,
    CarriedEvidence,
    Decision,
    Desk,
    Enrolment,
    EnrolmentEnd,
    EnrolmentScope,
    Evidence,
    EvidenceNumber,
    EvidenceScan,
    OrganisationConfirmation,
)
from ledger.certificates import Certificate, Intent
from ledger.people import Organisation, Person


@dataclass(frozen=True)
class Dossier:
    """`values` are portable; `state` says where the enrolment is, `steps` what may be done and by whom."""

    enrolment: Enrolment
    state: State
    values: dict[str, Any]


def dossier(session: Session, enrolment_id: str, now: datetime) -> Dossier | None:
    """The enrolment with papers, backing, agreement, confirmation, decisions and certificates; None: there is none."""
    enrolment, scope = session.get(Enrolment, enrolment_id), session.get(EnrolmentScope, enrolment_id)
    if enrolment is None:
        return None
    state = states(session, [enrolment_id], now)[enrolment_id]
    person = session.get_one(Person, enrolment.person_id)
    ended = session.get(EnrolmentEnd, enrolment_id)
    naming = scope is not None and scope.organisation_id is not None
    values: dict[str, Any] = {
        "enrolment": enrolment_id,
        "profile": enrolment.profile,
        "person": person.number,
        "state": state.value,
        "ended": ended.code if ended else None,
        "steps": [
            {"step": one.step.value, "who": one.who.value}
            for one in TRANSITIONS
            if one.source is state and one.naming_organisation in (None, naming)
        ],
        "digest": enrolment.digest,
        "follows": _followed(session, enrolment_id),
        "evidence": _papers(session, enrolment_id),
        "scope": _scope(session, scope) if scope else None,
        "backing": json.loads(scope.backing) if scope else {},
        "agreement": _agreement(session.get(Agreement, enrolment_id)),
        "confirmed_by": _number(session, session.get(OrganisationConfirmation, enrolment_id)),
        "decisions": _decisions(session, enrolment_id),
        "certificates": list(
            session.scalars(
                select(Certificate.sha256)
                .join(Intent, Intent.id == Certificate.id)
                .where(Intent.enrolment_id == enrolment_id)
            )
        ),
    }
    return Dossier(enrolment, state, values)


def _followed(session: Session, enrolment_id: str) -> str | None:
    """The SHA-256 of the certificate in whose place this one is asked for."""
    wish = session.get(Replacement, enrolment_id)
    return session.get_one(Certificate, wish.certificate_id).sha256 if wish else None


def _papers(session: Session, enrolment_id: str) -> list[dict[str, Any]]:
    """The papers; `carried` names the request for which one was seen, `erased` says that number and scan are gone."""
    carried = select(CarriedEvidence.evidence_id).where(CarriedEvidence.enrolment_id == enrolment_id)
    statement = (
        select(Evidence, Person.number, EvidenceNumber.evidence_id, EvidenceScan.sha256)
        .join(Person, Person.id == Evidence.officer_id)
        .join(EvidenceNumber, EvidenceNumber.evidence_id == Evidence.id, isouter=True)
        .join(EvidenceScan, EvidenceScan.evidence_id == Evidence.id, isouter=True)
        .where((Evidence.enrolment_id == enrolment_id) | Evidence.id.in_(carried))
    )
    return [
        {
            "id": paper.id,
            "kind": paper.kind,
            "issuer": paper.issuer,
            "issued_on": paper.issued_on,
            "expires_on": paper.expires_on,
            "officer": officer,
            "desk": paper.place,
            "method": paper.method,
            "scan_sha256": scan,
            "carried": None if paper.enrolment_id == enrolment_id else paper.enrolment_id,
            "erased": there is None,
        }
        for paper, officer, there, scan in session.execute(statement.order_by(Evidence.id))
    ]


def _scope(session: Session, scope: EnrolmentScope) -> dict[str, Any]:
    organisation = session.get(Organisation, scope.organisation_id) if scope.organisation_id else None
    return {
        "desk": session.get_one(Desk, scope.desk_id).code,
        "organisation": organisation.code if organisation else None,
        "names": list(names_of(scope)),
        "common_name": scope.common_name,
        "value_limit_lak": scope.value_limit_lak,
    }


def _agreement(agreement: Agreement | None) -> dict[str, Any] | None:
    if agreement is None:
        return None
    return {
        "terms_version": agreement.terms_version,
        "terms_digest": agreement.terms_digest,
        "means": agreement.means,
        "at": agreement.at.isoformat(),
        "publication": agreement.publication,
    }


def _number(session: Session, confirmation: OrganisationConfirmation | None) -> str | None:
    return session.get_one(Person, confirmation.officer_id).number if confirmation else None


def _decisions(session: Session, enrolment_id: str) -> list[dict[str, Any]]:
    statement = (
        select(Decision, Person.number)
        .join(Person, Person.id == Decision.officer_id)
        .where(Decision.enrolment_id == enrolment_id)
    )
    return [
        {"officer": number, "approved": one.approved, "desk": one.desk, "at": one.act_at.isoformat()}
        for one, number in session.execute(statement.order_by(Decision.id))
    ]
