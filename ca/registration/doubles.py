"""One person, one identity (ID-07): look-alikes are held back until an officer says that they are two persons.

Alike are persons of one Lao name (look-alike spellings made equal) born on one day, persons for whom the same paper
was shown, and persons for whose papers the same scan was handed in, one of which should be one's own. Nothing merges
them: near names of twins are no match, and a match is only a question.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.events.registration import DoubleCleared, DoubleRefused
from ca.policy import PAPERS
from ca.registration.applicants import duties, sliced
from ca.registration.desks import at_open_desks
from ca.tables.registration import DoubleClearance, Enrolment, Evidence, EvidenceNumber, EvidenceScan
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.base import latest
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken
from ledger.people import Person, PersonDetail
from ledger.roles import Action, DutySpan, may_act

KIND = "double.clear"
PERSONAL_PAPERS = frozenset(kind.value for kind, rule in PAPERS.items() if rule.one_persons)
"""Kinds of paper whose number and scan are one person's alone."""
Pair = tuple[str, str]
_CALLED = Facts(
    latest(PersonDetail, PersonDetail.person_id)
    .where(PersonDetail.search_key.in_(bindparam("keys", expanding=True)))
    .with_only_columns(PersonDetail.search_key, PersonDetail.born, PersonDetail.person_id)
)
_SHOWN = Facts(
    select(Evidence.kind, EvidenceNumber.blind_index, Enrolment.person_id)
    .join(Evidence, Evidence.id == EvidenceNumber.evidence_id)
    .join(Enrolment, Enrolment.id == Evidence.enrolment_id)
    .where(EvidenceNumber.blind_index.in_(bindparam("indexes", expanding=True)))
)
_SCANNED = Facts(
    select(EvidenceScan.sha256, Evidence.kind, Enrolment.person_id)
    .join(Evidence, Evidence.id == EvidenceScan.evidence_id)
    .join(Enrolment, Enrolment.id == Evidence.enrolment_id)
    .where(EvidenceScan.sha256.in_(bindparam("digests", expanding=True)))
)


class ClearanceReason(Enum):
    """Why two who look alike are two."""

    NAMESAKES = "namesakes"
    """Both were seen, with papers of their own."""
    TWINS = "twins"
    NUMBER_MISTYPED = "number-mistyped"
    """The paper's number of one of them was recorded wrongly."""
    NUMBER_ISSUED_TWICE = "number-issued-twice"
    """The issuer of the papers confirmed it."""
    ONE_SCAN = "one-scan"
    """The papers of both are on it, each with his own."""
    SCAN_MISTAKEN = "scan-mistaken"
    """One of them was recorded with the other's scan; it was replaced, or the paper itself was seen again."""


class Believed(Protocol):
    """What somebody takes for true: `ca.governance.provenance.Provenance` is one."""

    issuers: Mapping[str, bytes] | None

    def duties(self, person_ids: Collection[str]) -> Mapping[str, Sequence[DutySpan]]:
        """The duties of these persons that count."""


@dataclass(frozen=True)
class Suspect:
    """A person who asks, as others may look like him.

    `numbers` are kinds of paper with the numbers' blind indexes, `scans` with the digests of their scans.
    """

    person_id: str
    search_key: str
    born: str | None
    numbers: frozenset[tuple[str, str]] = frozenset()
    scans: frozenset[tuple[str, str]] = frozenset()


def unclear(
    session: Session, suspects: Sequence[Suspect], now: datetime, believed: Believed | None = None
) -> Mapping[str, set[str]]:
    """For each suspect's id the persons who may be he and whom no officer's valid act has told apart from him.

    `believed` as for `cleared`.
    """
    _foresee(session, suspects)
    pairs = {*_namesakes(session, suspects), *_same_paper(session, suspects), *_same_scan(session, suspects)}
    pairs |= {*_among(suspects)}
    found: dict[str, set[str]] = {}
    for one, other in pairs - cleared(session, pairs, now, believed):
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def scanned(session: Session, digest: str) -> Sequence[tuple[str, str]]:
    """The number of each person for whom the scan of this digest (hex) was handed in, and as what kind of paper."""
    found = select(Person.number, Evidence.kind).distinct().join(Enrolment, Enrolment.person_id == Person.id)
    found = found.join(Evidence, Evidence.enrolment_id == Enrolment.id)
    found = found.join(EvidenceScan, EvidenceScan.evidence_id == Evidence.id).where(EvidenceScan.sha256 == digest)
    return [(number, kind) for number, kind in session.execute(found.order_by(Person.number, Evidence.kind))]


def cleared(
    session: Session, pairs: Collection[Pair], now: datetime, believed: Believed | None = None
) -> set[Pair]:
    """The pairs that an officer on duty then, neither of the two, told apart, by acts that hold now.

    Who believes nobody gives `believed`, what he takes for true of duties and certificates.
    """
    found: list[DoubleClearance] = []
    for some in sliced(first for first, _ in pairs):
        found += session.scalars(select(DoubleClearance).where(DoubleClearance.person_id.in_(some)))
    wanted = [one for one in found if (one.person_id, one.other_id) in pairs]
    if not wanted:
        return set()
    verifier = ActVerifier(session, {one.act_certificate for one in wanted}, believed.issuers if believed else None)
    officers = {one.officer_id for one in wanted}
    on_duty = believed.duties(officers) if believed else duties(session, officers)
    return {
        (one.person_id, one.other_id)
        for one in wanted
        if one.officer_id not in (one.person_id, one.other_id)
        and _proven(verifier, one, now)
        and may_act(Action.DECIDE, on_duty.get(one.officer_id, ()), one.act_at)
    }


