"""`foreign-ca-verify FILE`: whether a foreign certificate counts here for what was signed at a moment, and as what."""

from datetime import datetime
from pathlib import Path

import click

from ca.governance.provenance import Provenance
from ca.recognition import NotRecognised, verify_foreign
from pki.errors import PkiError
from pki.path import PathMaterial
from scripts.cli import Exit, Outcome, Run, verb
from scripts.encoded import ders_in
from web.words import WORDS

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    try:
        at = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - without a zone, so refused below
    if at is not None and at.tzinfo is None:
        raise click.BadParameter("a moment with its zone, like 2027-01-31T10:00:00+07:00")
    return at


@verb("govern", "python -m scripts foreign-ca-verify signer.pem --crl foreign.crl --at 2027-01-31T10:00:00+07:00")
@click.option("--at", callback=_moment, help="When it was signed, if a time stamp proves it; otherwise now.")
@click.option("--between", type=_FILE, multiple=True, help="Certificates between it and the accepted CA.")
@click.option("--crl", type=_FILE, multiple=True, help="A CRL of the foreign CA, or of one between.")
@click.argument("file", type=_FILE)
def foreign_ca_verify(
    run: Run, file: Path, *, at: datetime | None, between: tuple[Path, ...], crl: tuple[Path, ...]
) -> Outcome:
    """Judges the certificate in FILE by the list of accepted foreign CAs and by the CRLs given. Nothing is fetched.

    Exit 0 with the level that it has here; 1 when it does not count, also for want of a CRL.
    """
    intermediates = tuple(der for one in between for der in ders_in(one))
    material = PathMaterial(intermediates, tuple(der for one in crl for der in ders_in(one)))
    try:
        with run.ledger.read() as session:
            found = verify_foreign(Provenance(session), ders_in(file)[0], at or run.clock.now(), material)
    except PkiError as fault:
        return _refused(fault)
    values = {
        "level": found.ca.level,
        "foreign_ca": found.ca.sha256,
        "name": found.ca.name,
        "legal_basis": found.term.legal_basis,
    }
    return Outcome(values, [f"It counts here as {found.ca.level}: {found.ca.name}, by {found.term.legal_basis}."])


def _refused(fault: PkiError) -> Outcome:
    lao, english = WORDS[fault.code if isinstance(fault, NotRecognised) else "foreign.unproven"]
    values = {"error": fault.code, "en": english, "lo": lao, "reason": str(fault)}
    return Outcome(values, [lao, english, f"  {fault} ({fault.code})"], Exit.REFUSED)
