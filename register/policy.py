"""What may be registered: the faults that keep a line out, the doubts that a person must settle, and who may apply."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.acts import AUTHENTICATION_PROFILES, ActInvalid, SignedAct, verify_act
from ledger.addresses import under
from ledger.certificates import Certificate
from ledger.dates import age, day_of
from ledger.decision import Refuse
from ledger.people import AppointmentTerm
from ledger.roles import Action, may_act, span_of
from ledger.sheet import Reason
from ledger.spelling import fold, fold_name
from ledger.standing import duties
from register.line import Line, Office
from register.view import Registered, View

CITIZENS_FROM_AGE, OFFICERS_FROM_AGE, MOST_AGE = 15, 18, 110
"""Years completed: identity cards start at 15; an officer is of age when his appointment begins."""
APPLY = "register.apply"
RECEIPT = "register.receipt"


def faults(line: Line, view: View, today: date) -> Iterator[Reason]:
    """What is wrong with the line beside the register; a line with a fault is never applied."""
    yield from _faults_of_age(line, today)
    yield from _faults_of_identity(line, view.persons.get(line.number))
    if line.office is not None:
        yield from _faults_of_office(line, line.office, view)


def doubts(line: Line, view: View, *, number_twice: bool) -> Iterator[Reason]:
    """What may be wrong with the line, so that it is applied only when a person vouches for it."""
    person = view.persons.get(line.number)
    if person is None:
        if number_twice:
            yield Reason("number", "register.number-twice")
        alike = view.likenesses.get((fold_name(line.given_lo, line.family_lo), line.born.isoformat()), set())
        if alike - {line.number}:
            yield Reason("given_lo", "register.look-alike")
    else:
        yield from _doubts_of_identity(line, person, again=line.number in view.spoken_of)
        yield from _doubts_of_office(line, person, view)


def may_apply(
    session: Session, signed: SignedAct | None, plan: str, vouched: tuple[int, ...], now: datetime
) -> str | Refuse | None:
    """The ledger id of the person whose act applies the plan; None for nobody, as long as no officer can sign acts.

    The act must name this plan and the lines vouched for, and its signer have a duty to keep the register.
    """
    if signed is None:
        somebody = select(Certificate.id).where(Certificate.profile.in_(AUTHENTICATION_PROFILES)).limit(1)
        return Refuse("register.needs-person") if vouched or session.execute(somebody).first() else None
    if signed.act.kind != APPLY or dict(signed.act.fields) != act_fields(plan, vouched):
        return Refuse("register.other-act")
    try:
        person_id = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    allowed = may_act(Action.KEEP_REGISTER, [span_of(duty) for duty in duties(session, person_id, now)], now)
    return allowed if isinstance(allowed, Refuse) else person_id


def act_fields(plan: str, vouched: tuple[int, ...]) -> dict[str, object]:
    """What the act of applying a plan names."""
    return {"plan": plan, "vouched": list(vouched)}


def _faults_of_age(line: Line, today: date) -> Iterator[Reason]:
    years = age(line.born, today)
    youngest = CITIZENS_FROM_AGE
    if line.office is not None:
        years_then, youngest = age(line.born, day_of(line.office.valid_from)), OFFICERS_FROM_AGE
        years = min(years, years_then) if line.born <= today else years
    if line.born > today:
        yield Reason("born", "register.born-in-future")
    elif years < youngest:
        yield Reason("born", "register.too-young")
    elif age(line.born, today) > MOST_AGE:
        yield Reason("born", "register.too-old")


def _faults_of_identity(line: Line, person: Registered | None) -> Iterator[Reason]:
    if person is None:
        return
    same_birth = person.detail is not None and person.detail.born == line.born.isoformat()
    if person.detail is None or not (_same_name(line, person) or same_birth):
        yield Reason("number", "register.number-of-another")


def _faults_of_office(line: Line, office: Office, view: View) -> Iterator[Reason]:
    body = view.bodies.get(office.organisation)
    if body is None:
        yield Reason("organisation", "register.organisation-unknown")
        return
    if not body.stood(office.valid_from):
        later = office.valid_from < body.at(office.valid_from).valid_from
        yield Reason("organisation", "register.organisation-not-yet" if later else "register.organisation-ended")
    if line.mail and not under(line.mail, _domains(line, office, view)):
        yield Reason("mail", "register.mail-domain")
    post = view.posts.get(office.post)
    if post and (fold(post.name_lo), fold(post.name_en)) != (fold(office.name_lo), fold(office.name_en)):
        yield Reason("post_lo", "register.post-name")


def _domains(line: Line, office: Office, view: View) -> set[str]:
    """The mail domains of the organisation then, of what it became, and of those where he has a post already."""
    known = view.persons.get(line.number)
    held = known.appointments.values() if known else ()
    codes_by_post = {post.id: code.partition("/")[0] for code, post in view.posts.items()} if held else {}
    codes = {office.organisation, *(codes_by_post[thing.post_id] for thing, _ in held)}
    codes |= {successor for code in tuple(codes) for successor in view.bodies[code].successors}
    return {domain for code in codes for domain in view.bodies[code].at(office.valid_from).domains.split()}


def _doubts_of_identity(line: Line, person: Registered, *, again: bool) -> Iterator[Reason]:
    if person.detail is None:
        return
    if person.detail.born != line.born.isoformat():
        yield Reason("born", "register.other-birth-date")
    elif fold(person.detail.given_lo) != fold(line.given_lo) and not _same_family(line, person):
        yield Reason("given_lo", "register.other-name")
    if again and any(getattr(person.detail, name) != value for name, value in line.person_values().items()):
        yield Reason("number", "register.lines-disagree")


def _doubts_of_office(line: Line, person: Registered, view: View) -> Iterator[Reason]:
    """A second post of one's own at one time is likely a transfer whose old post was not ended."""
    office = line.office
    if office is None or office.acting:
        return
    post = view.posts.get(office.post)
    others = [term for thing, term in person.appointments.values() if post is None or thing.post_id != post.id]
    if any(not term.acting and _meet(term, office) for term in others):
        yield Reason("valid_from", "register.second-post")


def _meet(one: AppointmentTerm, other: Office) -> bool:
    """Whether two half-open periods have an instant in common."""
    begun = other.valid_to is None or one.valid_from < other.valid_to
    return begun and (one.valid_to is None or other.valid_from < one.valid_to)


def _same_name(line: Line, person: Registered) -> bool:
    return person.detail is not None and person.detail.search_key == fold_name(line.given_lo, line.family_lo)


def _same_family(line: Line, person: Registered) -> bool:
    return person.detail is not None and fold(person.detail.family_lo or "") == fold(line.family_lo or "")
