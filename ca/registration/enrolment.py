"""Enrolment: a person's request, with its proof of possession and its evidence, is taken up or refused.

Nothing is certified by this; two registration officers decide next (`ca.registration.decision`), then the signing room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.registration import EnrolmentRefused, EnrolmentSubmitted
from ca.policy import PERSON_PROFILES, EvidenceKind, IdentificationMethod, Paper, may_enrol
from ca.registration.applicants import NOBODY, Names, Standing, by_number, sliced
from ca.tables.registration import Enrolment, Evidence, EvidenceNumber
from ledger.base import Fact
from ledger.canonical import canonical
from ledger.certificates import KeyUse
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.sealed_fields import SealedFields
from pki.errors import PkiError
from pki.request import SigningRequest, parse_request

BATCH = 250
"""Applications that are written in one transaction."""
FAULTS = {
    "request.malformed": "enrolment.request-malformed",
    "request.too-large": "enrolment.request-malformed",
    "request.possession-unproven": "enrolment.proof-of-possession",
    "pki.key-weak": "enrolment.key-weak",
}
"""What is wrong with a PKCS#10, as the one who made it is told."""


@dataclass(frozen=True)
class Shown:
    """A paper that an officer saw. `number` never leaves this value unencrypted; `scan_sha256` is hex."""

    kind: EvidenceKind
    number: str
    issuer: str
    issued_on: date
    expires_on: date | None
    scan_sha256: str
    officer_id: str
    place: str
    method: IdentificationMethod = IdentificationMethod.IN_PERSON

    @property
    def paper(self) -> Paper:
        """As the rules look at it."""
        return Paper(self.kind, self.issued_on, self.expires_on)


@dataclass(frozen=True)
class Application:
    """What is handed in: PKCS#10 (PEM or DER), the person's number, the profile wanted, the papers shown."""

    request: bytes
    number: str
    profile: str
    evidence: Sequence[Shown]


def submit(ledger: Ledger, fields: SealedFields, application: Application, actor: Actor) -> str | Refuse:
    """The new enrolment's id, or why it was refused; either way there is one entry."""
    return submit_many(ledger, fields, [application], actor)[0]


def submit_many(
    ledger: Ledger, fields: SealedFields, applications: Sequence[Application], actor: Actor
) -> list[str | Refuse]:
    """For each application its enrolment's id or why it was refused, in order; one entry each.

    A refused application never stops the others. Those written stay written if the call is cut short.
    """
    outcomes: list[str | Refuse] = []
    for start in range(0, len(applications), BATCH):
        outcomes += _submit_batch(ledger, fields, applications[start : start + BATCH], actor)
    return outcomes


def enrolment_digest(
    enrolment_id: str, person_id: str, profile: str, request: bytes, evidence: str, names: Names
) -> str:
    """What officers sign: hex SHA-256 over the request, whose it is, his names, what for, and what supports it.

    The names are as the certificate will spell them, so nobody can rename a person after he was approved.
    """
    covered = {
        "enrolment": enrolment_id,
        "person": person_id,
        "profile": profile,
        "request": sha256(request).hexdigest(),
        "evidence": evidence,
        "names": [names.given_lo, names.family_lo, names.given_en, names.family_en],
    }
    return sha256(canonical(covered)).hexdigest()


def evidence_digest(papers: Sequence[Evidence]) -> str:
    """Hex SHA-256 over all that was recorded of the papers save their numbers, in the order of their ids."""
    names = ("kind", "issuer", "issued_on", "expires_on", "scan_sha256", "officer_id", "place", "method")
    listed = [{name: getattr(paper, name) for name in names} for paper in sorted(papers, key=lambda paper: paper.id)]
    return sha256(canonical(listed)).hexdigest()


def parsed(request: bytes) -> SigningRequest | Refuse:
    """The request with its proof of possession checked, or what is wrong with it."""
    try:
        return parse_request(request)
    except PkiError as fault:
        return Refuse(FAULTS.get(fault.code, "enrolment.request-malformed"))


