"""`crl-publish`: CRLs now, without waiting for the signing room."""

from datetime import timedelta

import click

from ca.ceremonies.ceremony import Ceremony, issuer_view_of
from ca.ceremonies.generations import named
from ca.closing.last_crl import publish_now
from ca.governance.provenance import verified
from ca.issuance.composition import IssuingKey
from ca.publication.crl import ROOT_LIFE
from ledger.decision import Refuse
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import ca_key_uri, keyring
from signers import open_signer


@verb("issue", example="python -m scripts crl-publish root")
@click.argument("name")
def crl_publish(run: Run, *, name: str) -> Outcome | Refuse:
    """Signs the next CRLs of NAME (`root`, `officers`, `officers-2` …).

    A root's is made this way in practice alone; production makes it by a plan's step `root-crl`. An issuer that
    ended gets its last one, once.
    """
    with run.ledger.read() as session:
        found = named(session, run.clock.now(), name)
        life = timedelta(hours=verified(session).crl_life_hours)
    if found is None:
        return Refuse("issuer.unknown")
    if found.is_root:
        alone_only_in_practice(Ceremony(run.ledger, run.home, keyring(run), run.home.mode()))
    issuing = IssuingKey(found.issuer.id, issuer_view_of(found.issuer, run.home), open_signer(ca_key_uri(run, name)))
    crls = publish_now(run.ledger, issuing, run.system, ROOT_LIFE if found.is_root else life)
    if not crls:
        return Refuse("issuer.last-crl-stands")
    last = crls[-1]
    values = {"issuer": name, "number": last.number, "next_update": last.next_update.isoformat(), "crls": len(crls)}
    many = f"{len(crls)} CRLs of {name}, the last with number {last.number}, hold"
    line = f"CRL {last.number} of {name} holds" if len(crls) == 1 else many
    return Outcome(values, [f"{line} until {values['next_update']}."])
