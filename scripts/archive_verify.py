"""`archive-verify`: the archive of an ended issuer, checked without our database."""

from dataclasses import asdict
from pathlib import Path

import click

from ca.closing.archive import ArchiveUnfit, verify_archive
from ledger.checkpoint import VerifierKey
from scripts.cli import Exit, Outcome, Run, verb


@verb("audit", example="python -m scripts archive-verify /mnt/officers --key lao+1a2b3c4d+AbC…")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, help="A verifier key (name+id+base64); else those in the folder.")
def archive_verify(_run: Run, *, folder: Path, keys: tuple[str, ...]) -> Outcome:
    """Checks that every file is whole, that each certificate and CRL is in the log, and the last CRL. Needs no network.

    Without --key it takes the keys in the folder, which shows that it is whole, and not whose it is.
    """
    try:
        found = verify_archive(folder, tuple(map(VerifierKey.parse, keys)))
    except ArchiveUnfit as fault:
        return Outcome({"error": str(fault)}, [str(fault)], Exit.REFUSED)
    line = f"{found.certificates} certificates, {found.crls} CRLs and {found.entries} entries are as they were."
    return Outcome({**asdict(found), "keys_given": bool(keys)}, [line])
