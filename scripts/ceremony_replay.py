"""`ceremony-replay TRANSCRIPT`: is it what was agreed, done and signed."""

from pathlib import Path

import click
from sqlalchemy import select

from ca.ceremonies.plan import PlanUnfit, read_plan
from ca.ceremonies.replay import replay
from ca.ceremonies.run import Place
from ca.tables.ceremonies import CeremonyRun
from ledger.ledger import Ledger, LedgerUnavailable
from scripts.ceremony_plan import refused
from scripts.cli import Exit, Outcome, Run, verb


@verb("ceremony", example="python -m scripts ceremony-replay transcript.jsonl --plan root.json")
@click.argument("transcript", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--plan", "plan_file", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--without-ledger", is_flag=True, help="Do not compare with the ledger of the home.")
def ceremony_replay(run: Run, transcript: Path, plan_file: Path, *, without_ledger: bool) -> Outcome:
    """Verifies chain, approvals, each step, what it made (the folder `made` beside it), signatures, and the ledger.

    Says which step is not as it was. The plan is your own copy, or the one beside the transcript.
    """
    try:
        plan = read_plan(plan_file)
    except PlanUnfit as unfit:
        return refused(unfit.faults)
    ledger = None if without_ledger else _ledger(run)
    found = replay(transcript.read_text(encoding="utf-8", errors="replace"), plan, Place(transcript.parent), ledger)
    values = {
        "holds": not found.faults,
        "plan": plan.digest,
        "steps": found.steps,
        "signed_by": list(found.signed_by),
        "ledger": ledger is not None,
        "faults": list(found.faults),
    }
    with_ledger = "and the ledger " if ledger else ""
    held = f"ຖືກຕ້ອງ / holds: {found.steps} steps agree with plan {plan.digest} {with_ledger}"
    lines = [f"ຜິດ / fault: {fault}" for fault in found.faults] or [f"{held}· {', '.join(found.signed_by)}"]
    return Outcome(values, lines, Exit.REFUSED if found.faults else Exit.DONE)


def _ledger(run: Run) -> Ledger | None:
    """The ledger of the home; None where there is none, as on another machine."""
    try:
        with run.ledger.read() as session:
            session.scalar(select(CeremonyRun.id).limit(1))
        return run.ledger
    except LedgerUnavailable:
        return None
