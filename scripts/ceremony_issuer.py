"""`ceremony-issuer`: an issuing CA under the root."""

import click

from ca.ceremonies.ceremony import ISSUERS, Ceremony, CeremonyFailed
from ca.ceremonies.generations import states
from ledger.decision import Refuse
from scripts.cli import Exit, Outcome, Run, verb
from scripts.issue import alone, keyring


@verb("ceremony", example="python -m scripts ceremony-issuer officers")
@click.argument("name", type=click.Choice(ISSUERS))
def ceremony_issuer(run: Run, *, name: str) -> Outcome | Refuse:
    """Makes the issuer's key, certified by the root, whose key must be at hand; and its OCSP responder.

    The signing room must be stopped: a ceremony ends what it finds intended and not signed.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        try:
            ceremony.begin()
            root = ceremony.root()
            issuer = ceremony.issuer(name, root)
            with run.ledger.read() as session:
                key_name = states(session, run.clock.now(), [issuer.id])[issuer.id].key_name
            ceremony.service(f"ocsp-{key_name}", "ocsp-responder", issuer)
            ceremony.list_endings(root)
        except CeremonyFailed as fault:
            return Outcome({"error": str(fault)}, [str(fault)], Exit.REFUSED)
    path = str(run.home.certificate(key_name))
    return Outcome({"issuer": issuer.id, "certificate": path}, [f"The issuer {name} is in {path}."])
