"""`batch-verify`: the receipt of a batch, checked without our database."""

from pathlib import Path

import click

from ca.batches.receipt import ReceiptUnfit, verify_receipt
from ledger.checkpoint import VerifierKey
from ledger.outside import Outside
from pki.certificate import certificates_from_pem
from pki.names import name_text
from scripts.cli import Exit, Outcome, Run, verb
from scripts.sign import issuers_in


@verb("audit", example="python -m scripts batch-verify receipt --issuer officers.pem --key lao+1a2b3c4d+AbC…")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--issuer", "issuers", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Certificates (PEM) of issuers that are believed; else those of the home.")  # fmt: skip
@click.option(
    "--key", "keys", multiple=True, help="A verifier key (name+id+base64) of the log; else those of the home."
)
@click.option("--unsealed", is_flag=True, help="Take it on the officer's word while the log is not sealed (exit 3).")
def batch_verify(
    run: Run, *, folder: Path, issuers: tuple[Path, ...], keys: tuple[str, ...], unsealed: bool
) -> Outcome:
    """Checks that the batch's officer signed the receipt in FOLDER, its lines, and that it is in the log. No network.

    Without the proofs of the log, which are there once it was sealed, it is unproven (exit code 1).
    """
    known = tuple(map(VerifierKey.parse, keys)) or Outside(run.home.checkpoints).keys()
    believed = [one.der for file in issuers for one in certificates_from_pem(file.read_bytes())] or issuers_in(run)
    try:
        found = verify_receipt(folder, believed, known)
    except ReceiptUnfit as fault:
        return Outcome({"error": str(fault)}, [str(fault)], Exit.REFUSED)
    signer = name_text(found.signer.subject)
    values = {**found.body, "signer": signer, "logged": found.logged}
    told = " · ".join(f"{state} {count}" for state, count in found.body["counts"].items())
    lines = [f"{found.body['lines']} lines: {told}", f"signed by {signer}; in the log: {found.logged}"]
    if found.logged:
        return Outcome(values, lines)
    lines.append("unproven: the log does not say so yet; write the receipt again when `ledger-seal` runs")
    return Outcome({**values, "error": "unproven"}, lines, Exit.PARTLY if unsealed else Exit.REFUSED)
