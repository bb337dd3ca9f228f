"""`revoke`: all certificates of a person, or one."""

from dataclasses import asdict

import click

from ca.endings.grounds import WORDS
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.governance.provenance import verified
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts revoke --person 10000017 --reason keyCompromise --as 10000001 --key file:/abs/k")
@for_person
@click.option("--reason", required=True, type=click.Choice(WORDS), help="A ground, or a reason of RFC 5280.")
@click.option("--certificate", help="One certificate: a file, its SHA-256, or its serial number in hex.")
@click.option("--person", help="All certificates of the person of this number, and his sessions.")
def revoke(
    run: Run, *, person: str | None, certificate: str | None, reason: str, number: str, key: str
) -> Outcome | Refuse:
    """Ends certificates for good; OCSP says so at once, the signing room signs the CRL within a second.

    An officer on duty and the holder himself end them at once; for the help desk and a colleague it becomes a request.
    """
    if (person is None) == (certificate is None):
        raise click.UsageError("give either --person or --certificate")
    officer, now = run.acting(number, key), run.clock.now()
    if person is not None:
        done = revoke_person(run.ledger, person, reason, officer.sign(act_for("person.revoke", person, reason, now)))
    else:
        digest = digest_of(run, str(certificate))
        act = act_for("certificate.revoke", digest, reason, now)
        done = revoke_certificate(run.ledger, digest, reason, officer.sign(act))
    return receipt(run, done)


def receipt(run: Run, done: Receipt | Refuse) -> Outcome | Refuse:
    """What the person who acted gets to keep."""
    if isinstance(done, Refuse):
        return done
    values = {**asdict(done), "at": done.at.isoformat()}
    if done.waits:
        with run.ledger.read() as session:
            hours = verified(session).revocation_limit_hours
        line = f"{done.act} is asked for; an officer decides within {hours} hours. Request {done.waits}"
        return Outcome(values, [line])
    count = len(done.serial_numbers)
    lines = [f"{done.act}: {count} certificates, {done.reason}, {values['at']}, entry {done.entry_id}"]
    return Outcome(values, [*lines, *(f"  serial {serial}" for serial in done.serial_numbers)])
