"""`authority-record`: the ministry's leave to run this CA."""

from datetime import UTC, datetime

import click

from ca.closing.authority import NEEDED, Granted, act_for, record
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb(
    "ceremony",
    example="python -m scripts authority-record --number 12/MTC --issued-by MTC --starts 2027-01-01 --as 1 --key …",
)
@for_person
@click.option("--number", "paper", required=True, help="Number of the leave.")
@click.option("--issued-by", required=True, help="Who gave it.")
@click.option("--starts", required=True, type=click.DateTime(), help="UTC.")
@click.option("--ends", type=click.DateTime(), help="UTC; from then on nothing is issued.")
def authority_record(
    run: Run, *, paper: str, issued_by: str, starts: datetime, ends: datetime | None, number: str, key: str
) -> Outcome | Refuse:
    """Enters a leave under a CA operator's own act; it counts when another has entered the same.

    While none runs nothing is issued, and /authority shows them.
    """
    until = ends.replace(tzinfo=UTC) if ends else None
    granted = Granted(paper, issued_by, starts.replace(tzinfo=UTC), until)
    entered = record(run.ledger, granted, run.acting(number, key).sign(act_for(granted, run.clock.now())))
    if isinstance(entered, Refuse):
        return entered
    begins = entered.record.valid_from.isoformat()
    values = {"record": entered.record.id, "number": paper, "valid_from": begins, "counts": entered.acts >= NEEDED}
    if entered.acts < NEEDED:
        return Outcome(values, [f"The leave {paper} of {issued_by} waits: another CA operator enters the same."])
    return Outcome(values, [f"The leave {paper} of {issued_by} counts from {begins} on."])
