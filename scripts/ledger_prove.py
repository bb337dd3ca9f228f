"""`ledger-prove`: the proof of an entry as a file that stands alone."""

from pathlib import Path

import click

from ledger.decision import Refuse
from ledger.proofs import entry_proof
from scripts.cli import Outcome, Run, verb


@verb("audit", example="python -m scripts ledger-prove 019ab3f2-… --out entry.tlog-proof")
@click.argument("entry")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the proof here.")
def ledger_prove(run: Run, *, entry: str, out: Path | None) -> Outcome | Refuse:
    """Makes the proof of ENTRY (an entry's id): its text, its place in the log and the newest checkpoint.

    The file is checked by `checkpoint-verify`, offline. It shows the entry's text: give it only to those who
    may read that.
    """
    with run.ledger.read() as session:
        proof = entry_proof(session, entry)
    if isinstance(proof, Refuse):
        return proof
    if out is None:
        return Outcome({"entry": entry, "proof": proof}, proof.splitlines())
    out.write_text(proof, encoding="utf-8")
    return Outcome({"entry": entry, "file": str(out)}, [f"The proof of {entry} is in {out}."])
