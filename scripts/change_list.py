"""`change-list`: the changes of rules, duties and desks, and how far each is."""

import click

from ca.governance.listing import changes
from scripts.changing import told, values_of
from scripts.cli import Outcome, Run, verb

OPEN = {"waiting", "approved"}


@verb("govern", "python -m scripts change-list --all")
@click.option("--all", "every", is_flag=True, help="Those that are applied, refused or expired too.")
def change_list(run: Run, *, every: bool) -> Outcome:
    """Lists the changes that wait for an approval or an application, the newest first."""
    with run.ledger.read() as session:
        found = [one for one in changes(session, run.clock.now()) if every or one.state in OPEN]
    lines = []
    for one in found:
        by = f"planned by {one.planner}" + (f", approved by {', '.join(one.approvers)}" if one.approvers else "")
        lines += [f"{one.plan.digest[:16]} {one.plan.what}: {one.state}, {by}", *told(one.plan)]
    return Outcome({"changes": [values_of(one) for one in found]}, lines or ["No change is open."])
