"""`mail-confirm`: the mailed code came back, so the address is the person's."""

from pathlib import Path

import click

from ca.registration.mail import prove
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts mail-confirm 01932a5c-… code.txt --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("challenge")
@click.argument("code", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def mail_confirm(run: Run, *, challenge: str, code: Path, number: str, key: str) -> Outcome | Refuse:
    """Proves an address with the code that was mailed to it; CODE is a file that holds the code alone."""
    officer = run.acting(number, key)
    fields = SealedFields.open(run.key_uri("fields"))
    outcome = prove(run.ledger, fields, challenge, code.read_text(encoding="utf-8", errors="replace"), officer.actor)
    if isinstance(outcome, Refuse):
        return outcome
    values = {"challenge": challenge, "at": outcome.at.isoformat()}
    return Outcome(values, ["The address is proved. Requests for mail certificates may name it."])
