"""`client-agree`: a relying service works under a new or longer agreement."""

from datetime import datetime

import click

from idp.agreements import agree, agreeing
from ledger.decision import Refuse
from scripts.agreement import agreed_by, with_agreement
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts client-agree 0193a1b2-… --organisation MTC --agreement 13/MTC --from 2026-12-01 "
             "--until 2027-12-01 --as 10000001 --key …")  # fmt: skip
@for_person
@click.argument("client_id")
@with_agreement(required=True)
def client_agree(
    run: Run, *, client_id: str, organisation: str, agreement: str, agreed_from: datetime, agreed_until: datetime,
    number: str, key: str,
) -> Outcome | Refuse:  # fmt: skip
    """Enters the agreement of the client CLIENT_ID: outside its days the client is refused everywhere."""
    agreed = agreed_by(organisation, agreement, agreed_from, agreed_until)
    assert agreed is not None, "its options are required"
    signed = run.acting(number, key).sign(agreeing(client_id, agreed, run.clock.now()))
    decision = agree(run.ledger, client_id, agreed, signed)
    if isinstance(decision, Refuse):
        return decision
    until = f"{agreed.valid_until:%Y-%m-%d}"
    return Outcome({"client_id": client_id, "until": until}, [f"{client_id} may work until {until}."])
