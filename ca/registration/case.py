"""One request with everything that the rules look at, and the rules: pure functions, the same at desk and key.

Each attribute of the certificate names what backs it (ID-01): a paper that was seen, the register, a mail proof, the
organisation's confirmation, a mandate. What nothing backs is not certified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from ca.configuration import Configuration
from ca.policy import (
    Applicant,
    DeskSpan,
    Paper,
    evidence_suffices,
    may_be_certified,
    may_register,
    may_serve,
)
from ca.registration.rules import MOST_KIP, MOST_NAMES, RULES, Extra, Rule, Subject
from ledger.addresses import governmental, host_within, parse_mail, under
from ledger.clock import VIENTIANE
from ledger.decision import Allow, Decision, Refuse
from ledger.roles import DutySpan
from pki.zone import has_unfit_label


class Source(Enum):
    """What can back an attribute; the id beside it says which one does."""

    EVIDENCE = "evidence"
    REGISTER = "register"
    MAIL_PROOF = "mail-proof"
    DOMAIN = "domain"
    """The host is under a domain of the organisation."""
    CONFIRMATION = "confirmation"
    """An officer of the organisation of this id signs for it; without his act nobody decides."""
    MANDATE = "mandate"
    ALLOWANCE = "allowance"
    """People allowed in advance that machines ask for it (`ca/machines`)."""


Backing = Mapping[str, tuple[str, str]]
"""By attribute: a value of `Source` and the id of the fact."""


@dataclass(frozen=True)
class Body:
    """An organisation as the rules look at it, now."""

    id: str
    code: str
    kind: str
    name_lo: str
    name_en: str
    domains: tuple[str, ...]
    stands: bool


@dataclass(frozen=True)
class MandateSpan:
    """A mandate that the person holds now through his post in an organisation."""

    id: str
    act: str
    organisation_id: str
    limit_lak: int | None


@dataclass(frozen=True)
class Asked:
    """What a request wants in the certificate, beside the person."""

    profile: str
    organisation: str | None = None
    """Its code."""
    names: tuple[str, ...] = ()
    common_name: str | None = None
    value_limit_lak: int | None = None


@dataclass(frozen=True)
class Case:
    """One request as it stands in one snapshot. `papers` and `paper_ids` belong together."""

    asked: Asked
    asked_at: datetime
    applicant: Applicant
    person_id: str
    papers: Sequence[Paper]
    paper_ids: Sequence[str]
    officers: Mapping[str, Sequence[DutySpan]]
    """By id, the officers who saw the papers, with their duties."""
    desk: DeskSpan | None
    posts: Mapping[str, Body]
    """By id, the organisations in which the person holds a post."""
    organisation: Body | None
    mandates: Sequence[MandateSpan] = ()
    mail_proof: str | None = None
    """The id of the proof that the person reads the address asked for."""
    family_name: bool = True
    """Whether he has one: many have not."""
    practice: bool = False

    @property
    def rule(self) -> Rule | None:
        """The row of the profile."""
        return RULES.get(self.asked.profile)

    @cached_property
    def backing(self) -> "Backing | Refuse":
        """As `backed`, which is asked once."""
        return backed(self)


def may_be_admitted(case: Case, configuration: Configuration, now: datetime) -> Decision:
    """Whether the request is taken up, or is still one that may be: person, papers, desk, and all that it asks for."""
    backing = may_be_served(case, configuration, now) and backed(case)
    return backing if isinstance(backing, Refuse) else Allow()


def may_be_served(case: Case, configuration: Configuration, now: datetime) -> Decision:
    """Whether person, papers and desk are fit, whatever the request asks for.

    Papers are judged by the day of the request, person, desk and organisation by `now` and that moment.
    """
    day, asked_on = (moment.astimezone(VIENTIANE).date() for moment in (now, case.asked_at))
    return (
        may_be_certified(case.asked.profile, case.applicant, case.asked_at, day, configuration.officer_age)
        and evidence_suffices(case.papers, asked_on, configuration.evidence)
        and at_desk(case, now)
    )


def backed(case: Case) -> Backing | Refuse:
    """What backs each attribute of the certificate, or why one is not backed or not to be asked for."""
    rule = case.rule
    if rule is None:
        return Refuse("enrolment.profile-not-for-persons")
    if isinstance(strange := _shape(case, rule), Refuse):
        return strange
    backing: dict[str, tuple[str, str]] = {}
    for part in (_person, _organisation, _extra, _mandate):
        found = part(case, rule)
        if isinstance(found, Refuse):
            return found
        backing |= found
    return backing


def still_backed(case: Case, recorded: Mapping[str, Sequence[str]]) -> Decision:
    """Whether what was recorded as backing is what backs the attributes now, attribute by attribute."""
    backing = backed(case)
    if isinstance(backing, Refuse):
        return backing
    said = {attribute: tuple(source) for attribute, source in recorded.items()}
    return Allow() if said == backing else Refuse("enrolment.attribute-unbacked")


def at_desk(case: Case, now: datetime) -> Decision:
    """Whether the desk may serve him: who saw his papers there was and is on duty, and he did not see them himself."""
    for duties in case.officers.values():
        for at in (case.asked_at, now):
            if isinstance(refusal := may_register(case.desk, duties, at), Refuse):
                return refusal
    if case.desk is None:
        return Refuse("desk.unknown")
    if case.person_id in case.officers:
        return Refuse("enrolment.own-papers")
    provinces = {body.code for body in case.posts.values() if body.kind == "province"}
    if case.organisation is not None and case.organisation.kind == "province":
        provinces.add(case.organisation.code)
    return may_serve(case.desk, provinces)


def _shape(case: Case, rule: Rule) -> Decision:
    """Whether the request brings what its profile needs and nothing that it has no place for."""
    asked = case.asked
    rules = (
        (rule.organisation and asked.organisation is None, "enrolment.organisation-missing"),
        (not rule.organisation and asked.organisation is not None, "enrolment.organisation-not-named"),
        (rule.common_name != (asked.common_name is not None), "enrolment.common-name"),
        (rule.extra is Extra.NONE and bool(asked.names), "enrolment.names-not-taken"),
        (len(asked.names) > MOST_NAMES, "enrolment.names-too-many"),
        (any(map(has_unfit_label, asked.names)), "enrolment.host-label"),
        (rule.extra is Extra.HOSTS and not asked.names, "enrolment.names-missing"),
        (rule.extra is Extra.MAIL and len(asked.names) != 1, "enrolment.names-missing"),
        (len(set(asked.names)) != len(asked.names), "enrolment.names-twice"),
        (asked.value_limit_lak is not None and not rule.value_limit, "enrolment.value-limit-not-taken"),
        (
            asked.value_limit_lak is not None and not 0 < asked.value_limit_lak <= MOST_KIP,
            "enrolment.value-limit-not-taken",
        ),
    )
    return next((Refuse(code) for wrong, code in rules if wrong), Allow())


def _person(case: Case, rule: Rule) -> Backing | Refuse:
    paper = (Source.EVIDENCE.value, case.paper_ids[0]) if case.paper_ids else None
    if paper is None:
        return Refuse("enrolment.evidence-missing")
    if rule.subject is Subject.ORGANISATION:
        return {"responsible-person": paper}
    number = (Source.REGISTER.value, case.person_id)
    named = {"given-name": paper, "person-number": number}
    return named | ({"family-name": paper} if case.family_name else {})


def _organisation(case: Case, rule: Rule) -> Backing | Refuse:
    if not rule.organisation:
        return {}
    if case.organisation is None:
        return Refuse("enrolment.organisation-unknown")
    if not case.organisation.stands:
        return Refuse("enrolment.organisation-ended")
    confirmed = (Source.CONFIRMATION.value, case.organisation.id)
    return {"organisation": confirmed} | ({"common-name": confirmed} if rule.common_name else {})


def _extra(case: Case, rule: Rule) -> Backing | Refuse:
    if rule.extra is Extra.HOSTS and case.organisation is not None:
        domains = case.organisation.domains
        if not all(host_within(name, domains, practice=case.practice) for name in case.asked.names):
            return Refuse("enrolment.name-outside-zone")
        return {"host": (Source.DOMAIN.value, case.organisation.id)}
    if rule.extra is Extra.MAIL:
        outcome = may_have_address(case.asked.names[0], list(case.posts.values()))
        if isinstance(outcome, Refuse):
            return outcome
        if case.mail_proof is None:
            return Refuse("enrolment.mail-unproved")
        return {"mail": (Source.MAIL_PROOF.value, case.mail_proof)}
    return {}


def _mandate(case: Case, rule: Rule) -> Backing | Refuse:
    if rule.mandate is None or case.organisation is None:
        return {}
    limit = case.asked.value_limit_lak
    for one in case.mandates:
        if (one.act, one.organisation_id) != (rule.mandate, case.organisation.id):
            continue
        if one.limit_lak is None or (limit is not None and limit <= one.limit_lak):
            return {"mandate": (Source.MANDATE.value, one.id)}
    return Refuse("enrolment.no-mandate")


def may_have_address(address: str, posts: Sequence[Body]) -> Decision:
    """Whether the address is directly under a government domain of a body where the person has a post.

    It is a plain one in small letters, as certificates have it.
    """
    if not address.isascii():
        return Refuse("mail.not-ascii")
    if parse_mail(address) != address or address != address.lower():
        return Refuse("mail.malformed")
    listed = [domain for body in posts if body.stands for domain in body.domains if governmental(domain)]
    return Allow() if under(address, listed) else Refuse("mail.other-domain")
