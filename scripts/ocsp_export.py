"""`ocsp-export`: signed status for mirrors that have no key."""

from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import select

from ledger.certificates import Issuer
from ledger.decision import Refuse
from ocsp.far.bundle import Bundle
from ocsp.far.export import BOTH_AT_ONCE, EACH_ALONE, LIFE, LONGEST_LIFE, SHORTEST_LIFE, export
from ocsp.far.files import write_files
from ocsp.far.seals import verify_bundle
from ocsp.far.shelf import Shelf
from pki.errors import PkiError
from scripts.cli import Exit, Outcome, Run, verb
from scripts.far import known, vouching
from web.lock import Busy, alone

_HOUR = timedelta(hours=1)


@verb("ocsp", example="python -m scripts ocsp-export /srv/ocsp --life-hours 168")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--life-hours", type=click.IntRange(SHORTEST_LIFE // _HOUR, LONGEST_LIFE // _HOUR), default=LIFE // _HOUR,
    show_default=True, help="How long an answer may be relied on.",
)  # fmt: skip
@click.option("--both", is_flag=True, help="One answer for SHA-1 and SHA-256: half the octets; some clients fail.")
@click.option("--files/--no-files", default=True, help="Write each answer as a file for nginx too (FOLDER/static).")
def ocsp_export(run: Run, *, folder: Path, life_hours: int, both: bool, files: bool) -> Outcome | Refuse:
    """Writes the signed status of all certificates into FOLDER: a sealed bundle, the delta to it, a file an answer.

    Signs what changed and what would soon lapse; run it every hour. Needs the keys of the OCSP responders.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with alone(folder / ".lock"):  # two at a time would each write a bundle that the other's mirrors refuse
            return _export(run, folder, life_hours, both=both, files=files)
    except Busy:
        return Refuse("export.busy")


def _export(run: Run, folder: Path, life_hours: int, *, both: bool, files: bool) -> Outcome | Refuse:
    shelf = Shelf(folder)
    previous = _believed(run, shelf)
    found = known(run, previous)
    if isinstance(found, Refuse):
        return found
    populations, voices = found
    forms = BOTH_AT_ONCE if both else EACH_ALONE
    now, life = run.clock.now(), timedelta(hours=life_hours)
    with run.ledger.read() as session:
        others = vouching(session, populations, now)
    with run.progress("Signing", sum(len(one.lives) for one in populations)) as done:
        exported = export(populations, voices, previous, now, life, forms, done, others)
    delta = shelf.put(exported.bundle)
    written = 0
    if files:
        with run.progress("Writing", exported.signed + exported.kept) as done:
            written = write_files(exported.bundle, folder / "static", done)
    values = {
        "folder": str(folder), "number": exported.bundle.number, "certificates": exported.signed + exported.kept,
        "signed": exported.signed, "bundle_octets": len(exported.bundle.octets), "delta_octets": delta,
        "files_written": written, "without": exported.without,
    }  # fmt: skip
    lines = [
        f"{values['certificates']} certificates, {exported.signed} signed now.",
        f"The bundle has {values['bundle_octets']} octets, the delta {delta}; {written} files were written.",
        *(f"Left out, for want of a responder's key or certificate: {name}" for name in exported.without),
    ]
    return Outcome(values, lines, Exit.PARTLY if exported.without else Exit.DONE)


def _believed(run: Run, shelf: Shelf) -> Bundle | None:
    """The export before, if its seal is good; else everything is signed anew.

    Which CAs are ours the ledger says: they may stand under a root of others.
    """
    previous = shelf.sound()
    with run.ledger.read() as session:
        ours = [bytes(der) for der in session.scalars(select(Issuer.certificate))]
    try:
        if previous is not None:
            verify_bundle(previous, ours)
    except PkiError:
        return None
    return previous
