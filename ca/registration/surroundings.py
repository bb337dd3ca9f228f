"""What the ledger says around many requests, read with few statements in one snapshot. Reads only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.policy import DeskSpan, Paper
from ca.registration.applicants import NOBODY, Standing, sliced
from ca.registration.case import Asked, Body, Case, MandateSpan
from ca.registration.rules import RULES, Extra
from ca.tables.registration import MailChallenge, MailProof
from ledger.base import latest
from ledger.facts import Facts
from ledger.people import Appointment, AppointmentTerm, Mandate, MandateTerm, Organisation, OrganisationDetail, Post
from ledger.roles import DutySpan
from ledger.standing import period_at


class Surroundings:
    """The organisations around some requests, as of `now`, beside desks, duties and numbers that the caller believes.

    `organisations` are codes; those in which the persons hold posts are read besides.
    """

    def __init__(
        self,
        session: Session,
        now: datetime,
        *,
        configuration: Configuration,
        people: Iterable[Standing],
        desks: Mapping[str, DeskSpan],
        duties: Mapping[str, Sequence[DutySpan]],
        organisations: Collection[str],
        practice: bool,
    ) -> None:
        self._session, self._now, self._practice = session, now, practice
        self.configuration, self.desks, self._duties = configuration, desks, duties
        ids = {key for standing in people for key in standing.posts}
        self._bodies = bodies(session, ids, organisations, now)
        self._by_code = {body.code: body for body in self._bodies.values()}

    def case(
        self,
        asked: Asked,
        asked_at: datetime,
        standing: Standing | None,
        papers: Mapping[str, Paper],
        seen: Collection[tuple[str, str]],
        *,
        carried: bool = False,
    ) -> Case:
        """The request with what surrounds it. `papers` are by id; `seen` says which officer saw one at which desk.

        Papers of two desks are no request: the desk is unknown then. Who saw papers that are `carried` was on duty
        then, and need not be now (`ca.registration.succession`).
        """
        places = {desk for _, desk in seen}
        organisation = self._by_code.get(asked.organisation) if asked.organisation else None
        person_id = standing.person_id if standing else ""
        return Case(
            asked=asked,
            asked_at=asked_at,
            applicant=standing.applicant if standing else NOBODY,
            person_id=person_id,
            papers=[papers[key] for key in sorted(papers)],
            paper_ids=sorted(papers),
            officers={} if carried else {officer: self._duties.get(officer, ()) for officer, _ in seen},
            desk=self.desks.get(next(iter(places))) if len(places) == 1 else None,
            posts={key: self._bodies[key] for key in (standing.posts if standing else ()) if key in self._bodies},
            organisation=organisation,
            mandates=self._mandates(asked, person_id, organisation),
            mail_proof=self._mail_proof(asked, person_id, asked_at),
            family_name=standing is None or standing.names.family_en is not None,
            practice=self._practice,
        )

    def body(self, organisation_id: str) -> Body | None:
        """The organisation of this id, if it is around one of these requests."""
        return self._bodies.get(organisation_id)

    def _mandates(self, asked: Asked, person_id: str, organisation: Body | None) -> Sequence[MandateSpan]:
        rule = RULES.get(asked.profile)
        if rule is None or rule.mandate is None or organisation is None:
            return ()
        return mandates(self._session, person_id, organisation.id, self._now)

    def _mail_proof(self, asked: Asked, person_id: str, asked_at: datetime) -> str | None:
        rule = RULES.get(asked.profile)
        if rule is None or rule.extra is not Extra.MAIL or len(asked.names) != 1:
            return None
        since = asked_at - timedelta(days=self.configuration.mail_proof_days)
        statement = (
            select(MailProof.challenge_id)
            .join(MailChallenge, MailChallenge.id == MailProof.challenge_id)
            .where(MailChallenge.person_id == person_id, MailChallenge.address == asked.names[0])
            .where(MailProof.at > since, MailProof.at <= asked_at)
        )
        return self._session.scalar(statement.order_by(MailProof.at.desc(), MailProof.challenge_id).limit(1))


_DETAILS = select(Organisation.code, OrganisationDetail).join(
    OrganisationDetail, OrganisationDetail.organisation_id == Organisation.id
)
_AMONG: BindParameter[Sequence[str]] = bindparam("among", expanding=True)
_OF_IDS, _OF_CODES = (
    Facts(_DETAILS.where(Organisation.id.in_(_AMONG))),
    Facts(_DETAILS.where(Organisation.code.in_(_AMONG))),
)


def bodies(session: Session, ids: Collection[str], codes: Collection[str], now: datetime) -> Mapping[str, Body]:
    """The organisations with these ids and those with these codes, by id, as they are at `now`."""
    versions: dict[str, list[OrganisationDetail]] = {}
    named: dict[str, str] = {}
    for among, values in ((_OF_IDS, ids), (_OF_CODES, codes)):
        for some in sliced(values):
            for code, detail in among.rows(session, {"among": some}):
                named[detail.organisation_id] = code
                versions.setdefault(detail.organisation_id, []).append(detail)
    return {key: _body(key, named[key], found, now) for key, found in versions.items()}


def mandates(session: Session, person_id: str, organisation_id: str, now: datetime) -> Sequence[MandateSpan]:
    """What the person may do at `now` for the organisation, through a post in it that he holds."""
    term = latest(MandateTerm, MandateTerm.mandate_id).subquery()
    held = latest(AppointmentTerm, AppointmentTerm.appointment_id).subquery()
    statement = (
        select(Mandate.id, Mandate.act, Post.organisation_id, term.c.limit_lak)
        .join(Post, Post.id == Mandate.post_id)
        .join(term, term.c.mandate_id == Mandate.id)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(held, held.c.appointment_id == Appointment.id)
        .where(Post.organisation_id == organisation_id, Appointment.person_id == person_id)
        .where(or_(Mandate.person_id.is_(None), Mandate.person_id == person_id))
        .where(*(_runs(period, now) for period in (term.c, held.c)))
    )
    return [MandateSpan(*row) for row in session.execute(statement.order_by(Mandate.id).distinct())]


def _runs(period: Any, now: datetime) -> ColumnElement[bool]:
    return and_(period.valid_from <= now, or_(period.valid_to.is_(None), period.valid_to > now))


def _body(key: str, code: str, versions: Sequence[OrganisationDetail], now: datetime) -> Body:
    detail = period_at(versions, now)
    stands = detail.valid_from <= now and (detail.valid_to is None or now < detail.valid_to)
    return Body(key, code, detail.kind, detail.name_lo, detail.name_en, tuple(detail.domains.split()), stands)
