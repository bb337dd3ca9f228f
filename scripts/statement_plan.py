"""`statement-plan`: what publishing the statements now would change, and the digest that two persons agree to."""

from ca.statement.edition import edition
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb


@verb("ceremony", example="python -m scripts statement-plan")
def statement_plan(run: Run) -> Outcome | Refuse:
    """Shows the numbers that differ from the practice statement in force, and the texts that would be new."""
    with run.ledger.read() as session:
        planned = edition(session, run.home)
    if not planned.drafts:
        return Refuse("statement.nothing-new")
    drafts = [
        {
            "document": draft.document,
            "number": draft.number,
            "digest": draft.rendered.digest,
            "diff": draft.difference(),
        }
        for draft in planned.drafts
    ]
    changes = [{"name": name, "before": before, "now": now} for name, before, now in planned.changes]
    lines = [line for draft in planned.drafts for line in draft.difference()]
    lines += [f"{name}: {before} → {now}" for name, before, now in planned.changes]
    lines += [f"{draft.document}: version {draft.number}" for draft in planned.drafts]
    lines.append(f"digest {planned.digest}: one person runs statement-approve with it, another statement-publish")
    return Outcome({"digest": planned.digest, "documents": drafts, "changes": changes}, lines)
