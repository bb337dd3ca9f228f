"""Applying a plan: the good lines in batches, the others listed; killed at any instant, it goes on where it was.

What was done is told from the register itself: a line that was applied is `same` when it is looked at again. A line
beside which the register has changed since the plan is not applied but listed as stale.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.acts import Act, SignedAct, proof_columns
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.sheet import Reason
from register.changes import Decided, Verdict
from register.columns import rows
from register.events import ImportBegun, ImportEnded, ImportRefused
from register.plan import StoredPlan
from register.policy import APPLY, act_fields, may_apply
from register.receipt import Applied, receipt_of, write_receipt
from register.tables import Import, ImportProof
from register.walk import walk
from web.lock import Busy, alone

Sign = Callable[[Act], SignedAct]
"""Puts a person's authentication key to an act."""
_BATCH = 400
"""Deeds in one transaction; a line's deeds are never parted."""


def apply_plan(
    ledger: Ledger,
    plan: StoredPlan,
    receipts: Path,
    sign: Sign | None = None,
    vouched: tuple[int, ...] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Applied | Refuse:
    """The good lines of the plan, and the suspicious ones in `vouched`, are in the register.

    `sign` is the clerk's; without it only as long as no officer has a certificate. When nothing is to be done,
    nothing is recorded and there is no receipt. Raises what the ledger raises; run it again then.
    """
    try:
        with alone(plan.path.parent / "lock"):
            return _apply(_Run(ledger, plan, tuple(sorted(set(vouched))), progress), receipts, sign)
    except Busy:
        return Refuse("register.busy")
    except Taken:
        return Refuse("register.changed-meanwhile")


def _apply(run: "_Run", receipts: Path, sign: Sign | None) -> Applied | Refuse:
    signed = sign(Act(APPLY, act_fields(run.plan.digest, run.vouched), run.ledger.clock.now())) if sign else None
    with run.ledger.read() as session:
        person = may_apply(session, signed, run.plan.digest, run.vouched, run.ledger.clock.now())
    if isinstance(person, Refuse):
        run.ledger.record(ImportRefused(run.plan.digest, person.code), Actor.system(run.ledger.process))
        return person
    run.signed, run.person_id = signed, person
    run.go()
    if run.begun:
        receipt = receipt_of(run.applied, run.plan.file_sha256, signed, sign, run.ledger.clock.now())
        run.applied.receipt = write_receipt(receipts, receipt)
        left = len(run.applied.left)
        event = ImportEnded(
            run.import_id, run.plan.digest, run.applied.applied, run.applied.same, left, receipt["sha256"]
        )
        run.ledger.record(event, run.actor)
    return run.applied


@dataclass
class _Run:
    """One application of a plan while it goes on."""

    ledger: Ledger
    plan: StoredPlan
    vouched: tuple[int, ...]
    progress: Callable[[int], None]
    signed: SignedAct | None = None
    person_id: str | None = None
    begun: bool = False
    waiting: list[Deed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.import_id = self.ledger.new_id()
        self.applied = Applied(self.plan.digest)

    @property
    def actor(self) -> Actor:
        """The person whose act it is; before there are any, the register."""
        return Actor.person(self.person_id) if self.person_id else Actor.system(self.ledger.process)

    def go(self) -> None:
        """Every line was looked at, and what is to be applied is written."""
        for decided in walk(self.ledger, rows(self.plan.path), self.plan.doubled, self.import_id, self._taken):
            self._count(decided)
            self.progress(1)
        self._write()

    def _taken(self, decided: Decided) -> bool:
        if decided.verdict is Verdict.SAME:
            return True
        agreed = self.plan.lines.get(decided.line) == decided.digest()
        if decided.verdict is Verdict.SUSPICIOUS:
            return agreed and decided.line in self.vouched
        return agreed and decided.verdict in {Verdict.NEW, Verdict.CHANGED}

    def _count(self, decided: Decided) -> None:
        if decided.verdict is Verdict.SAME:
            self.applied.same += 1
        elif self._taken(decided):
            self.applied.applied += 1
            self.waiting += [Deed(event, self.actor, facts) for event, facts in decided.deeds]
            if len(self.waiting) >= _BATCH:
                self._write()
        else:
            if decided.verdict in {Verdict.NEW, Verdict.CHANGED}:
                decided.reasons = (Reason("line", "register.stale"),)
            self.applied.left.append(decided)

    def _write(self) -> None:
        if not self.waiting:
            return
        if not self.begun:
            self._begin()
        self.ledger.entries(self.waiting)
        self.waiting = []

    def _begin(self) -> None:
        self.begun, self.applied.import_id = True, self.import_id
        count = len(self.plan.lines)
        with self.ledger.entry(ImportBegun(self.import_id, self.plan.digest, count), self.actor) as tx:
            tx.add(Import(id=self.import_id, plan=self.plan.digest, file_sha256=self.plan.file_sha256, lines=count))
            if self.signed is not None and self.person_id is not None:
                tx.add(self._proof(self.signed, self.person_id))

    def _proof(self, signed: SignedAct, person_id: str) -> ImportProof:
        columns: dict[str, Any] = proof_columns(signed)
        lines = " ".join(map(str, self.vouched))
        return ImportProof(import_id=self.import_id, person_id=person_id, vouched_lines=lines, **columns)
