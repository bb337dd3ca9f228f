"""`ceremony-approve FILE`: an operator's leave, in a file beside the plan."""

import json
from pathlib import Path

import click

from ca.ceremonies.approval import ApprovalInvalid, approval_file, approve
from ca.ceremonies.plan import PlanUnfit, read_plan
from scripts.ceremony_plan import PLAN, refused
from scripts.ceremony_run import stopped
from scripts.cli import Outcome, Run, verb
from signers import open_signer


@verb(
    "ceremony", example="python -m scripts ceremony-approve root.json --operator 10900001 --key file:/media/me/key.pem"
)
@PLAN
@click.option("--operator", required=True, help="Your code in the plan.")
@click.option("--key", required=True, help="URI of your own key, whose public half is in the plan.")
def ceremony_approve(run: Run, file: Path, *, operator: str, key: str) -> Outcome:
    """Signs the digest of the plan with your own key. Read what ceremony-plan prints first. Needs no network."""
    try:
        plan = read_plan(file)
        approval = approve(plan, operator, open_signer(key), run.clock.now())
    except PlanUnfit as unfit:
        return refused(unfit.faults)
    except ApprovalInvalid as invalid:
        return stopped(invalid.code, invalid)
    target = approval_file(file, operator)
    target.write_text(json.dumps(approval.body(), indent=2) + "\n", encoding="utf-8")
    values = {"plan": plan.digest, "operator": operator, "approval": str(target)}
    return Outcome(values, [f"ອະນຸມັດແລ້ວ / approved: {plan.digest}", str(target)])
