"""`suspend`: pauses a certificate: it does not count until it is released, and is revoked if it never is."""

from datetime import timedelta

import click

from ca.endings.pausing import hold
from ca.endings.revocation import act_for
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import Outcome, Run, for_person, verb
from scripts.revoke import receipt


@verb("ca", example="python -m scripts suspend officer.pem --days 7 --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--days", type=click.IntRange(1, 365), help="How long; without it as long as the configuration allows.")
@click.argument("certificate")
def suspend(run: Run, *, certificate: str, days: int | None, number: str, key: str) -> Outcome | Refuse:
    """Pauses a certificate: it does not count until it is released, and is revoked when nobody released it in time."""
    officer, digest, now = run.acting(number, key), digest_of(run, certificate), run.clock.now()
    until = now + timedelta(days=days) if days else None
    act = act_for("certificate.hold", digest, "certificateHold", now, until)
    return receipt(run, hold(run.ledger, digest, officer.sign(act), until))
