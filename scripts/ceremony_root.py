"""`ceremony-root`: the root, in a home that has none."""

import click

from ca.ceremonies.ceremony import Ceremony, CeremonyFailed
from scripts.cli import Exit, Outcome, Run, verb
from scripts.issue import keyring
from web.home import Mode


@verb("ceremony", example="python -m scripts ceremony-root --mode practice")
@click.option("--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="For good.")
def ceremony_root(run: Run, *, mode: str) -> Outcome:
    """Makes the root's key and certificate and its CRL, writes the mode and a transcript; resumes if interrupted."""
    ceremony = Ceremony(run.ledger, run.home, keyring(run), Mode(mode))
    try:
        ceremony.begin()
        root = ceremony.root()
    except CeremonyFailed as fault:
        return Outcome({"error": str(fault)}, [str(fault)], Exit.REFUSED)
    path = str(run.home.certificate("root"))
    return Outcome({"issuer": root.id, "certificate": path}, [f"The root is in {path}."])
