"""`modify`: what follows a certificate when the register says something else than it does."""

from pathlib import Path
from typing import Any

import click

from ca.endings.following import Way
from ca.registration.application import Shown
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.following import followed
from scripts.papers import for_paper, lacking, paper_shown

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@verb("ca", example="python -m scripts modify old.pem --as 10000017 --key file:/abs/authentication.pem")
@for_person
@for_paper(required=False)
@click.option("--officer-key", help="With a paper: URI of the key of the officer who saw it …")
@click.option("--officer", help="… and his number.")
@click.option("--terms", help="Digest of the terms in force (page /terms), where they are others than he accepted.")
@click.option("--request", type=_FILE, help="A PKCS#10 with a new key; without it the key stays.")
@click.argument("certificate")
def modify(
    run: Run, *, certificate: str, request: Path | None, terms: str | None, number: str, key: str, **given: Any
) -> Outcome | Refuse:
    """Asks for what follows CERTIFICATE (a file, its SHA-256 or serial number), with the names of the register today.

    Where the person himself has another name an officer sees a paper with it, now. Where his organisation has, its
    officer confirms (`enrolment-confirm`). Officers decide as on a first request. The old one ends afterwards.
    """
    paper = _paper(run, given)
    return followed(run, run.acting(number, key), Way.MODIFY, certificate, request, terms, paper)


def _paper(run: Run, given: dict[str, Any]) -> list[Shown]:
    """The paper that an officer saw, under his own key. Raises click.UsageError where half of it is said."""
    lacks = lacking(given, "officer", "officer_key")
    said = any(value is not None for value in given.values())
    if said and lacks:
        raise click.UsageError(f"a new paper needs these too: {', '.join(lacks)}")
    return [paper_shown(run.acting(given["officer"], given["officer_key"]).person_id, given)] if said else []
