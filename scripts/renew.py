"""`renew`: a holder's certificate again, with its key and for a further time."""

import click

from ca.endings.following import Way
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.following import followed


@verb("ca", example="python -m scripts renew old.pem --as 10000017 --key file:/abs/authentication.pem")
@for_person
@click.option("--terms", help="Digest of the terms in force (page /terms), where they are others than he accepted.")
@click.argument("certificate")
def renew(run: Run, *, certificate: str, terms: str | None, number: str, key: str) -> Outcome | Refuse:
    """Asks for CERTIFICATE (a file, its SHA-256 or serial number) again: same key, same data.

    Nobody comes to a desk as long as the papers that were seen still hold. What has lapsed is said and asked for anew.
    The old one ends as superseded once the new one has been there for the configured hours.
    """
    return followed(run, run.acting(number, key), Way.RENEW, certificate, None, terms)
