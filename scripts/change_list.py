"""`change-list`: the changes of rules, duties and desks, and how far each is."""

from collections.abc import Mapping
from typing import Any

import click

from ca.governance.listing import changes
from scripts.changing import told, values_of
from scripts.cli import Outcome, Run, verb
from scripts.specimens import Certificates, certificates_of

OPEN = {"waiting", "approved"}


@verb("govern", "python -m scripts change-list --all")
@click.option("--all", "every", is_flag=True, help="Those that are applied, refused or expired too.")
def change_list(run: Run, *, every: bool) -> Outcome:
    """Lists the changes that wait for an approval or an application, the newest first.

    Of those that touch profiles the resulting certificates are shown, as far as they are not applied.
    """
    with run.ledger.read() as session:
        found = [one for one in changes(session, run.clock.now()) if every or one.state in OPEN]
    values: list[Mapping[str, Any]] = []
    lines: list[str] = []
    for one in found:
        by = f"planned by {one.planner}" + (f", approved by {', '.join(one.approvers)}" if one.approvers else "")
        certificates = certificates_of(run, one.plan) if one.state in OPEN else Certificates(())
        values.append({**values_of(one), "certificates": certificates.values})
        heading = f"{one.plan.digest[:16]} {one.plan.what}: {one.state}, {by}"
        lines += [heading, *told(one.plan), *certificates.lines]
    return Outcome({"changes": values}, lines or ["No change is open."])
