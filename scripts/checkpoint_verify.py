"""`checkpoint-verify`: a checkpoint, or an entry's proof, checked offline."""

from pathlib import Path
from typing import Any

import click

from ledger.canonical import portable
from ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from ledger.decision import Refuse
from ledger.outside import Outside
from ledger.proofs import is_entry_proof, verify_entry_proof
from pki.errors import ParseError
from scripts.cli import Outcome, Run, verb


@verb("audit", example="python -m scripts checkpoint-verify var/demo/checkpoints/newest.note")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, help="A verifier key (name+id+base64); else those of the home.")
def checkpoint_verify(run: Run, *, file: Path, keys: tuple[str, ...]) -> Outcome | Refuse:
    """Checks FILE, a checkpoint or an entry's proof, against the log's verifier keys. Needs no network."""
    known = tuple(map(VerifierKey.parse, keys)) or Outside(run.home.checkpoints).keys()
    if not known:
        return Refuse("checkpoint.keys-missing")
    text = file.read_text(encoding="utf-8", errors="replace")
    if not is_entry_proof(text):
        try:
            checkpoint = verify_checkpoint(text, known)
        except ParseError:
            return Refuse("checkpoint.unreadable")
        return Outcome(_values(checkpoint), [_line(checkpoint)])
    proven = verify_entry_proof(text, known)
    values = {**_values(proven.checkpoint), "index": proven.number, "entry": portable(proven.values)}
    entry = f"Entry {proven.values['id']} ({proven.values['kind']}) is number {proven.number} in the log."
    return Outcome(values, [_line(proven.checkpoint), entry])


def _values(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "at": checkpoint.at.isoformat(),
    }


def _line(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.origin} had {checkpoint.size} entries at {checkpoint.at.isoformat()}; the signatures are good."
