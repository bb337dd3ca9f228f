"""Renew, rekey, modify: a holder asks for what follows his certificate, and brings again only what has lapsed (ID-07).

One entry has the new request, the papers that it carries and the holder's act. What comes of it is decided elsewhere:
by officers as far as the configuration asks, and by the signing room, which believes none of this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.endings.replacement import may_replace, refused, replace_act, replacement
from ca.events.endings import FollowingAsked
from ca.registration.applicants import duties
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.desks import desks
from ca.registration.digests import names_of
from ca.registration.enrolment import draft
from ca.registration.progress import states
from ca.registration.states import Step, may_step
from ca.registration.succession import Carrying, Earlier, key_lasts, line_of, same_names
from ca.tables.registration import Enrolment, EnrolmentScope
from ledger.acts import HOLDERS_PROFILES, Act, ActInvalid, SignedAct, verify_act
from ledger.certificates import Certificate, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Organisation, Person
from ledger.sealed_fields import SealedFields

Sign = Callable[[Act], SignedAct]


class Way(Enum):
    """What is the same in the certificate that follows."""

    RENEW = "renew"
    """All but the time."""
    REKEY = "rekey"
    """What it says; the key is new."""
    MODIFY = "modify"
    """Whom it is for; it says what the register says now. The key may be new."""

    @property
    def step(self) -> Step:
        """As the graph of states has it."""
        return Step.MODIFY if self is Way.MODIFY else Step.FOLLOW


@dataclass(frozen=True)
class Wanted:
    """What a holder wants in the place of a certificate of his, which is named by its SHA-256 (hex)."""

    way: Way
    certificate_sha256: str
    request: bytes | None = None
    """A PKCS#10 for another key; None: the key stays."""
    evidence: Sequence[Shown] = ()
    """Papers that an officer saw now; without any, those of the request before carry."""
    terms_digest: str | None = None
    """Of the terms that he accepts by his act; None: he stands by those that he accepted before."""


def follow(
    ledger: Ledger, fields: SealedFields, wanted: Wanted, person_id: str, sign: Sign, *, practice: bool = False
) -> str | Refuse:
    """The new request's id, or what has lapsed or is wrong; either way there is one entry.

    `sign` makes the holder's act under his authentication key.
    """
    drafted = _drafted(ledger, fields, wanted, person_id, practice=practice)
    if isinstance(drafted, Refuse):
        return refused(ledger, drafted.code, person_id)
    old, deed = drafted
    enrolment = next(fact for fact in deed.facts if isinstance(fact, Enrolment))
    scope = next(fact for fact in deed.facts if isinstance(fact, EnrolmentScope))
    signed = sign(replace_act(enrolment, old.sha256, ledger.clock.now()))
    now = ledger.clock.now()
    with ledger.read() as session:
        try:
            by = verify_act(session, signed, now, HOLDERS_PROFILES)
        except ActInvalid as fault:
            return refused(ledger, fault.code, None)
        allowed = may_replace(session, by, enrolment, scope, old, now)
    if isinstance(allowed, Refuse):
        return refused(ledger, allowed.code, by)
    asked = FollowingAsked(enrolment.id, old.id, by, wanted.way.value, enrolment.profile, enrolment.digest)
    facts = [*deed.facts, replacement(enrolment, old, signed, by)]
    try:
        ledger.entries([Deed(asked, Actor.person(by), facts)])
    except Taken:
        return refused(ledger, "enrolment.key-used", by)
    return enrolment.id


def _drafted(
    ledger: Ledger, fields: SealedFields, wanted: Wanted, person_id: str, *, practice: bool
) -> tuple[Certificate, Deed] | Refuse:
    now = ledger.clock.now()
    with ledger.read() as session:
        old = session.scalar(select(Certificate).where(Certificate.sha256 == wanted.certificate_sha256))
        person = session.get(Person, person_id)
        line = line_of(session, old) if old is not None else ()
        if old is None or person is None:
            return Refuse("revocation.certificate-unknown")
        if not line:
            return Refuse("replacement.no-request")
        if session.get(Revocation, old.id) is not None:
            return Refuse("replacement.ended")
        configuration = current(session)
        carrying = Carrying(session, configuration, partial(duties, session), partial(desks, session), now)
        state = states(session, [line[0].enrolment.id], now)[line[0].enrolment.id]
        allowed = (
            may_step(state, wanted.way.step, names_organisation=False)
            and _same_as_said(wanted.way, unchanged=carrying.unchanged(line[0]))
            and _papers_carry(wanted, carrying, line[0], old)
        )
        if isinstance(allowed, Refuse):
            return allowed
        lasts = key_lasts(session, configuration, old, now)
        if isinstance(lasts, Refuse) and wanted.request is None:
            return lasts
        application = _application(session, wanted, line[0], person, ledger)
    deed = draft(ledger, fields, application, Actor.person(person_id), practice=practice)
    return deed if isinstance(deed, Refuse) else (old, deed)


def _same_as_said(way: Way, *, unchanged: bool) -> Decision:
    if way is Way.MODIFY:
        return Refuse("replacement.nothing-changed") if unchanged else Allow()
    return Allow() if unchanged else Refuse("replacement.data-changed")


def _papers_carry(wanted: Wanted, carrying: Carrying, before: Earlier, old: Certificate) -> Decision:
    if wanted.evidence:
        return Allow()
    if not same_names(carrying.session, old, carrying.now):
        return Refuse("replacement.name-changed")
    if not carrying.confirmed(old):
        return Refuse("replacement.unconfirmed")
    return carrying.papers_hold(before)


def _application(session: Session, wanted: Wanted, before: Earlier, person: Person, ledger: Ledger) -> Application:
    scope, agreement = before.scope, before.agreement
    agreed = Agreed(agreement.terms_digest, AgreementMeans(agreement.means), agreement.at, agreement.publication)
    if wanted.terms_digest is not None:
        agreed = Agreed(wanted.terms_digest, AgreementMeans.SIGNED, ledger.clock.now(), agreement.publication)
    organisation = session.get(Organisation, scope.organisation_id) if scope.organisation_id else None
    return Application(
        wanted.request or bytes(before.enrolment.request),
        person.number,
        before.enrolment.profile,
        wanted.evidence,
        agreed,
        organisation.code if organisation else None,
        names_of(scope),
        scope.common_name,
        scope.value_limit_lak,
        carried=() if wanted.evidence else before.papers,
        old_key=wanted.request is None,
    )
