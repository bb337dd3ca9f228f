"""`ending-list`: requests to revoke, suspend or release that nobody has decided."""

import click

from ca.endings.channels import Channel
from ca.endings.grounds import WORDS
from ca.endings.requests import Among, undecided
from ca.tables.endings import EndingReport
from scripts.cli import Outcome, Run, verb


@verb("ca", example="python -m scripts ending-list --json")
@click.option("--channel", type=click.Choice([one.value for one in Channel]), help="Only what came by this way.")
@click.option("--ground", type=click.Choice(WORDS), help="Only what has this ground.")
@click.option("--desk", help="Only about certificates that rest on papers of this desk, by its code.")
@click.option("--after", default="", metavar="REQUEST", help="What is behind this request.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
def ending_list(run: Run, *, after: str, limit: int, **alike: str | None) -> Outcome:
    """Lists undecided requests, the oldest first: who asked by which way, for what, and for how long it has waited.

    Decide one by revoking, suspending or releasing what it is about, or close it with ending-close.
    """
    now = run.clock.now()
    with run.ledger.read() as session:
        requests = undecided(session, Among(**alike), after=after, limit=limit)
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
    following = requests[-1].id if len(requests) == limit else None
    if following:
        lines.append(f"There may be more: --after {following}")
    return Outcome({"requests": listed, "after": following}, lines or ["No request waits."])
