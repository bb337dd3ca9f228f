"""`ceremony-import`: the outside root's answer to a request of ours."""

from pathlib import Path

import click

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.subordinate import take_answer
from ledger.decision import Refuse
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import keyring

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@verb("ceremony", example="python -m scripts ceremony-import officers.pem --chain national-root.pem")
@click.argument("file", type=_FILE)
@click.option("--chain", multiple=True, type=_FILE, help="Certificates above it, up to the outside root; repeat it.")
def ceremony_import(run: Run, *, file: Path, chain: tuple[Path, ...]) -> Outcome | Refuse:
    """Takes FILE if key, name, path length, strength, dates and signatures are what was asked for, and says so if not.

    Afterwards hold `ceremony-issuer NAME` for its responder (or, for a root, for the issuers below it), and start
    `issue` again.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    alone_only_in_practice(ceremony)
    issuer = take_answer(ceremony, file.read_bytes(), [one.read_bytes() for one in chain])
    if isinstance(issuer, Refuse):
        return issuer
    name = issuer.key_name
    values = {
        "issuer": name,
        "certificate": str(run.home.certificate(name)),
        "chain": str(run.home.certificate(f"{name}-chain")),
    }
    return Outcome(values, [f"The issuer {name} is in {values['certificate']}, with its chain in {values['chain']}."])
