"""`compromise`: the key of an issuer is lost, or feared to be."""

import click

from ca.closing.ending import Way
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb
from scripts.terminate import end_by


@verb("close", example="python -m scripts compromise officers --as 10000005 --key file:/abs/key.pem")
@click.argument("name")
@click.option("--as", "number", help="Number of the CA operator who acts; left out, the plan is shown.")
@click.option("--key", help="URI of that person's authentication key.")
def compromise(run: Run, *, name: str, number: str | None, key: str | None) -> Outcome | Refuse:
    """Revokes the certificate of NAME and all under it when two CA operators have acted; its key is blocked for ever.

    Of a root it says what to do, since nobody stands above it. Run it again after an interruption: it goes on.
    """
    return end_by(run, Way.COMPROMISE, name, number, key)
