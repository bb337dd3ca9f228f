"""`token-key-use`: an announced key signs from now on."""

import click

from idp.key_rotation import USE, changing, use
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts token-key-use KID --as 10000001 --key file:/abs/key.pem", dashes=True)
@for_person
@click.argument("kid")
def token_key_use(run: Run, *, kid: str, number: str, key: str) -> Outcome | Refuse:
    """Lets the announced key KID sign whatever is signed in its algorithm; the one before it is still verified."""
    decision = use(run.ledger, kid, run.acting(number, key).sign(changing(USE, kid, run.clock.now())))
    return decision if isinstance(decision, Refuse) else Outcome({"kid": kid}, [f"{kid} signs."])
