"""`ending-list`: requests to revoke, suspend or release that nobody has decided."""

from ca.endings.requests import undecided
from ca.tables.endings import EndingReport
from scripts.cli import Outcome, Run, verb


@verb("ca", example="python -m scripts ending-list --json")
def ending_list(run: Run) -> Outcome:
    """Lists undecided requests, the oldest first: who asked by which way, for what, and for how long it has waited.

    Decide one by revoking, suspending or releasing what it is about, or close it with ending-close.
    """
    now = run.clock.now()
    with run.ledger.read() as session:
        requests = undecided(session)
        told = {one.id: session.get(EndingReport, one.id) for one in requests}
    listed = [
        {
            "request": one.id,
            "wish": one.wish,
            "ground": one.ground,
            "channel": one.channel,
            "confirmed": one.authentication != "none",
            "subject": one.subject,
            "at": one.at.isoformat(),
            "hours": round((now - one.at).total_seconds() / 3600, 1),
            "told": report.told if (report := told[one.id]) else None,
            "contact": report.contact if report else None,
        }
        for one in requests
    ]
    lines = [
        f"{row['request']}  {row['hours']} h  {row['wish']}  {row['ground']}  {row['channel']}  {row['subject'] or '-'}"
        for row in listed
    ]
    return Outcome({"requests": listed}, lines or ["No request waits."])
