"""`token-key-retire`: what a key has signed counts no more."""

import click

from idp.key_rotation import RETIRE, changing, retire
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.token_key_list import keyring_of


@verb("idp", "python -m scripts token-key-retire KID --as 10000001 --key file:/abs/key.pem", dashes=True)
@for_person
@click.argument("kid")
def token_key_retire(run: Run, *, kid: str, number: str, key: str) -> Outcome | Refuse:
    """Takes the key KID out of our key set: a day after another began to sign in its stead, or before it signed."""
    keyring = keyring_of(run)
    decision = retire(run.ledger, keyring, kid, run.acting(number, key).sign(changing(RETIRE, kid, run.clock.now())))
    return decision if isinstance(decision, Refuse) else Outcome({"kid": kid}, [f"{kid} is retired."])
