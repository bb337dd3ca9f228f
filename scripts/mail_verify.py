"""`mail-verify`: a code goes to the mail address that a person says is his."""

import click

from ca.registration.mail import Asked, ask
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts mail-verify 10000017 somphone@mtc.gov.la --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("person")
@click.argument("address")
def mail_verify(run: Run, *, person: str, address: str, number: str, key: str) -> Outcome | Refuse:
    """Mails a code to the address; `mail-confirm` takes it until the time that is said. The worker sends the letter."""
    officer = run.acting(number, key)
    fields = SealedFields.open(run.key_uri("fields"))
    outcome = ask(run.ledger, fields, Asked(person, address), officer.actor)
    if isinstance(outcome, Refuse):
        return outcome
    values = {"challenge": outcome.id, "until": outcome.not_after.isoformat()}
    line = f"A code is on its way to {address}. Until {values['until']}: mail-confirm {outcome.id} CODE-FILE"
    return Outcome(values, [line])
