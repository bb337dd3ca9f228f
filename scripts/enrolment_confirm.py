"""`enrolment-confirm`: an organisation's officer confirms a request that is to name it."""

import click

from ca.registration.confirmation import act_for, confirm
from ca.tables.registration import Enrolment, EnrolmentScope
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts enrolment-confirm 01932a5c-… --as 10000021 --key file:/abs/key.pem")
@for_person
@click.argument("enrolment")
def enrolment_confirm(run: Run, *, enrolment: str, number: str, key: str) -> Outcome | Refuse:
    """Confirms an enrolment for the organisation that it names; only an officer of that very organisation may."""
    officer = run.acting(number, key)
    with run.ledger.read() as session:
        found, scope = session.get(Enrolment, enrolment), session.get(EnrolmentScope, enrolment)
    if found is None or scope is None:
        return Refuse("decision.enrolment-unknown")
    act = act_for(found, scope.organisation_id or "", run.clock.now())
    outcome = confirm(run.ledger, enrolment, officer.sign(act))
    if isinstance(outcome, Refuse):
        return outcome
    values = {"enrolment": enrolment, "organisation": outcome.organisation_id, "officer": number}
    return Outcome(values, [f"Enrolment {enrolment} is confirmed; registration officers may decide now."])
