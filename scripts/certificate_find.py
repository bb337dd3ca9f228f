"""`certificate-find`: certificates by name, number, serial number, key or desk."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ca.search import By, CursorUnfit, Found, Query, search, search_all
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb

_DAY = click.DateTime(["%Y-%m-%d"])
_NOTHING_BEFORE = datetime(2000, 1, 1)  # noqa: DTZ001 - a day, as the option gives it


@verb("ca", example="python -m scripts certificate-find --name ສົມພອນ")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Certificates on a page.")
@click.option("--after", help="Where the page begins: `next` of the page before.")
@click.option("--all", "everything", is_flag=True, help="All pages at once.")
@click.option("--since", type=_DAY, help="With --desk: seen or allowed there on that day (Vientiane) or later.")
@click.option("--desk", help="The code of the desk where the person was seen, at first, or the machine allowed.")
@click.option("--sha256", help="The certificate's SHA-256, hex.")
@click.option("--key", help="The SHA-256 of the public key (SubjectPublicKeyInfo), hex.")
@click.option("--serial", help="The serial number, hex.")
@click.option("--number", help="The person's number.")
@click.option("--name", help="How the person's name begins, in Lao or Roman letters.")
def certificate_find(
    run: Run, *, since: datetime | None, after: str | None, limit: int, everything: bool, **asked: str | None
) -> Outcome | Refuse:
    """Lists the certificates that are found, page by page; each way is quick among millions."""
    given = [(By(name), text) for name, text in asked.items() if text is not None]
    if len(given) != 1:
        raise click.UsageError("Give one of --name, --number, --serial, --key, --sha256, --desk.")
    query = Query(*given[0], max(since, _NOTHING_BEFORE).replace(tzinfo=VIENTIANE).astimezone(UTC) if since else None)
    now = run.clock.now()
    with run.ledger.read() as session:
        if everything:
            return _outcome(list(search_all(session, query, now)), None)
        try:
            page = search(session, query, now, after=after, limit=limit)
        except CursorUnfit as fault:
            raise click.UsageError(str(fault)) from fault
    return _outcome(page.found, page.next)


def _outcome(found: Sequence[Found], following: str | None) -> Outcome:
    values = {"certificates": [asdict(one) for one in found], "next": following}
    lines = [
        f"{one.serial_number}  {one.status:8} {one.issuer:12} {one.profile:24} {one.person or '–':9} "
        f"until {one.not_after.astimezone(VIENTIANE).date().isoformat()}"
        for one in found
    ]
    return Outcome(values, [*lines, *([f"More: --after '{following}'"] if following else [f"{len(found)} found."])])
