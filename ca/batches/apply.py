"""Applying a plan: each line taken up or refused with its own row of the batch; killed at any instant, it goes on.

The entry of a line holds its EnrolmentBatchLine, UNIQUE by batch and number: what is not in the ledger was not done,
and what is there cannot be done again, by whatever process.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.batches.line import Line, field_of
from ca.batches.plan import Desk, Record, StoredPlan, slices
from ca.events.batches import BatchBegun, BatchEnded, BatchRefused
from ca.registration.applicants import duties
from ca.registration.application import Application
from ca.registration.enrolment import refusal, submit_many
from ca.tables.batches import EnrolmentBatch, EnrolmentBatchEnd, EnrolmentBatchLine
from ledger.acts import Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Fact
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Taken
from ledger.roles import Action, may_act
from ledger.sheet import Reason
from web.lock import Busy, alone

KIND = "enrolment.batch"
Sign = Callable[[Act], SignedAct]
"""Puts a person's authentication key to an act."""


@dataclass(frozen=True)
class Tally:
    """How many lines of a batch are taken up, refused, and not yet either."""

    lines: int
    taken: int
    refused: int

    @property
    def open(self) -> int:
        """Lines that are still to be done."""
        return self.lines - self.taken - self.refused


def apply_plan(
    desk: Desk, plan: StoredPlan, sign: Sign, progress: Callable[[int], None] = lambda _: None
) -> EnrolmentBatch | Refuse:
    """The batch, every line of which is taken up or refused; or why it is not begun.

    `desk` is that of the officer who signs. Run again it does what is left. Raises what the ledger raises; run it
    again then. `progress` hears of lines done, those done before too.
    """
    try:
        with alone(plan.path.parent / "lock"):
            return _apply(desk, plan, sign, progress)
    except (Busy, Taken):
        return Refuse("batch.busy")


def tally(session: Session, batch: EnrolmentBatch) -> Tally:
    """How far the batch has come."""
    line = EnrolmentBatchLine
    counted = select(func.count(line.id), func.count(line.enrolment_id)).where(line.batch_id == batch.id)
    done, taken = session.execute(counted).one()
    return Tally(batch.lines, taken, done - taken)


def batch_named(session: Session, digest: str) -> EnrolmentBatch | Refuse:
    """The batch of that digest (its first 12 digits or more will do)."""
    if len(digest) < 12:
        return Refuse("batch.unknown")
    within = EnrolmentBatch.digest.between(digest, f"{digest}g")
    found = session.scalars(select(EnrolmentBatch).where(within).limit(2)).all()
    return found[0] if len(found) == 1 else Refuse("batch.unknown")


def _apply(desk: Desk, plan: StoredPlan, sign: Sign, progress: Callable[[int], None]) -> EnrolmentBatch | Refuse:
    signed = sign(Act(KIND, {"batch": plan.digest}, desk.ledger.clock.now()))
    with desk.ledger.read() as session:
        officer = _may_hand_in(session, desk, plan, signed)
        batch = session.scalar(select(EnrolmentBatch).where(EnrolmentBatch.digest == plan.digest))
    if isinstance(officer, Refuse):
        desk.ledger.record(BatchRefused(plan.digest, officer.code), Actor.system(desk.ledger.process))
        return officer
    if batch is None:
        batch = _begin(desk, plan, signed)
    for some in slices(plan.records()):
        _write(desk, batch, some)
        progress(len(some))
    _end(desk, batch)
    plan.path.unlink(missing_ok=True)  # all that it said and that is kept is in the ledger now
    return batch


def _may_hand_in(session: Session, desk: Desk, plan: StoredPlan, signed: SignedAct) -> str | Refuse:
    """The officer on duty who signed, if it is he who saw the papers. Desk by desk the lines are judged again."""
    now = desk.ledger.clock.now()
    if signed.act.message() != Act(KIND, {"batch": plan.digest}, signed.act.at).message():
        return Refuse("batch.other-act")
    try:
        officer = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    if not officer == desk.officer_id == plan.officer_id:
        return Refuse("batch.other-officer")
    allowed = may_act(Action.DECIDE, duties(session, {officer}).get(officer, ()), now)
    return allowed if isinstance(allowed, Refuse) else officer


def _begin(desk: Desk, plan: StoredPlan, signed: SignedAct) -> EnrolmentBatch:
    columns: dict[str, Any] = proof_columns(signed)
    batch = EnrolmentBatch(
        id=desk.ledger.new_id(), digest=plan.digest, lines=plan.lines, officer_id=desk.officer_id, **columns
    )
    with desk.ledger.entry(BatchBegun(batch.id, batch.digest, batch.lines, batch.officer_id), desk.actor) as tx:
        tx.add(batch)
    return batch


def _write(desk: Desk, batch: EnrolmentBatch, some: Sequence[Record]) -> None:
    """These lines are in the ledger, each once."""
    numbers = [record.line for record in some]
    there = select(EnrolmentBatchLine.number).where(
        EnrolmentBatchLine.batch_id == batch.id, EnrolmentBatchLine.number.between(numbers[0], numbers[-1])
    )
    with desk.ledger.read() as session:
        done = set(session.scalars(there))
    left = [(record, record.read()) for record in some if record.line not in done]
    bad = [(record, read) for record, read in left if not isinstance(read, Line)]
    if bad:
        desk.ledger.entries(list(_refusals(desk, batch, bad)))
    lines: dict[int, int] = {}
    applications: list[Application] = []
    for record, read in left:
        if isinstance(read, Line):
            applications.append(read.application(desk.officer_id))
            lines[id(applications[-1])] = record.line

    def beside(application: Application, outcome: str | Refuse) -> Sequence[Fact]:
        return [_line(desk, batch, lines[id(application)], outcome)]

    submit_many(desk.ledger, desk.fields, applications, desk.actor, practice=desk.practice, beside=beside)


def _refusals(desk: Desk, batch: EnrolmentBatch, bad: Sequence[tuple[Record, list[Reason]]]) -> Iterator[Deed]:
    """The deeds of the lines that were bad when they were planned; of more faults than one the first is kept."""
    for record, reasons in bad:
        event = refusal(record.request, record.fields["profile"], reasons[0].code)
        line = _line(desk, batch, record.line, Refuse(reasons[0].code), reasons[0].field)
        yield Deed(event, desk.actor, [line])


def _line(
    desk: Desk, batch: EnrolmentBatch, number: int, outcome: str | Refuse, field: str | None = None
) -> EnrolmentBatchLine:
    line = EnrolmentBatchLine(id=desk.ledger.new_id(), batch_id=batch.id, number=number)
    if isinstance(outcome, Refuse):
        line.code, line.field = outcome.code, field or field_of(outcome.code)
    else:
        line.enrolment_id = outcome
    return line


def _end(desk: Desk, batch: EnrolmentBatch) -> None:
    with desk.ledger.read() as session:
        done, ended = tally(session, batch), session.get(EnrolmentBatchEnd, batch.id)
    if done.open or ended is not None:
        return
    with desk.ledger.entry(BatchEnded(batch.id, done.taken, done.refused), desk.actor) as tx:
        tx.add(EnrolmentBatchEnd(batch_id=batch.id, taken=done.taken, refused=done.refused))
