"""Two persons agree on new versions, and they are in force; the very first ones come with the ceremony.

Each person signs the digest of the plan under his own key, and whoever relies on a version verifies both signatures
again (`proven`), so that no process can publish by itself.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.statement import StatementApproved, StatementPublished, StatementRefused
from ca.registration.applicants import duties
from ca.statement.edition import Edition, edition, figures_digest, plan_digest
from ca.statement.figures import PERSONS
from ca.tables.statement import StatementApproval, StatementVersion
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns, verify_act
from ledger.canonical import canonical
from ledger.decision import Decision as Outcome
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.roles import Action, DutySpan, may_act
from web.home import Home

AGREE = "statement.agree"


def act_for(plan: str, at: datetime) -> Act:
    """What a person signs who agrees to a plan."""
    return Act(AGREE, {"plan": plan}, at)


def may_agree(spans: Sequence[DutySpan], at: datetime) -> Outcome:
    """Whether a person may agree to what the CA says about itself."""
    return may_act(Action.AGREE_STATEMENT, spans, at)


def approve(ledger: Ledger, home: Home, signed: SignedAct) -> str | Refuse:
    """The person agreed to what would be published now. Returns the plan's digest; a refusal is recorded."""
    with ledger.read() as session:
        planned = edition(session, home)
        person = _person(session, planned, signed, ledger.clock.now())
    if isinstance(person, Refuse):
        return _refused(ledger, planned, person)
    deed = Deed(
        StatementApproved(planned.digest, person), Actor.person(person), [_approval(ledger, planned, person, signed)]
    )
    try:
        ledger.entries([deed])
    except Taken:
        return _refused(ledger, planned, Refuse("statement.approved-already"), person)
    return planned.digest


def publish(ledger: Ledger, home: Home, signed: SignedAct) -> list[StatementVersion] | Refuse:
    """The new versions are in force, agreed to by this person and by another before. A refusal is recorded."""
    with ledger.read() as session:
        planned = edition(session, home)
        person = _person(session, planned, signed, ledger.clock.now())
        agreed = set(_agreed(session, planned.digest))
    if isinstance(person, Refuse):
        return _refused(ledger, planned, person)
    if not agreed - {person}:
        return _refused(ledger, planned, Refuse("statement.one-person"), person)
    versions = _versions(ledger, planned, planned.digest)
    own = [] if person in agreed else [_approval(ledger, planned, person, signed)]
    try:
        ledger.entries([Deed(_published(planned, planned.digest), Actor.person(person), [*versions, *own])])
    except Taken:
        return _refused(ledger, planned, Refuse("statement.outdated"), person)
    return versions


def publish_first(ledger: Ledger, home: Home, actor: Actor) -> None:
    """The first versions are in force, if there are none: only a ceremony may do this, as nobody can agree yet."""
    with ledger.read() as session:
        there = session.scalar(select(StatementVersion.id).limit(1))
        planned = None if there else edition(session, home)
    if planned is None:
        return
    try:
        ledger.entries([Deed(_published(planned, None), actor, _versions(ledger, planned, None))])
    except Taken:
        return  # Another ceremony was first.


def proven(session: Session, version: StatementVersion) -> bool:
    """Whether it is a ceremony's first version, or two persons on duty provably agreed to it."""
    if version.plan is None:
        return version.number == 1
    together = session.scalars(select(StatementVersion).where(StatementVersion.plan == version.plan)).all()
    versions = {one.document: (one.number, one.digest) for one in together}
    if plan_digest(versions, version.figures_digest) != version.plan:
        return False
    return len(set(_agreed(session, version.plan))) >= PERSONS


def _agreed(session: Session, plan: str) -> list[str]:
    """The persons who agreed to the plan, each act verified as things stood when it was taken up."""
    statement = select(StatementApproval, Entry.at).join(Entry, Entry.id == StatementApproval.entry_id)
    rows = session.execute(statement.where(StatementApproval.plan == plan)).all()
    verifier = ActVerifier(session, [approval.act_certificate for approval, _ in rows])
    spans = duties(session, verifier.person_ids())
    people = []
    for approval, taken_up in rows:
        signed = SignedAct(act_for(plan, approval.act_at), approval.act_certificate, bytes(approval.act_signature))
        try:
            person = verifier.verify(signed, taken_up)
        except ActInvalid:
            continue
        if may_agree(spans.get(person, ()), approval.act_at):
            people.append(person)
    return people


def _person(session: Session, planned: Edition, signed: SignedAct, now: datetime) -> str | Refuse:
    """Who signed the act, if it is about this plan and he may."""
    if not planned.drafts:
        return Refuse("statement.nothing-new")
    if signed.act.message() != act_for(planned.digest, signed.act.at).message():
        return Refuse("statement.outdated")
    try:
        person = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    allowed = may_agree(duties(session, [person]).get(person, ()), now)
    return allowed if isinstance(allowed, Refuse) else person


def _refused(ledger: Ledger, planned: Edition, why: Refuse, person: str | None = None) -> Refuse:
    actor = Actor.person(person) if person else Actor.system(ledger.process)
    ledger.record(StatementRefused(planned.digest, why.code, person), actor)
    return why


def _approval(ledger: Ledger, planned: Edition, person: str, signed: SignedAct) -> StatementApproval:
    return StatementApproval(id=ledger.new_id(), plan=planned.digest, person_id=person, **proof_columns(signed))


def _versions(ledger: Ledger, planned: Edition, plan: str | None) -> list[StatementVersion]:
    return [
        StatementVersion(
            id=ledger.new_id(),
            document=draft.document,
            number=draft.number,
            lo=draft.rendered.lo,
            en=draft.rendered.en,
            digest=draft.rendered.digest,
            figures=canonical(planned.figures).decode(),
            figures_digest=figures_digest(planned.figures),
            valid_from=ledger.clock.now(),
            plan=plan,
        )
        for draft in planned.drafts
    ]


def _published(planned: Edition, plan: str | None) -> StatementPublished:
    return StatementPublished(
        tuple(draft.document for draft in planned.drafts),
        tuple(draft.number for draft in planned.drafts),
        tuple(draft.rendered.digest for draft in planned.drafts),
        figures_digest(planned.figures),
        plan,
    )
