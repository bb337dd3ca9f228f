"""`profile-show`: a specimen of a profile as it would be issued now, with what both judges find in it."""

import os
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import click

from ca.configuration import DEFAULT, Configuration
from ca.governance.provenance import verified
from ca.issuance.specimen import Circumstances, specimen
from ca.profiles import PROFILES
from pki.certificate import parse_certificate
from pki.description import described
from pki.signing import SignatureAlgorithm
from scripts.cli import Exit, Outcome, Run, verb
from signers.file import throw_away
from web.home import HomeUnfit, Mode

_WITHOUT_HOME = "http://127.0.0.1:8440"


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
    made = specimen(name, SignatureAlgorithm(algorithm), _circumstances(run))
    pem = DER_cert_to_PEM_cert(made.der)
    if out is not None:
        out.write_text(pem)
    fields = described(parse_certificate(made.der))
    judged = {"lint": [str(one) for one in made.broken], "pkilint": [str(one) for one in made.objections]}
    values = {"profile": name, "fields": [list(field) for field in fields], **judged, "pem": pem}
    found = any(judged.values())
    return Outcome(values, _lines(fields, judged), Exit.REFUSED if found else Exit.DONE)


def configuration_in_force(run: Run) -> Configuration:
    """The configuration of the installation's ledger; the defaults where there is none yet."""
    if "LAOTRUST_DATABASE_URL" not in os.environ and not (run.home.path / "laotrust.db").exists():
        return DEFAULT
    with run.ledger.read() as session:
        return verified(session)


def _circumstances(run: Run) -> Circumstances:
    try:
        practice = run.home.mode() is Mode.PRACTICE
    except HomeUnfit:
        practice = True
    url = run.home.url("ca") if (run.home.path / "base-port").exists() else _WITHOUT_HOME
    return Circumstances(configuration_in_force(run), practice, url, run.clock.now(), run.randomness, throw_away)


def _lines(fields: list[tuple[str, str]], judged: dict[str, list[str]]) -> list[str]:
    widest = max(len(name) for name, _ in fields)
    lines = [f"{name:<{widest}}  {text}" for name, text in fields]
    for judge, found in judged.items():
        lines += [f"{judge}: nothing found"] if not found else [f"{judge}: {sentence}" for sentence in found]
    return lines
