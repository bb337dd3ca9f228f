"""Certificates of kinds that not everybody has: organisations, hosts, devices, mail, a post-quantum key.

It goes on from whatever an interrupted run left: what is there is looked up, not remembered.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

from sqlalchemy import select

from ca.registration.application import Agreed, AgreementMeans, Application
from ca.registration.confirmation import act_for, confirm
from ca.registration.mail import CODE_DIGITS, Asked, ask, prove
from ca.statement import terms
from ca.tables.registration import Enrolment, EnrolmentScope, OrganisationConfirmation
from ledger.decision import Refuse
from ledger.outbox import OutboxMessage
from ledger.people import Appointment, Organisation, OrganisationDetail, Person, Post
from ledger.sealed_fields import SealedFields
from scripts.demonstration.certifying import NotIssued, collect_for, decide_all, sample_card, submitted
from scripts.demonstration.installation import Installation
from scripts.demonstration.keys import PersonalKey


@dataclass(frozen=True)
class Body:
    """A ministry, the officer who asks for it, and the colleague who confirms."""

    code: str
    domain: str
    officer: str
    colleague: str


@dataclass(frozen=True)
class _Kind:
    """What is asked for: a profile, for which purpose's key, and what the request names."""

    profile: str
    purpose: str
    names: tuple[str, ...] = ()
    common_name: str | None = None
    organisation: bool = False


def certify_further_kinds(installation: Installation, people: Iterable[tuple[str, str]], admins: Sequence[str]) -> str:
    """Each is asked for, confirmed, decided by two, and in a file beside its key. Returns what there is."""
    body, citizen = two_of(installation), next(number for number, source in people if source == "citizens")
    address = f"officer.{body.officer}@{body.domain}"
    kinds = [(body.officer, kind) for kind in _kinds(body, address)]
    kinds.append((citizen, _Kind("citizen-signing", "signing")))
    keys = [(installation.personal(number, kind.purpose), kind) for number, kind in kinds]
    if any(not key.certificate.exists() for key, _ in keys):
        _prove_address(installation, body.officer, address, admins[0])
        _ask(installation, keys, body, admins[0])
        _confirm(installation, body)
        decide_all(installation, admins)
    collect_for(installation, [key for key, _ in keys], lambda _count: None)
    return f"{len(keys)} certificates of {body.code} and a citizen"


def _kinds(body: Body, address: str) -> list[_Kind]:
    return [
        _Kind("officer-encryption", "encryption"),
        _Kind("officer-signing", "signing-pq"),
        _Kind("mail-signing", "mail-signing", (address,)),
        _Kind("mail-encryption", "mail-encryption", (address,)),
        _Kind("organisation-seal", "seal", organisation=True),
        _Kind("tls-server", "tls-server", (f"www.{body.domain}",), organisation=True),
        _Kind("tls-client", "tls-client", common_name=f"{body.code} document gateway", organisation=True),
        _Kind("device", "device", common_name=f"{body.code} meeting room", organisation=True),
        _Kind("code-signing", "code-signing", common_name=f"{body.code} kiosk image", organisation=True),
    ]


def two_of(installation: Installation) -> Body:
    """The first ministry with a domain and two officers of ours who hold an authentication certificate."""
    first: dict[str, str] = {}
    for code, domain, number in officers_of_ministries(installation):
        if code in first and first[code] != number:
            return Body(code, domain, first[code], number)
        first[code] = number
    raise NotIssued("no ministry of the sample has two officers: look at examples/data")


def officers_of_ministries(installation: Installation) -> list[tuple[str, str, str]]:
    """Code, domain and number of each officer of a ministry with a domain who holds an authentication certificate."""
    statement = (
        select(Organisation.code, OrganisationDetail.domains, Person.number)
        .join(OrganisationDetail, OrganisationDetail.organisation_id == Organisation.id)
        .join(Post, Post.organisation_id == Organisation.id)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(Person, Person.id == Appointment.person_id)
        .where(OrganisationDetail.kind == "ministry", OrganisationDetail.domains != "")
        .where(OrganisationDetail.valid_to.is_(None))
        .order_by(Organisation.code, Person.number)
    )
    with installation.ledger("ca").read() as session:
        rows = session.execute(statement).all()
    return [
        (code, domains.split()[0], number)
        for code, domains, number in rows
        if installation.personal(number, "authentication").certificate.exists()
    ]


def _ask(installation: Installation, keys: Sequence[tuple[PersonalKey, _Kind]], body: Body, admin: str) -> None:
    officer = installation.acting(admin)
    with installation.ledger("ca").read() as session:
        known = set(session.scalars(select(Enrolment.key_sha256)))
        agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, installation.clock.now())
    applications = [
        Application(
            key.request(), key.number, kind.profile, [sample_card(key.number, officer.person_id)], agreed,
            organisation=body.code if kind.organisation else None, names=kind.names, common_name=kind.common_name,
        )
        for key, kind in keys
        if key.sha256() not in known
    ]  # fmt: skip
    submitted(installation, applications, officer.actor)


def _confirm(installation: Installation, body: Body) -> None:
    ledger, colleague = installation.ledger("ca"), installation.acting(body.colleague)
    confirmed = select(OrganisationConfirmation.enrolment_id)
    asked = select(Enrolment).join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id)
    with ledger.read() as session:
        organisation = session.scalars(select(Organisation.id).where(Organisation.code == body.code)).one()
        enrolments = session.scalars(
            asked.where(EnrolmentScope.organisation_id == organisation, Enrolment.id.not_in(confirmed))
        ).all()
    for enrolment in enrolments:
        signed = colleague.sign(act_for(enrolment, organisation, installation.clock.now()))
        outcome = confirm(ledger, enrolment.id, signed)
        if isinstance(outcome, Refuse):
            raise NotIssued(f"the confirmation by {body.code} was refused as {outcome.code}")


def _prove_address(installation: Installation, number: str, address: str, admin: str) -> None:
    """The code is read out of the letter, as its receiver would."""
    ledger, officer = installation.ledger("ca"), installation.acting(admin)
    fields = SealedFields.open(installation.home.key_uri("fields"))
    challenge = ask(ledger, fields, Asked(number, address), officer.actor)
    if isinstance(challenge, Refuse):
        raise NotIssued(f"no code was mailed to {address}: {challenge.code}")
    letters = select(OutboxMessage.body).where(OutboxMessage.url == f"mailto:{address}")
    with ledger.read() as session:
        body = session.scalars(letters.order_by(OutboxMessage.id.desc()).limit(1)).one()
    code = _code_in(bytes(body))
    if isinstance(refused := prove(ledger, fields, challenge.id, code, officer.actor), Refuse):
        raise NotIssued(f"the code in the letter to {address} was refused as {refused.code}")


def _code_in(mail: bytes) -> str:
    text = message_from_bytes(mail, policy=default).get_content()
    found = re.search(rf"\b\d{{{CODE_DIGITS}}}\b", text)
    if found is None:
        raise NotIssued("the letter holds no code")
    return found[0]
