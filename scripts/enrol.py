"""`enrol`: a person's requests, with the paper that a registration officer saw."""

from collections.abc import Sequence
from pathlib import Path

import click

from ca.registration.application import Agreed, AgreementMeans, Application
from ca.registration.enrolment import submit_many
from ca.registration.rules import RULES
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Exit, Outcome, Run, for_person, verb
from scripts.papers import for_paper, paper_shown
from web.home import Mode
from web.words import WORDS

_REQUEST = click.Path(exists=True, path_type=Path)
_ENDINGS = {".pem", ".csr", ".p10", ".der"}
"""Of the files that are taken from a folder."""
_AT_ONCE = 50
"""Requests between two signs of progress."""


@verb(
    "ca",
    example="python -m scripts enrol request.pem --person 10000017 --profile officer-signing "
    "--paper chip-identity-card --paper-number number.txt --paper-issuer MPS --issued 2024-05-01 --expires 2034-04-30 "
    "--scan card.jpg --desk center --terms 9f86d0… --agreed written --as 10000001 --key file:/abs/key.pem",
)
@for_person
@for_paper(required=True)
@click.option("--publish/--no-publish", default=False, help="Whether he allows the certificate into a directory.")
@click.option("--agreed", required=True, type=click.Choice([means.value for means in AgreementMeans]))
@click.option("--terms", required=True, help="Digest of the terms that he was shown and accepted (page /terms).")
@click.option("--value-limit", type=click.IntRange(min=1), help="Limit of a signature's value, whole kip.")
@click.option("--common-name", help="Name of the service or device.")
@click.option("--name", "names", multiple=True, help="A host name, or the mail address; may be repeated.")
@click.option("--organisation", help="Code of the organisation that the certificate is to name.")
@click.option("--profile", type=click.Choice(list(RULES)), help="Else the end of each file's name says it.")
@click.option("--person", required=True, help="Number of the person who asks, or answers for an organisation's key.")
@click.argument("requests", type=_REQUEST, nargs=-1, required=True)
def enrol(
    run: Run, *, requests: tuple[Path, ...], person: str, profile: str | None, number: str, key: str, **given: object
) -> Outcome | Refuse:
    """Takes up PKCS#10 requests of a person with their evidence; registration officers decide next.

    Where an organisation is named, an officer of it confirms first (`enrolment-confirm`).

    REQUESTS are files, or folders of files that end in .pem, .csr, .p10 or .der. One that is refused never stops
    the others (exit 3).
    """
    officer, files = run.acting(number, key), _files(requests)
    shown = [paper_shown(officer.person_id, given)]
    agreed = Agreed(
        str(given["terms"]), AgreementMeans(given["agreed"]), run.clock.now(), publication=bool(given["publish"])
    )
    asked = {name: given[name] for name in ("organisation", "names", "common_name")}
    applications = [
        Application(
            file.read_bytes(), person, profile or _profile_in(file), shown, agreed,
            **asked, value_limit_lak=given["value_limit"],  # type: ignore[arg-type]
        )
        for file in files
    ]  # fmt: skip
    fields = SealedFields.open(run.key_uri("fields"))
    outcomes: list[str | Refuse] = []
    with run.progress("requests", len(files)) as advance:
        for start in range(0, len(files), _AT_ONCE):
            batch = applications[start : start + _AT_ONCE]
            some = submit_many(run.ledger, fields, batch, officer.actor, practice=run.home.mode() is Mode.PRACTICE)
            outcomes += some
            advance(len(some))
    return _outcome(files, outcomes)


def _outcome(files: Sequence[Path], outcomes: Sequence[str | Refuse]) -> Outcome | Refuse:
    if len(outcomes) == 1 and isinstance(outcomes[0], Refuse):
        return outcomes[0]
    taken = {str(file): what for file, what in zip(files, outcomes, strict=True) if isinstance(what, str)}
    refused = {str(file): what.code for file, what in zip(files, outcomes, strict=True) if isinstance(what, Refuse)}
    lines = [f"{file}: enrolment {key} is taken up; `enrolment-show {key}` says more." for file, key in taken.items()]
    lines += [f"{file}: {WORDS[code][0]} {WORDS[code][1]} ({code})" for file, code in refused.items()]
    return Outcome({"enrolments": taken, "refused": refused}, lines, Exit.PARTLY if refused else Exit.DONE)


def _files(requests: Sequence[Path]) -> list[Path]:
    """The files named, and those of the folders named, in the order of their names."""
    found: list[Path] = []
    for path in requests:
        found += sorted(one for one in path.iterdir() if one.suffix in _ENDINGS) if path.is_dir() else [path]
    if not found:
        raise click.UsageError("there is no request in that folder: files must end in .pem, .csr, .p10 or .der")
    return found


def _profile_in(file: Path) -> str:
    """The profile that the file's name ends with. Raises click.UsageError."""
    fitting = [profile for profile in RULES if file.stem.endswith(profile)]
    if not fitting:
        raise click.UsageError(f"say --profile, or end the name of {file} with one of {', '.join(RULES)}")
    return max(fitting, key=len)
