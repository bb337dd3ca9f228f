"""`suspend`: pauses a certificate: it does not count until it is released."""

import click

from ca.endings.revocation import act_for, hold
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import Outcome, Run, for_person, verb
from scripts.revoke import receipt


@verb("ca", example="python -m scripts suspend officer.pem --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("certificate")
def suspend(run: Run, *, certificate: str, number: str, key: str) -> Outcome | Refuse:
    """Pauses a certificate: it does not count until it is released."""
    officer, digest = run.acting(number, key), digest_of(run, certificate)
    act = act_for("certificate.hold", digest, "certificateHold", run.clock.now())
    return receipt(hold(run.ledger, digest, officer.sign(act)))
