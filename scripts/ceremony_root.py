"""`ceremony-root`: the root, in a practice home that has none."""

import click

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.practice import begin, hold_alone, root_steps
from ca.ceremonies.steps.root_crl import RootCrlStep
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import keyring
from web.home import ROOTS, Mode


@verb("ceremony", example="python -m scripts ceremony-root --mode practice")
@click.option("--mode", required=True, type=click.Choice([mode.value for mode in Mode]), help="For good.")
@click.option("--name", default=ROOTS[0], type=click.Choice(ROOTS), help="root-pq: of the chain with ML-DSA keys.")
def ceremony_root(run: Run, *, mode: str, name: str) -> Outcome:
    """Makes the root's key, certificate, responder and CRL, writes mode and transcript; resumes if interrupted.

    In production several operators hold a ceremony by its file: see `ceremony-plan`.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), Mode(mode))
    alone_only_in_practice(ceremony)
    hold_alone(ceremony, f"The root {name}", [*begin(), *root_steps(name), RootCrlStep(name)], run.clock.now())
    root = ceremony.opened(name, ceremony.keys.opened(name))
    path = str(run.home.certificate(name))
    return Outcome({"issuer": root.id, "certificate": path}, [f"The root is in {path}."])
