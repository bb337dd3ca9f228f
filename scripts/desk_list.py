"""`desk-list`: the offices that are licensed to register."""

from ca.governance.listing import desks
from scripts.cli import Outcome, Run, verb


@verb("govern", "python -m scripts desk-list")
def desk_list(run: Run) -> Outcome:
    """Lists every desk with its province and dates, and whether a ceremony or an agreed change accounts for it."""
    now = run.clock.now()
    with run.ledger.read() as session:
        found = desks(session)
    values = [
        {
            "desk": desk.code,
            "province": desk.province,
            "organisation": desk.organisation,
            "from": desk.valid_from.isoformat(),
            "until": desk.valid_to and desk.valid_to.isoformat(),
            "open": desk.valid_from <= now and (desk.valid_to is None or now < desk.valid_to),
            "believed": desk.believed,
        }
        for desk in found
    ]
    lines = [f"{one['desk']} {one['province']} {'open' if one['open'] else 'closed'}" for one in values]
    return Outcome({"desks": values}, lines)
