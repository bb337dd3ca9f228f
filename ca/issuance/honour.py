"""Which enrolments the signing room honours: everything is checked again, from the ledger alone.

The desk writes enrolments and decisions with its own database role, so nothing that it wrote is believed: each
decision's signature and the certificate of its key, each duty, the papers, the proof of possession and the policy are
gone through once more. Two things nobody signed; they are believed as the desk's role wrote them: that a mailed code
came back (MailProof), and the blind index of a paper's number (EvidenceNumber), by which doubles are found. Whoever has
that role can make both up; the two officers must still approve.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, TypeVar

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Issuers, Provenance
from ca.issuance import foresight
from ca.issuance.examination import Examination, Honoured
from ca.issuance.following import Follow, Following, carrying, over
from ca.issuance.machines import Gate, by_machines
from ca.machines.doors import Doors
from ca.machines.poison import apart, sifted
from ca.policy import approved_again, approved_by_enough, may_decide
from ca.registration.applicants import Standing, by_id, sliced
from ca.registration.approvals import decisions_of, signed_act
from ca.registration.case import Asked, Body, Case, may_be_served, still_backed
from ca.registration.confirmation import proven
from ca.registration.desks import believed_desks, newest_terms
from ca.registration.digests import enrolment_digest, evidence_digest, names_of, spelt_names, subject_of
from ca.registration.doubles import Suspect, unclear
from ca.registration.enrolment import fits, parsed
from ca.registration.rules import RULES
from ca.registration.succession import paper_of, papers_of
from ca.registration.surroundings import Surroundings
from ca.tables.registration import (
    Agreement,
    Decision,
    Enrolment,
    EnrolmentEnd,
    EnrolmentScope,
    Evidence,
    EvidenceNumber,
    EvidenceScan,
    OrganisationConfirmation,
)
from ledger.acts import ActInvalid, ActVerifier
from ledger.base import Fact, without
from ledger.certificates import KeyBlock, KeyUse
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.people import (
    Organisation,
)
from pki.request import SigningRequest

_F = TypeVar("_F", bound=Fact)
_BROKEN = "enrolment.request-malformed"
"""Of a request on which the examination breaks: it alone is refused, and whoever wrote it stops no other."""
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_ENROLMENTS = Facts(
    without(
        select(Enrolment, Entry.at, EnrolmentScope, Agreement)
        .join(Entry, Entry.id == Enrolment.entry_id)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
        .join(Agreement, Agreement.enrolment_id == Enrolment.id, isouter=True)
        .where(Enrolment.id.in_(_IDS)),
        Enrolment.id,
        EnrolmentEnd,
    )
)

_MARKS = Facts(
    select(Evidence.id, EvidenceNumber.blind_index, EvidenceScan.sha256)
    .join(EvidenceNumber, EvidenceNumber.evidence_id == Evidence.id, isouter=True)
    .join(EvidenceScan, EvidenceScan.evidence_id == Evidence.id, isouter=True)
    .where(Evidence.id.in_(_IDS))
)
"""Papers with their numbers and scans, as far as they have not been erased."""
_USES = Facts(
    select(Enrolment.key_sha256, Enrolment.id, KeyUse.subject, KeyBlock.key_sha256)
    .join(KeyUse, KeyUse.key_sha256 == Enrolment.key_sha256, isouter=True)
    .join(KeyBlock, KeyBlock.key_sha256 == Enrolment.key_sha256, isouter=True)
    .where(Enrolment.key_sha256.in_(_IDS))
)
"""Keys, the requests for them, whose they are, and again the key if it is blocked."""


def examine(
    session: Session,
    enrolment_ids: Sequence[str],
    now: datetime,
    issuers: Issuers = None,
    *,
    practice: bool = False,
    doors: Doors | None = None,
) -> Examination:
    """What may be issued of these enrolments, as of `now` and of the session's one snapshot.

    `issuers` are those whose keys the room holds, as for ActVerifier: no other certificate's act counts. With `doors`
    it can read the secrets of machines.
    """
    seen = Examination()
    gate = Gate(session, now, issuers, practice, doors)

    def look(some: Sequence[str]) -> None:
        _Bench(session, list(some), now, issuers, practice=practice).examine(seen)

    for some in sliced(enrolment_ids):
        machines = by_machines(session, some)
        by_people = sorted(set(some) - machines)
        broken = sifted(sorted(machines), partial(gate.examine, seen=seen)) + sifted(by_people, look)
        seen.refused += [(one, _BROKEN) for one in broken]
    return seen


class _Bench:
    """All rows that the examination of a slice of enrolments needs, read with one statement a table."""

    def __init__(self, session: Session, ids: list[str], now: datetime, issuers: Issuers, *, practice: bool) -> None:
        self.now, self.session, self.issuers = now, session, issuers
        foresight.of_requests(session, ids, _ENROLMENTS)
        rows: list[tuple[Any, ...]] = _ENROLMENTS.rows(session, {"ids": ids})
        self.enrolments: list[tuple[Enrolment, datetime]] = [(one, asked_at) for one, asked_at, _, _ in rows]
        self.scopes: dict[str, EnrolmentScope] = {one.id: scope for one, _, scope, _ in rows if scope is not None}
        self.agreements: dict[str, Agreement] = {one.id: given for one, _, _, given in rows if given is not None}
        self.decisions = decisions_of(session, ids)
        self.carrying = carrying(session, ids)
        self.papers = papers_of(session, ids, carried=bool(self.carrying))
        cast = [decision for decisions in self.decisions.values() for decision, _ in decisions]
        seen = [paper for papers in self.papers.values() for paper in papers]
        signers = {decision.act_certificate for decision in cast}
        officers = {decision.officer_id for decision in cast} | {paper.officer_id for paper in seen}
        places = {decision.desk for decision in cast if decision.desk} | {paper.place for paper in seen}
        persons = {enrolment.person_id for enrolment, _ in self.enrolments}
        keys = {"ids": [enrolment.key_sha256 for enrolment, _ in self.enrolments]}
        marks = {"ids": [paper.id for paper in seen]}
        asked = [(_USES, keys), (_MARKS, marks)]
        foresight.of_those_concerned(session, now, signers, officers, places, persons, asked)
        self.verifier = ActVerifier(session, signers, issuers)
        self.provenance = Provenance(session, issuers)
        terms = newest_terms(session, places)
        self.duties = self.provenance.duties(officers, beside=[fact for both in terms for fact in both])
        self.desks = believed_desks(terms, self.provenance.believes)
        naming = [one.id for one, _ in self.enrolments if one.profile in RULES and RULES[one.profile].organisation]
        self.confirmations = _by_enrolment(session, OrganisationConfirmation, naming)
        self.people = by_id(session, persons, now)
        self.codes = _codes(session, {scope.organisation_id for scope in self.scopes.values()})
        self.around = Surroundings(
            session,
            now,
            configuration=self.provenance.configuration,
            people=self.people.values(),
            desks=self.desks,
            duties=self.duties,
            organisations=set(self.codes.values()),
            practice=practice,
        )
        self.requests = {enrolment.id: _request_of(enrolment) for enrolment, _ in self.enrolments}
        self.following = Following(session, ids, now, self.provenance)
        self.follows = {
            one.id: apart(f"enrolment {one.id}", partial(self.following.of, one, self.scopes.get(one.id)), _BROKEN)
            for one, _ in self.enrolments
        }
        suspects = _suspects(self.enrolments, self.people, self.papers, _MARKS.rows(session, marks))
        self.alike = unclear(session, suspects, now, self.provenance)
        uses = _USES.rows(session, keys)
        self.holders: Mapping[str, str | None] = {key: subject for key, _, subject, _ in uses}
        self.blocked = {key for key, *_, blocked in uses if blocked is not None}
        self.users: dict[str, set[str]] = {}
        for key, user, *_ in uses:
            self.users.setdefault(key, set()).add(user)
        self._deciding: dict[tuple[str, str | None, datetime, bool], Outcome] = {}

    def examine(self, seen: Examination) -> None:
        """Adds this slice's outcomes to `seen`."""
        for enrolment, asked_at in self.enrolments:
            look = partial(self._outcome, enrolment, asked_at, seen)
            outcome = apart(f"enrolment {enrolment.id}", look, _BROKEN)
            if isinstance(outcome, Refuse):
                seen.refused.append((enrolment.id, outcome.code))
            elif outcome is not None:
                seen.honoured.append(outcome)

    def _outcome(self, enrolment: Enrolment, asked_at: datetime, seen: Examination) -> Honoured | Refuse | None:
        """What comes of it; None while it waits. Votes that do not count are added to `seen`."""
        fit = self._of_its_key(enrolment) and self._carries(enrolment)
        if isinstance(fit, Refuse):
            return fit
        return self._judged(enrolment, asked_at) if self._approved(enrolment, seen) else None

    def _approved(self, enrolment: Enrolment, seen: Examination) -> bool:
        votes: dict[str, bool] = {}
        for decision, taken_up in self.decisions.get(enrolment.id, ()):
            fault = self._fault(enrolment, decision, taken_up)
            if fault is None:
                votes[decision.officer_id] = decision.approved
            else:
                seen.dishonoured.append((decision, fault))
        configuration, follow = self.around.configuration, self._follow(enrolment)
        if follow is None:
            return approved_by_enough(votes, configuration.decisions_needed)
        needed_anew = configuration.decisions_needed_anew(same_key=follow.same_key)
        earlier = self.following.carrying.votes(follow.signed)
        return approved_again(earlier, votes, configuration.decisions_needed, needed_anew)

    def _of_its_key(self, enrolment: Enrolment) -> Outcome:
        """Whether the request is well made, and for the key that everything else of it is about."""
        request = self.requests[enrolment.id]
        return request if isinstance(request, Refuse) else Allow()

    def _carries(self, enrolment: Enrolment) -> Outcome:
        """Whether the papers of another request support this one, if it names any."""
        if enrolment.id not in self.carrying:
            return Allow()
        papers, agreement = self.papers.get(enrolment.id, []), self.agreements.get(enrolment.id)
        return self.following.carries(self.follows[enrolment.id], papers, agreement)

    def _follow(self, enrolment: Enrolment) -> Follow | None:
        wish = self.follows[enrolment.id]
        return wish if isinstance(wish, Follow) else None

    def _fault(self, enrolment: Enrolment, decision: Decision, taken_up: datetime) -> str | None:
        """Why the decision's proof does not hold; None if it does. An act that lay about for long proves nothing."""
        try:
            signer = self.verifier.verify(signed_act(enrolment, decision), taken_up, self.now)
        except ActInvalid as fault:
            return fault.code
        if signer != decision.officer_id:
            return "act.other-person"
        allowed = self._may_decide(decision, own=enrolment.person_id == signer)
        return allowed.code if isinstance(allowed, Refuse) else None

    def _may_decide(self, decision: Decision, *, own: bool) -> Outcome:
        """Whether the officer might decide then, and might now; `own`: on his own request.

        The same for all that he decided at one sitting, so it is asked once.
        """
        asked = (decision.officer_id, decision.desk, decision.act_at, own)
        if asked not in self._deciding:
            officer, desk = decision.officer_id, self.desks.get(decision.desk or "")
            may = partial(may_decide, officer if own else "", officer, self.duties.get(officer, ()))
            self._deciding[asked] = may(decision.act_at, desk) and may(self.now, desk)
        return self._deciding[asked]

    def _judged(self, enrolment: Enrolment, asked_at: datetime) -> Honoured | Refuse:
        standing, scope = self.people.get(enrolment.person_id), self.scopes.get(enrolment.id)
        if standing is None or enrolment.profile not in RULES:
            return Refuse("enrolment.person-unknown" if standing is None else "enrolment.profile-not-for-persons")
        if scope is None:
            return Refuse("enrolment.digest-wrong")
        organisation = self.around.body(scope.organisation_id) if scope.organisation_id else None
        if not self._untouched(enrolment, scope, standing, organisation):
            return Refuse("enrolment.digest-wrong")
        request = self.requests[enrolment.id]
        if isinstance(request, Refuse):
            return request
        allowed = (
            self._admissible(enrolment, scope, standing, asked_at)
            and fits(request, enrolment.profile, names_of(scope))
            and self._confirmed(enrolment, scope)
            and self._key_free(enrolment, scope)
        )
        if isinstance(allowed, Refuse):
            return allowed
        follow = self._follow(enrolment)
        return Honoured(enrolment, standing, request, scope, organisation, follow.longest if follow else None)

    def _admissible(
        self, enrolment: Enrolment, scope: EnrolmentScope, standing: Standing, asked_at: datetime
    ) -> Outcome:
        """The rules of the desk once more, by the register of now, and what was said to back each attribute."""
        papers, carried = self.papers.get(enrolment.id, []), enrolment.id in self.carrying
        asked = Asked(
            enrolment.profile,
            self.codes.get(scope.organisation_id or ""),
            names_of(scope),
            scope.common_name,
            scope.value_limit_lak,
        )
        seen = {(paper.officer_id, paper.place) for paper in papers}
        case: Case = self.around.case(
            asked, asked_at, standing, {one.id: paper_of(one) for one in papers}, seen, carried=carried
        )
        if case.desk is not None and case.desk.id != scope.desk_id:
            return Refuse("enrolment.digest-wrong")
        return (
            may_be_served(case, self.around.configuration, self.now)
            and still_backed(case, json.loads(scope.backing))
            and (Refuse("enrolment.possible-double") if standing.person_id in self.alike else Allow())
        )

    def _confirmed(self, enrolment: Enrolment, scope: EnrolmentScope) -> Outcome:
        if not RULES[enrolment.profile].organisation:
            return Allow()
        given = self.confirmations.get(enrolment.id)
        if given is not None:
            return proven(self.session, enrolment, scope, given, self.now, self.issuers)
        follow = self._follow(enrolment)
        outcome: Outcome = Refuse("enrolment.organisation-unconfirmed")
        for one in follow.signed if follow and enrolment.id in self.carrying else ():
            earlier = self.session.get(OrganisationConfirmation, one.enrolment.id)
            if earlier is not None and not outcome:
                outcome = proven(self.session, one.enrolment, one.scope, earlier, self.now, self.issuers)
        return outcome

    def _key_free(self, enrolment: Enrolment, scope: EnrolmentScope) -> Outcome:
        if self.holders.get(enrolment.key_sha256) != subject_of(enrolment, scope):
            return Refuse("enrolment.key-used")
        follow = self._follow(enrolment)
        others = self.users[enrolment.key_sha256] - {enrolment.id}
        if follow and follow.same_key:
            others -= {one.enrolment.id for one in follow.line}
            others -= over(self.session, others)
        if others:
            return Refuse("enrolment.key-used")
        return Refuse("enrolment.key-blocked") if enrolment.key_sha256 in self.blocked else Allow()

    def _untouched(
        self, enrolment: Enrolment, scope: EnrolmentScope, standing: Standing, organisation: Body | None
    ) -> bool:
        """Whether the digest that the officers signed is of this very request, these papers, this scope and names."""
        agreement = self.agreements.get(enrolment.id)
        supports = evidence_digest(self.papers.get(enrolment.id, []))
        if agreement is None or supports != enrolment.evidence_digest:
            return False
        spelt = spelt_names(enrolment.profile, standing.names, organisation)
        return enrolment_digest(enrolment, scope, agreement, spelt) == enrolment.digest