def act_for(person_id: str, other_id: str, reason: ClearanceReason, at: datetime) -> Act:
    """What the officer signs: which two, and why they are two."""
    first, second = pair(person_id, other_id)
    return Act(KIND, {"person": first, "other": second, "reason": reason.value}, at)


def clear(
    ledger: Ledger, numbers: tuple[str, str], reason: ClearanceReason, signed: SignedAct
) -> DoubleClearance | Refuse:
    """An officer on duty says that the persons with these two numbers are two; or why not. One entry."""
    now = ledger.clock.now()
    with ledger.read() as session:
        found = select(Person.id).where(Person.number.in_(numbers)).order_by(Person.id)
        ids = list(session.scalars(found))
        outcome = _officer(session, ids, reason, signed, now)
    if isinstance(outcome, Refuse):
        return _refused(ledger, outcome, ids)
    first, second = ids
    fact = DoubleClearance(
        id=ledger.new_id(), person_id=first, other_id=second, reason=reason.value, officer_id=outcome,
        **proof_columns(signed),
    )  # fmt: skip
    try:
        with ledger.entry(DoubleCleared(first, second, reason.value, outcome), Actor.person(outcome)) as tx:
            tx.add(fact)
    except Taken:
        return _refused(ledger, Refuse("double.cleared-already"), ids)
    return fact


def pair(one: str, other: str) -> Pair:
    """The two ids, the lesser first: as a clearance names them."""
    return (one, other) if one < other else (other, one)


def _officer(
    session: Session, ids: Sequence[str], reason: ClearanceReason, signed: SignedAct, now: datetime
) -> str | Refuse:
    if len(ids) != 2:
        return Refuse("double.person-unknown")
    if act_for(ids[0], ids[1], reason, signed.act.at).message() != signed.act.message():
        return Refuse("double.not-about-this")
    try:
        officer_id = ActVerifier(session, [signed.certificate_sha256]).verify(signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    spans = at_open_desks(session, duties(session, [officer_id]).get(officer_id, ()), now)
    on_duty = may_act(Action.DECIDE, spans, now)
    if isinstance(on_duty, Refuse):
        return on_duty
    return Refuse("double.own") if officer_id in ids else officer_id


def _refused(ledger: Ledger, refusal: Refuse, ids: Sequence[str]) -> Refuse:
    first, second = [*ids, None, None][:2]
    ledger.record(DoubleRefused(refusal.code, first, second), Actor.system(ledger.process))
    return refusal


def _proven(verifier: ActVerifier, fact: DoubleClearance, now: datetime) -> bool:
    act = act_for(fact.person_id, fact.other_id, ClearanceReason(fact.reason), fact.act_at)
    try:
        signer = verifier.verify(SignedAct(act, fact.act_certificate, fact.act_signature), judged=now)
    except ActInvalid:
        return False
    return signer == fact.officer_id


def _foresee(session: Session, suspects: Sequence[Suspect]) -> None:
    """What the three looks below ask."""
    asked = (
        (_CALLED, "keys", {one.search_key for one in suspects if one.born is not None}),
        (_SHOWN, "indexes", {index for one in suspects for kind, index in one.numbers if kind in PERSONAL_PAPERS}),
        (_SCANNED, "digests", {digest for one in suspects for _, digest in one.scans}),
    )
    Facts.foresee(session, [(facts, {name: sorted(values)}) for facts, name, values in asked if values])


def _namesakes(session: Session, suspects: Sequence[Suspect]) -> Iterable[Pair]:
    wanted: dict[tuple[str, str], set[str]] = {}
    for one in suspects:
        if one.born is not None:
            wanted.setdefault((one.search_key, one.born), set()).add(one.person_id)
    for some in sliced(key for key, _ in wanted):
        for search_key, born, person_id in _CALLED.rows(session, {"keys": some}):
            alike = wanted.get((search_key, born or ""), set())
            yield from (pair(one, person_id) for one in alike if one != person_id)


def _same_paper(session: Session, suspects: Sequence[Suspect]) -> Iterable[Pair]:
    shown: dict[tuple[str, str], set[str]] = {}
    for one in suspects:
        for paper in one.numbers:
            shown.setdefault(paper, set()).add(one.person_id)
    for some in sliced(index for kind, index in shown if kind in PERSONAL_PAPERS):
        for kind, index, person_id in _SHOWN.rows(session, {"indexes": some}):
            yield from (pair(one, person_id) for one in shown.get((kind, index), ()) if one != person_id)


def _same_scan(session: Session, suspects: Sequence[Suspect]) -> Iterable[Pair]:
    """Those of the suspects among themselves too: who comes first is as suspicious as who comes next."""
    shown = {(digest, kind, one.person_id) for one in suspects for kind, digest in one.scans}
    by_digest: dict[str, set[tuple[str, str]]] = {}
    for digest, kind, person_id in shown:
        by_digest.setdefault(digest, set()).add((kind, person_id))
    for some in sliced(by_digest):
        for digest, kind, person_id in _SCANNED.rows(session, {"digests": some}):
            by_digest[digest].add((kind, person_id))
    for digest, kind, person_id in shown:
        for other_kind, other_id in by_digest[digest]:
            if other_id != person_id and not {kind, other_kind}.isdisjoint(PERSONAL_PAPERS):
                yield pair(person_id, other_id)


def _among(suspects: Sequence[Suspect]) -> Iterable[Pair]:
    """Two who come at once with the same paper."""
    first: dict[tuple[str, str], str] = {}
    for one in suspects:
        for paper in one.numbers:
            if paper[0] in PERSONAL_PAPERS and first.setdefault(paper, one.person_id) != one.person_id:
                yield pair(first[paper], one.person_id)
