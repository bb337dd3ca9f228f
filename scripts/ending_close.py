"""`ending-close`: an officer decides that nothing ends by a request."""

import click

from ca.endings.requests import CLOSING, close, close_act
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts ending-close 01932a5c-… --code unfounded --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--code", required=True, type=click.Choice(CLOSING), help="Why nothing ends by it.")
@click.argument("request")
def ending_close(run: Run, *, request: str, code: str, number: str, key: str) -> Outcome | Refuse:
    """Closes a request without ending anything, under the officer's own signature; it is never opened again."""
    officer = run.acting(number, key)
    entry = close(run.ledger, request, code, officer.sign(close_act(request, code, run.clock.now())))
    if isinstance(entry, Refuse):
        return entry
    return Outcome({"request": request, "code": code, "entry": entry}, [f"Closed as {code}, entry {entry}."])