def _submit_batch(
    ledger: Ledger, fields: SealedFields, applications: Sequence[Application], actor: Actor
) -> list[str | Refuse]:
    now = ledger.clock.now()
    requests = [parsed(application.request) for application in applications]
    keys = [request.key_sha256 for request in requests if isinstance(request, SigningRequest)]
    with ledger.read() as session:
        people = by_number(session, {application.number for application in applications}, now)
        used = _used(session, keys)
    outcomes: list[str | Refuse] = []
    deeds: list[Deed] = []
    for application, request in zip(applications, requests, strict=True):
        outcome, deed = _one(ledger, fields, application, request, people, used, actor, now)
        outcomes.append(outcome)
        deeds.append(deed)
    try:
        ledger.entries(deeds)
    except Taken:
        if len(applications) == 1:
            return [_refused_late(ledger, applications[0], people, actor)]
        # Somebody else used one of these keys since we looked: one by one, the others must not suffer.
        return [submit(ledger, fields, application, actor) for application in applications]
    return outcomes


def _one(
    ledger: Ledger,
    fields: SealedFields,
    application: Application,
    request: SigningRequest | Refuse,
    people: Mapping[str, Standing],
    used: set[str],
    actor: Actor,
    now: datetime,
) -> tuple[str | Refuse, Deed]:
    person = people.get(application.number)
    refusal = _refusal(application, request, person, used, now)
    if refusal is not None:
        return refusal, _refused(application, person, refusal, actor)
    assert isinstance(request, SigningRequest) and person is not None
    used.add(request.key_sha256)
    facts = _facts(ledger, fields, application, request, person)
    enrolment = facts[1]
    assert isinstance(enrolment, Enrolment)
    event = EnrolmentSubmitted(enrolment.id, person.person_id, application.profile, enrolment.digest)
    return enrolment.id, Deed(event, actor, facts)


def _refusal(
    application: Application,
    request: SigningRequest | Refuse,
    person: Standing | None,
    used: set[str],
    now: datetime,
) -> Refuse | None:
    if isinstance(request, Refuse):
        return request
    today = now.astimezone(VIENTIANE).date()
    papers = [shown.paper for shown in application.evidence]
    outcome = may_enrol(application.profile, person.applicant if person else NOBODY, papers, now, today)
    if isinstance(outcome, Refuse):
        return outcome
    return Refuse("enrolment.key-used") if request.key_sha256 in used else None


def _facts(
    ledger: Ledger, fields: SealedFields, application: Application, request: SigningRequest, person: Standing
) -> list[Fact]:
    enrolment_id = ledger.new_id()
    papers = [_evidence(ledger, enrolment_id, shown) for shown in application.evidence]
    numbers = [
        EvidenceNumber(
            evidence_id=paper.id,
            sealed=fields.seal(shown.number, f"evidence_number/{paper.id}"),
            blind_index=fields.index(shown.number),
        )
        for paper, shown in zip(papers, application.evidence, strict=True)
    ]
    supports = evidence_digest(papers)
    key = request.key_sha256
    enrolment = Enrolment(
        id=enrolment_id,
        person_id=person.person_id,
        profile=application.profile,
        request=request.der,
        key_sha256=key,
        evidence_digest=supports,
        digest=enrolment_digest(
            enrolment_id, person.person_id, application.profile, request.der, supports, person.names
        ),
    )
    return [KeyUse(key_sha256=key, subject=person.person_id), enrolment, *papers, *numbers]


def _evidence(ledger: Ledger, enrolment_id: str, shown: Shown) -> Evidence:
    return Evidence(
        id=ledger.new_id(),
        enrolment_id=enrolment_id,
        kind=shown.kind.value,
        issuer=shown.issuer,
        issued_on=shown.issued_on.isoformat(),
        expires_on=shown.expires_on.isoformat() if shown.expires_on else None,
        scan_sha256=shown.scan_sha256,
        officer_id=shown.officer_id,
        place=shown.place,
        method=shown.method.value,
    )


def _refused(application: Application, person: Standing | None, refusal: Refuse, actor: Actor) -> Deed:
    # The profile is a stranger's word until it is one of ours, and the log takes no free text.
    profile = application.profile if application.profile in PERSON_PROFILES else "unknown"
    request = sha256(application.request).hexdigest()
    return Deed(EnrolmentRefused(refusal.code, request, profile, person.person_id if person else None), actor)


def _refused_late(ledger: Ledger, application: Application, people: Mapping[str, Standing], actor: Actor) -> Refuse:
    refusal = Refuse("enrolment.key-used")
    ledger.entries([_refused(application, people.get(application.number), refusal, actor)])
    return refusal


def _used(session: Session, keys: Sequence[str]) -> set[str]:
    statement = select(KeyUse.key_sha256)
    return {key for some in sliced(keys) for key in session.scalars(statement.where(KeyUse.key_sha256.in_(some)))}
