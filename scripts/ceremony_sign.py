"""`ceremony-sign FILE`: one who was there signs the transcript."""

from pathlib import Path

import click

from ca.ceremonies.run import sign
from scripts.ceremony_plan import PLAN
from scripts.ceremony_run import tried
from scripts.cli import Outcome, Run, verb
from signers import open_signer


@verb("ceremony", example="python -m scripts ceremony-sign root.json --operator 10900001 --key file:/media/me/key.pem")
@PLAN
@click.option("--operator", required=True, help="Your code in the plan.")
@click.option("--key", required=True, help="URI of your own key, whose public half is in the plan.")
def ceremony_sign(run: Run, file: Path, *, operator: str, key: str) -> Outcome:
    """Signs the transcript of the plan's ceremony, whose steps are all done. Exit code 3: others must sign too."""
    return tried(run, file, lambda ceremony, plan: sign(ceremony, plan, operator, open_signer(key)))
