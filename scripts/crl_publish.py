"""`crl-publish`: CRLs now, without waiting for the signing room."""

from datetime import timedelta

import click

from ca.ceremonies.ceremony import CA_NAMES, Ceremony
from ca.configuration import current
from ca.publication.crl import ROOT_LIFE, publish
from scripts.ceremony_issuer import keyring
from scripts.cli import Outcome, Run, verb
from signers import open_signer


@verb("issue", example="python -m scripts crl-publish root")
@click.argument("name", type=click.Choice(tuple(CA_NAMES)))
def crl_publish(run: Run, *, name: str) -> Outcome:
    """Signs the issuer's next CRLs; the root's is made this way, at a ceremony, when its key is at hand."""
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    issuing = ceremony.opened(name, open_signer(run.key_uri(name)))
    with run.ledger.read() as session:
        life = timedelta(hours=current(session).crl_life_hours)
    crls = publish(run.ledger, issuing, run.system, ROOT_LIFE if name == "root" else life)
    last = crls[-1]
    values = {"issuer": name, "number": last.number, "next_update": last.next_update.isoformat(), "crls": len(crls)}
    many = f"{len(crls)} CRLs of {name}, the last with number {last.number}, hold"
    line = f"CRL {last.number} of {name} holds" if len(crls) == 1 else many
    return Outcome(values, [f"{line} until {values['next_update']}."])