def _request_of(enrolment: Enrolment) -> SigningRequest | Refuse:
    """The request, if it is for the key that the row names: all rules about keys go by that."""
    request = parsed(bytes(enrolment.request))
    if isinstance(request, SigningRequest) and request.key_sha256 != enrolment.key_sha256:
        return Refuse("enrolment.digest-wrong")
    return request


def _by_enrolment(session: Session, kind: type[_F], ids: list[str]) -> dict[str, _F]:
    """The facts of this kind, which an enrolment has once, by its id."""
    if not ids:
        return {}
    facts, key = _facts_by_key(kind)
    return {getattr(fact, key): fact for (fact,) in facts.rows(session, {"ids": ids})}


@cache
def _facts_by_key(kind: Any) -> tuple[Facts, str]:
    key = next(iter(kind.__table__.primary_key.columns))
    return Facts(select(kind).where(key.in_(_IDS))), key.name


def _codes(session: Session, organisation_ids: Collection[str | None]) -> dict[str, str]:
    ids = {key for key in organisation_ids if key is not None}
    if not ids:
        return {}
    found = session.execute(select(Organisation.id, Organisation.code).where(Organisation.id.in_(ids)))
    return {key: code for key, code in found}  # noqa: C416 - rows are no pairs


def _suspects(
    enrolments: Sequence[tuple[Enrolment, datetime]],
    people: Mapping[str, Standing],
    papers: Mapping[str, Sequence[Evidence]],
    marks: Sequence[tuple[Any, ...]],
) -> list[Suspect]:
    """The persons of these enrolments with the papers' numbers and scans, as far as they have not been erased.

    A paper that is carried was compared by its scan when it was seen.
    """
    numbers: dict[str, str] = {paper: number for paper, number, _ in marks if number is not None}
    scans: dict[str, str] = {paper: scan for paper, _, scan in marks if scan is not None}
    return [
        Suspect(
            standing.person_id,
            standing.search_key,
            standing.applicant.born.isoformat() if standing.applicant.born else None,
            frozenset((one.kind, numbers[one.id]) for one in papers.get(enrolment.id, ()) if one.id in numbers),
            frozenset(
                (one.kind, scans[one.id])
                for one in papers.get(enrolment.id, ())
                if one.id in scans and one.enrolment_id == enrolment.id
            ),
        )
        for enrolment, _ in enrolments
        if (standing := people.get(enrolment.person_id)) is not None
    ]
