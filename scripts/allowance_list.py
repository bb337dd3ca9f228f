"""`allowance-list`: what machines may ask for by themselves, and for whom."""

from sqlalchemy import select

from ca.tables.machines import Allowance
from scripts.allowances import values_of
from scripts.cli import Outcome, Run, verb


@verb("ca", "python -m scripts allowance-list")
def allowance_list(run: Run) -> Outcome:
    """Lists every allowance, the newest first, and whether anything can be asked for under it now."""
    with run.ledger.read() as session:
        rows = session.scalars(select(Allowance).order_by(Allowance.id.desc())).all()
        values = [values_of(run, session, row) for row in rows]
    lines = [
        f"{one['allowance']} {one['organisation']} {one['profile']} {one['running']} of {one['most']} {one['state']}"
        for one in values
    ]
    return Outcome({"allowances": values}, lines)
