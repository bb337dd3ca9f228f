"""`rekey`: a holder says that his new request takes the place of a certificate that he has."""

import click

from ca.endings.replacement import ask, replace_act
from ca.tables.registration import Enrolment
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts rekey 01932a5c-… --replaces old.pem --as 10000017 --key file:/abs/key.pem")
@for_person
@click.option("--replaces", required=True, help="The old one: a file, its SHA-256, or its serial number in hex.")
@click.argument("enrolment")
def rekey(run: Run, *, enrolment: str, replaces: str, number: str, key: str) -> Outcome | Refuse:
    """Ties a request with a new key to the certificate that it replaces, under the holder's own key.

    The old one ends as superseded once the new one has been there for the configured hours. Changed names come by
    themselves: the new certificate has those of the register.
    """
    holder, digest = run.acting(number, key), digest_of(run, replaces)
    with run.ledger.read() as session:
        wanted = session.get(Enrolment, enrolment)
    if wanted is None:
        return Refuse("decision.enrolment-unknown")
    signed = holder.sign(replace_act(wanted, digest, run.clock.now()))
    entry = ask(run.ledger, enrolment, digest, signed)
    if isinstance(entry, Refuse):
        return entry
    return Outcome({"enrolment": enrolment, "replaces": digest, "entry": entry}, [f"It is recorded, entry {entry}."])
