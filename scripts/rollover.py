"""`rollover`: the next generation of an issuer, ahead of its day."""

from datetime import UTC, datetime

import click

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.generations import states
from ca.ceremonies.names import CA_NAMES
from ca.ceremonies.rollover import roll_over
from ledger.decision import Refuse
from pki.key_kind import KeyKind
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import alone, keyring
from scripts.key_kinds import with_kind


@verb("ceremony", example="python -m scripts rollover officers --starts 2027-01-01")
@click.argument("name", type=click.Choice(CA_NAMES))
@click.option("--starts", type=click.DateTime(), help="UTC; from then on it signs. Left out: from now on.")
@with_kind
def rollover(run: Run, *, name: str, starts: datetime | None, kind: KeyKind | None) -> Outcome | Refuse:
    """Makes key, certificate, responder and CRL of the next generation of NAME; the root's key must be at hand.

    The signing room must be stopped, and is started again afterwards: then it holds both keys. Interrupted, it goes
    on where it was; while a generation waits for its day, it moves that day.
    """
    starts_at = starts.replace(tzinfo=UTC) if starts else run.clock.now()
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        alone_only_in_practice(ceremony)
        key = roll_over(ceremony, name, starts_at, kind)
    with run.ledger.read() as session:
        made = states(session, run.clock.now(), [key.id])[key.id]
    values = {
        "issuer": made.key_name,
        "generation": made.issuer.generation,
        "starts_at": made.starts_at.isoformat(),
        "certificate": str(run.home.certificate(made.key_name)),
        "state": made.state.value,
    }
    return Outcome(values, [f"{made.key_name} is in {values['certificate']} and signs from {values['starts_at']} on."])
