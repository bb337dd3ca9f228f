"""`double-clear`: a registration officer says that two persons who look alike are two."""

import click

from ca.registration.doubles import ClearanceReason, act_for, clear
from ledger.decision import Refuse
from ledger.standing import person_by_number
from scripts.cli import Outcome, Run, for_person, verb


@verb(
    "ca",
    example="python -m scripts double-clear 10000017 10000042 --reason twins --as 10000001 --key file:/abs/key.pem",
)
@for_person
@click.option("--reason", required=True, type=click.Choice([reason.value for reason in ClearanceReason]))
@click.argument("person")
@click.argument("other")
def double_clear(run: Run, *, person: str, other: str, reason: str, number: str, key: str) -> Outcome | Refuse:
    """Tells two look-alikes apart for good, so that both can enrol; look at both and their papers first."""
    officer = run.acting(number, key)
    with run.ledger.read() as session:
        found = [person_by_number(session, each) for each in (person, other)]
    ids = [one.id for one in found if one is not None]
    if len(ids) < len(found):
        return Refuse("double.person-unknown")
    chosen = ClearanceReason(reason)
    signed = officer.sign(act_for(ids[0], ids[1], chosen, run.clock.now()))
    outcome = clear(run.ledger, (person, other), chosen, signed)
    if isinstance(outcome, Refuse):
        return outcome
    values = {"persons": [person, other], "reason": reason, "officer": number}
    return Outcome(values, [f"{person} and {other} are two persons ({reason}). Both may enrol."])
