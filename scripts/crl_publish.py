"""`crl-publish`: CRLs now, without waiting for the signing room."""

import click

from ca.ceremonies.ceremony import CA_NAMES, Ceremony
from ca.publication.crl import LIFE, ROOT_LIFE, publish
from scripts.ceremony_issuer import keyring
from scripts.cli import Outcome, Run, verb
from signers import open_signer
from web.home import ROOTS


@verb("issue", example="python -m scripts crl-publish root")
@click.argument("name", type=click.Choice(tuple(CA_NAMES)))
def crl_publish(run: Run, *, name: str) -> Outcome:
    """Signs the issuer's next CRL; the root's is made this way, at a ceremony, when its key is at hand."""
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    issuing = ceremony.opened(name, open_signer(run.key_uri(name)))
    crl = publish(run.ledger, issuing, run.system, ROOT_LIFE if name in ROOTS else LIFE)
    values = {"issuer": name, "number": crl.number, "next_update": crl.next_update.isoformat()}
    return Outcome(values, [f"CRL {crl.number} of {name} holds until {values['next_update']}."])
