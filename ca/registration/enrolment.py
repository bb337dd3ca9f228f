"""Enrolment: a person's request, with its proof of possession and its evidence, is taken up or refused.

Nothing is certified by this; where an organisation is named its officer confirms next, then registration officers
decide (`ca.registration.decision`), then the signing room looks at everything again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.events.registration import EnrolmentRefused, EnrolmentSubmitted
from ca.profiles import PROFILES
from ca.registration.applicants import Standing, by_number, duties, sliced
from ca.registration.application import Agreed, Application, Shown
from ca.registration.case import Case, backed, may_be_admitted
from ca.registration.desks import desks
from ca.registration.digests import enrolment_digest, evidence_digest, scan_commitment, spelt_names, subject_of
from ca.registration.doubles import Suspect, unclear
from ca.registration.naming import may_be_named
from ca.registration.rules import RULES, Extra
from ca.registration.succession import paper_of
from ca.registration.surroundings import Surroundings
from ca.statement import terms
from ca.tables.registration import (
    Agreement,
    CarriedEvidence,
    Enrolment,
    EnrolmentScope,
    Evidence,
    EvidenceNumber,
    EvidenceScan,
)
from ledger.base import Fact
from ledger.canonical import canonical
from ledger.certificates import KeyUse
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.sealed_fields import SealedFields
from pki.errors import PkiError
from pki.extensions import usages_for
from pki.request import SigningRequest, asks_beyond, parse_request

BATCH = 250
"""Applications that are written in one transaction."""
FAULTS = {
    "request.malformed": "enrolment.request-malformed",
    "request.too-large": "enrolment.request-malformed",
    "request.possession-unproven": "enrolment.proof-of-possession",
    "pki.key-weak": "enrolment.key-weak",
}
"""What is wrong with a PKCS#10, as the one who made it is told."""
Beside = Callable[[Application, str | Refuse], Sequence[Fact]]
"""What the caller writes in the entry of an application's outcome: with it or not at all."""
_CLOCKS_APART = timedelta(minutes=5)
"""An acceptance may be dated so far ahead of our clock, and no further."""


def submit(
    ledger: Ledger, fields: SealedFields, application: Application, actor: Actor, *, practice: bool = False
) -> str | Refuse:
    """The new enrolment's id, or why it was refused; either way there is one entry."""
    return submit_many(ledger, fields, [application], actor, practice=practice)[0]


def submit_many(
    ledger: Ledger,
    fields: SealedFields,
    applications: Sequence[Application],
    actor: Actor,
    *,
    practice: bool = False,
    beside: Beside = lambda _application, _outcome: (),
) -> list[str | Refuse]:
    """For each application its enrolment's id or why it was refused, in order; one entry each.

    A refused application never stops the others. Those written stay written if the call is cut short. In practice
    hosts may be this machine. Raises Taken when what is written `beside` is there already.
    """
    outcomes: list[str | Refuse] = []
    for start in range(0, len(applications), BATCH):
        some = applications[start : start + BATCH]
        outcomes += _submit_batch(_Counter(ledger, fields, some, actor, beside, practice=practice), some)
    return outcomes


def judged_many(
    ledger: Ledger,
    fields: SealedFields,
    applications: Sequence[Application],
    actor: Actor,
    *,
    practice: bool = False,
) -> list[Decision]:
    """What `submit_many` would say now of each of a few applications, in order. Nothing is recorded."""
    counter = _Counter(ledger, fields, applications, actor, practice=practice)
    return [counter.judged(application) for application in applications]


def refusal(application: bytes, profile: str, code: str, person_id: str | None = None) -> EnrolmentRefused:
    """The event of a request, these octets, that was not taken up."""
    # The profile is a stranger's word until it is one of ours, and the log takes no free text.
    known = profile if profile in RULES else "unknown"
    return EnrolmentRefused(code, sha256(application).hexdigest(), known, person_id)


def draft(
    ledger: Ledger, fields: SealedFields, application: Application, actor: Actor, *, practice: bool = False
) -> Deed | Refuse:
    """The deed that would take the application up, its Enrolment in it, or why it is refused. Nothing is recorded."""
    outcome, deed = _Counter(ledger, fields, [application], actor, practice=practice).taken(application)
    return outcome if isinstance(outcome, Refuse) else deed


def parsed(request: bytes) -> SigningRequest | Refuse:
    """The request with its proof of possession checked, or what is wrong with it."""
    try:
        return parse_request(request)
    except PkiError as fault:
        return Refuse(FAULTS.get(fault.code, "enrolment.request-malformed"))


def fits(request: SigningRequest, profile: str, names: Sequence[str]) -> Decision:
    """Whether the key, and what the PKCS#10 itself asks for, go with the profile and these alternative names."""
    kind = PROFILES[profile]
    if request.algorithm not in kind.key_algorithms:
        return Refuse("enrolment.key-not-for-profile")
    if request.asks_nothing:
        return Allow()
    usages = usages_for(kind, request.spki)
    beyond = asks_beyond(request.der, usages, kind.extended_key_usages, names)
    return Allow() if beyond is None else Refuse("enrolment.asks-for-more")


