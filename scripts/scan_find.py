"""`scan-find`: for whose papers a scan was handed in."""

from hashlib import sha256
from pathlib import Path

import click

from ca.registration.doubles import scanned
from scripts.cli import Outcome, Run, verb


@verb("ca", example="python -m scripts scan-find card.jpg")
@click.argument("scan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def scan_find(run: Run, *, scan: Path) -> Outcome:
    """Says for whose papers this scan was handed in: one person's card under two names is looked at first."""
    digest = sha256(scan.read_bytes()).hexdigest()
    with run.ledger.read() as session:
        found = scanned(session, digest)
    values = {"scan_sha256": digest, "found": [{"person": number, "paper": kind} for number, kind in found]}
    return Outcome(values, [*(f"{number}  {kind}" for number, kind in found), f"{len(found)} found."])
