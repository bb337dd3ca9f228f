"""`authority-record`: the ministry's leave to run this CA."""

from datetime import UTC, datetime

import click

from ca.closing.authority import Granted, act_for, record
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
    """Enters a leave under a CA operator's own act; while none runs nothing is issued, and /authority shows them."""
    until = ends.replace(tzinfo=UTC) if ends else None
    granted = Granted(paper, issued_by, starts.replace(tzinfo=UTC), until)
    row = record(run.ledger, granted, run.acting(number, key).sign(act_for(granted, run.clock.now())))
    if isinstance(row, Refuse):
        return row
    values = {"record": row.id, "number": paper, "valid_from": row.valid_from.isoformat()}
    return Outcome(values, [f"The leave {paper} of {issued_by} counts from {values['valid_from']} on."])