def _submit_batch(counter: "_Counter", applications: Sequence[Application]) -> list[str | Refuse]:
    outcomes: list[str | Refuse] = []
    deeds: list[Deed] = []
    for application in applications:
        outcome, deed = counter.taken(application)
        outcomes.append(outcome)
        deeds.append(deed)
    try:
        counter.ledger.entries(deeds)
    except Taken:
        if len(applications) == 1:
            used = Refuse("enrolment.key-used")
            counter.ledger.entries([counter.refused(applications[0], used)])
            return [used]
        # Somebody else used one of these keys since we looked: one by one, the others must not suffer.
        alone = [[application] for application in applications]
        return [outcome for one in alone for outcome in _submit_batch(counter.again(one), one)]
    return outcomes


class _Counter:
    """Everything that a batch of applications is judged by, read in one snapshot."""

    def __init__(
        self,
        ledger: Ledger,
        fields: SealedFields,
        applications: Sequence[Application],
        actor: Actor,
        beside: Beside = lambda _application, _outcome: (),
        *,
        practice: bool,
    ) -> None:
        self.ledger, self.now = ledger, ledger.clock.now()
        self._fields, self._actor, self._beside, self._practice = fields, actor, beside, practice
        self._requests = {id(application): parsed(application.request) for application in applications}
        keys = [request.key_sha256 for request in self._requests.values() if isinstance(request, SigningRequest)]
        seen = {sighting for application in applications for sighting in application.seen}
        with ledger.read() as session:
            self._people = by_number(session, {application.number for application in applications}, self.now)
            self._around = Surroundings(
                session,
                self.now,
                configuration=current(session),
                people=self._people.values(),
                desks=desks(session, {desk for _, desk in seen}),
                duties=duties(session, {officer for officer, _ in seen}),
                organisations={application.organisation for application in applications if application.organisation},
                practice=practice,
            )
            self._terms = terms.current(session)
            self._used = _used(session, keys)
            self._alike = unclear(session, list(map(self._suspect, applications)), self.now)
            self._cases = {id(application): self._case(application) for application in applications}

    def again(self, applications: Sequence[Application]) -> "_Counter":
        """The same counter in a new snapshot, for some of the applications."""
        return _Counter(self.ledger, self._fields, applications, self._actor, self._beside, practice=self._practice)

    def judged(self, application: Application) -> Decision:
        """Whether it is taken up; if so, its key is used for all that come after."""
        request = self._requests[id(application)]
        if isinstance(request, Refuse):
            return request
        allowed = self._may_be_taken(application, request)
        if not isinstance(allowed, Refuse):
            self._used.add(request.key_sha256)
        return allowed

    def taken(self, application: Application) -> tuple[str | Refuse, Deed]:
        """The outcome, and the deed that records it."""
        outcome = self.judged(application)
        request, person = self._requests[id(application)], self._people.get(application.number)
        if isinstance(outcome, Refuse) or isinstance(request, Refuse) or person is None:
            refused = outcome if isinstance(outcome, Refuse) else Refuse("enrolment.person-unknown")
            return refused, self.refused(application, refused)
        case = self._cases[id(application)]
        return self._enrolled(application, request, person, case)

    def refused(self, application: Application, refused: Refuse) -> Deed:
        """The deed of a refusal."""
        person = self._people.get(application.number)
        person_id = person.person_id if person else None
        event = refusal(application.request, application.profile, refused.code, person_id)
        return Deed(event, self._actor, self._beside(application, refused))

    def _case(self, application: Application) -> Case:
        # Ids of papers are ours and made once it is taken up: here a paper is known by its place in the list.
        papers = {f"{number:04}": shown.paper for number, shown in enumerate(application.evidence)}
        papers |= {paper.id: paper_of(paper) for paper in application.carried}
        person, carried = self._people.get(application.number), bool(application.carried)
        return self._around.case(application.asked, self.now, person, papers, application.seen, carried=carried)

    def _suspect(self, application: Application) -> Suspect:
        person = self._people.get(application.number)
        if person is None:
            return Suspect("", "", None)
        born = person.applicant.born.isoformat() if person.applicant.born else None
        shown = application.evidence
        numbers = {(one.kind.value, index) for one in shown for index in self._fields.indexes(one.number)}
        scans = frozenset((one.kind.value, one.scan_sha256) for one in shown)
        return Suspect(person.person_id, person.search_key, born, frozenset(numbers), scans)

    def _may_be_taken(self, application: Application, request: SigningRequest) -> Decision:
        case = self._cases[id(application)]
        return (
            may_be_admitted(case, self._around.configuration, self.now)
            and fits(request, application.profile, application.names)
            and self._nameable(application, case)
            and self._agreement_holds(application.agreed)
            and (Refuse("enrolment.possible-double") if case.person_id in self._alike else Allow())
            and (Refuse("enrolment.key-used") if self._key_used(application, request) else Allow())
        )

    def _nameable(self, application: Application, case: Case) -> Decision:
        person, hosts = self._people.get(application.number), RULES[application.profile].extra is Extra.HOSTS
        if person is None:
            return Refuse("enrolment.person-unknown")
        called = application.names[0] if hosts else application.common_name
        return may_be_named(application.profile, person, case.organisation, called)

    def _key_used(self, application: Application, request: SigningRequest) -> bool:
        return request.key_sha256 in self._used and not application.old_key

    def _agreement_holds(self, agreed: Agreed | None) -> Decision:
        if agreed is None:
            return Refuse("enrolment.terms-not-accepted")
        if agreed.terms_digest != self._terms.digest:
            return Refuse("enrolment.terms-changed")
        return Refuse("enrolment.terms-date") if agreed.at > self.now + _CLOCKS_APART else Allow()

    def _enrolled(
        self, application: Application, request: SigningRequest, person: Standing, case: Case
    ) -> tuple[str, Deed]:
        enrolment = Enrolment(
            id=self.ledger.new_id(),
            person_id=person.person_id,
            profile=application.profile,
            request=request.der,
            key_sha256=request.key_sha256,
        )
        papers = sorted((self._paper(enrolment.id, shown) for shown in application.evidence), key=lambda one: one[0].id)
        recorded = [paper for paper, *_ in papers]
        supports = [*recorded, *application.carried]
        enrolment.evidence_digest = evidence_digest(supports)
        scope = self._scope(enrolment.id, application, case, supports)
        agreement = self._agreement(enrolment.id, application)
        spelt = spelt_names(application.profile, person.names, case.organisation)
        enrolment.digest = enrolment_digest(enrolment, scope, agreement, spelt)
        use = KeyUse(key_sha256=request.key_sha256, subject=subject_of(enrolment, scope))
        carried = [
            CarriedEvidence(id=self.ledger.new_id(), enrolment_id=enrolment.id, evidence_id=paper.id)
            for paper in application.carried
        ]
        rest: list[Fact] = [*carried, *(fact for _, *personal in papers for fact in personal)]
        facts: list[Fact] = [enrolment, *recorded, scope, agreement, *rest, *self._beside(application, enrolment.id)]
        if not application.old_key:
            facts.insert(0, use)
        event = EnrolmentSubmitted(
            enrolment.id, person.person_id, application.profile, enrolment.digest, scope.desk_id
        )
        return enrolment.id, Deed(event, self._actor, facts)

    def _scope(
        self, enrolment_id: str, application: Application, case: Case, papers: Sequence[Evidence]
    ) -> EnrolmentScope:
        backing: Mapping[str, Any] | Refuse = backed(_with_ids(case, [paper.id for paper in papers]))
        if isinstance(backing, Refuse) or case.desk is None:
            raise ValueError("a scope is written for what was admitted alone")
        return EnrolmentScope(
            enrolment_id=enrolment_id,
            desk_id=case.desk.id,
            organisation_id=case.organisation.id if case.organisation else None,
            names=canonical(list(application.names)).decode(),
            common_name=application.common_name,
            value_limit_lak=application.value_limit_lak,
            backing=canonical({name: list(source) for name, source in backing.items()}).decode(),
        )

    def _agreement(self, enrolment_id: str, application: Application) -> Agreement:
        agreed = application.agreed
        if agreed is None:
            raise ValueError("an agreement is written where there is one")
        return Agreement(
            enrolment_id=enrolment_id,
            terms_version=self._terms.version,
            terms_digest=agreed.terms_digest,
            means=agreed.means.value,
            at=agreed.at,
            publication=agreed.publication,
        )

    def _paper(self, enrolment_id: str, shown: Shown) -> tuple[Evidence, EvidenceNumber, EvidenceScan]:
        """The paper, and apart from it what may be erased of it."""
        key, blind = self.ledger.new_id(), self.ledger.randomness(16)
        paper = Evidence(
            id=key,
            enrolment_id=enrolment_id,
            kind=shown.kind.value,
            issuer=shown.issuer,
            issued_on=shown.issued_on.isoformat(),
            expires_on=shown.expires_on.isoformat() if shown.expires_on else None,
            scan_sha256=scan_commitment(shown.scan_sha256, blind),
            officer_id=shown.officer_id,
            place=shown.place,
            method=shown.method.value,
        )
        number = EvidenceNumber(
            evidence_id=key,
            sealed=self._fields.seal(shown.number, f"evidence_number/{key}"),
            blind_index=self._fields.index(shown.number),
        )
        return paper, number, EvidenceScan(evidence_id=key, sha256=shown.scan_sha256, blind=blind)


def _with_ids(case: Case, ids: Sequence[str]) -> Case:
    """The same case, its papers under the ids that they got; which of them has which does not matter to the rules."""
    return replace(case, paper_ids=sorted(ids))


def _used(session: Session, keys: Sequence[str]) -> set[str]:
    statement = select(KeyUse.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyUse.key_sha256.in_(some)))}
