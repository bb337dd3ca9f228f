"""`rekey`: a holder's certificate again with a new key."""

from pathlib import Path

import click

from ca.endings.following import Way
from ca.endings.replacement import ask, replace_act
from ca.tables.registration import Enrolment
from ledger.decision import Refuse
from scripts.certificate_show import digest_of
from scripts.cli import ActingPerson, Outcome, Run, for_person, verb
from scripts.following import followed

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@verb(
    "ca",
    example="python -m scripts rekey --replaces old.pem --request new.csr --as 10000017 --key file:/abs/key.pem",
)
@for_person
@click.option("--terms", help="Digest of the terms in force (page /terms), where they are others than he accepted.")
@click.option("--request", type=_FILE, help="A PKCS#10 with the new key; the papers seen before carry over.")
@click.option("--replaces", required=True, help="The old one: a file, its SHA-256, or its serial number in hex.")
@click.argument("enrolment", required=False)
def rekey(
    run: Run,
    *,
    enrolment: str | None,
    replaces: str,
    request: Path | None,
    terms: str | None,
    number: str,
    key: str,
) -> Outcome | Refuse:
    """Asks for a certificate with a new key in the place of another, under the holder's own key.

    With --request nobody comes to a desk as long as the papers seen before hold; an officer still decides. Who has
    enrolled anew at a desk gives that ENROLMENT instead: fewer officers decide on it where the earlier evidence holds.

    The old one ends as superseded once the new one has been there for the configured hours.
    """
    if (enrolment is None) == (request is None):
        raise click.UsageError("Give either --request with the new key, or the ENROLMENT that was made at a desk.")
    holder = run.acting(number, key)
    if enrolment is None:
        return followed(run, holder, Way.REKEY, replaces, request, terms)
    return _tied(run, holder, enrolment, digest_of(run, replaces))


def _tied(run: Run, holder: ActingPerson, enrolment: str, digest: str) -> Outcome | Refuse:
    with run.ledger.read() as session:
        wanted = session.get(Enrolment, enrolment)
    if wanted is None:
        return Refuse("decision.enrolment-unknown")
    signed = holder.sign(replace_act(wanted, digest, run.clock.now()))
    entry = ask(run.ledger, enrolment, digest, signed)
    if isinstance(entry, Refuse):
        return entry
    return Outcome({"enrolment": enrolment, "replaces": digest, "entry": entry}, [f"It is recorded, entry {entry}."])
