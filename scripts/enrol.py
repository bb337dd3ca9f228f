"""`enrol`: a person's request, with the paper that a registration officer saw."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import click

from ca.enrolment import Application, Shown, submit
from ca.policy import PERSON_PROFILES, EvidenceKind
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Outcome, Run, for_person, verb

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@verb(
    "ca",
    example="python -m scripts enrol request.pem --person 10000017 --profile officer-signing "
    "--paper chip-identity-card --paper-number number.txt --paper-issuer MPS --issued 2024-05-01 "
    "--scan card.jpg --desk center --as 10000001 --key file:/abs/key.pem",
)
@for_person
@click.option("--desk", required=True, help="Where the person was seen, by its code.")
@click.option("--scan", required=True, type=_FILE, help="The scan; only its digest is kept here.")
@click.option("--expires", type=_DAY, help="The paper's last day (Gregorian).")
@click.option("--issued", required=True, type=_DAY, help="The paper's date of issue (Gregorian).")
@click.option("--paper-issuer", required=True, help="Who issued the paper, by its code.")
@click.option("--paper-number", required=True, type=_FILE, help="A file that holds the paper's number alone.")
@click.option("--paper", required=True, type=click.Choice([kind.value for kind in EvidenceKind]))
@click.option("--profile", required=True, type=click.Choice(PERSON_PROFILES))
@click.option("--person", required=True, help="Number of the person who asks.")
@click.argument("request", type=_FILE)
def enrol(
    run: Run, *, request: Path, person: str, profile: str, number: str, key: str, **paper: object
) -> Outcome | Refuse:
    """Takes up a PKCS#10 request with its evidence; two registration officers decide next."""
    officer = run.acting(number, key)
    application = Application(request.read_bytes(), person, profile, [_shown(officer.person_id, paper)])
    outcome = submit(run.ledger, SealedFields.open(run.key_uri("fields")), application, officer.actor)
    if isinstance(outcome, Refuse):
        return outcome
    return Outcome({"enrolment": outcome}, [f"Enrolment {outcome} waits for two decisions."])


def _shown(officer_id: str, paper: dict[str, object]) -> Shown:
    scan, number, issued, expires = paper["scan"], paper["paper_number"], paper["issued"], paper["expires"]
    assert isinstance(scan, Path) and isinstance(number, Path) and isinstance(issued, datetime)
    return Shown(
        EvidenceKind(str(paper["paper"])),
        number.read_text(encoding="utf-8").strip(),
        str(paper["paper_issuer"]),
        issued.date(),
        expires.date() if isinstance(expires, datetime) else None,
        sha256(scan.read_bytes()).hexdigest(),
        officer_id,
        str(paper["desk"]),
    )
