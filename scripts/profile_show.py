"""`profile-show`: a specimen of a profile as it would be issued now, with what both judges find in it."""

import os
from pathlib import Path

import click

from ca.configuration import DEFAULT, Configuration
from ca.governance.provenance import verified
from ca.issuance.specimen import specimen
from ca.profiles import PROFILES
from pki.signing import SignatureAlgorithm
from scripts.cli import Exit, Outcome, Run, verb
from scripts.specimens import circumstances, lines_of, values_of


@verb("ca", "python -m scripts profile-show officer-signing --algorithm ES384 --out specimen.pem")
@click.argument("name", type=click.Choice(list(PROFILES)))
@click.option(
    "--algorithm", type=click.Choice([kind.value for kind in SignatureAlgorithm]), default="ES256", show_default=True,
    help="The kind of the subject's key; a post-quantum one stands under an issuer of its own kind.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the certificate here, PEM.")
def profile_show(run: Run, *, name: str, algorithm: str, out: Path | None) -> Outcome:
    """Builds a certificate under an issuer that is thrown away, and shows each field and every finding.

    Exit 1 when a judge finds something: such a certificate would not be issued.
    """
    made = specimen(name, SignatureAlgorithm(algorithm), circumstances(run, configuration_in_force(run)))
    values = values_of(made)
    if out is not None:
        out.write_text(values["pem"])
    found = made.broken or made.objections
    return Outcome(values, lines_of(made), Exit.REFUSED if found else Exit.DONE)


def configuration_in_force(run: Run) -> Configuration:
    """The configuration of the installation's ledger; the defaults where there is none yet."""
    if "LAOTRUST_DATABASE_URL" not in os.environ and not (run.home.path / "laotrust.db").exists():
        return DEFAULT
    with run.ledger.read() as session:
        return verified(session)
