"""`crl-publish`: CRLs now, without waiting for the signing room."""

import click

from ca.ceremonies.ceremony import issuer_view_of
from ca.ceremonies.generations import named
from ca.issuance.composition import IssuingKey
from ca.publication.crl import LIFE, ROOT_LIFE, publish
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb
from signers import open_signer


@verb("issue", example="python -m scripts crl-publish root")
@click.argument("name")
def crl_publish(run: Run, *, name: str) -> Outcome | Refuse:
    """Signs the next CRL of NAME (`root`, `officers`, `officers-2` …).

    The root's is made this way, at a ceremony, when its key is at hand.
    """
    with run.ledger.read() as session:
        found = named(session, run.clock.now(), name)
    if found is None:
        return Refuse("issuer.unknown")
    issuing = IssuingKey(found.issuer.id, issuer_view_of(found.issuer, run.home), open_signer(run.key_uri(name)))
    crl = publish(run.ledger, issuing, run.system, ROOT_LIFE if found.is_root else LIFE)
    values = {"issuer": name, "number": crl.number, "next_update": crl.next_update.isoformat()}
    return Outcome(values, [f"CRL {crl.number} of {name} holds until {values['next_update']}."])
