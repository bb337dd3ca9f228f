"""`release`: ends the pause of a certificate: it counts again."""

import click

from ca.endings.pausing import release as end_hold
from ca.endings.revocation import act_for
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import Outcome, Run, for_person, verb
from scripts.revoke import receipt


@verb("ca", example="python -m scripts release officer.pem --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("certificate")
def release(run: Run, *, certificate: str, number: str, key: str) -> Outcome | Refuse:
    """Ends the pause of a certificate: it counts again as soon as the signing room has verified the officer's act."""
    officer, digest = run.acting(number, key), digest_of(run, certificate)
    act = act_for("certificate.release", digest, "released", run.clock.now())
    return receipt(run, end_hold(run.ledger, digest, officer.sign(act)))
