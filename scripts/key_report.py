"""`key-report`: a key that is no secret any more is blocked for ever, and its certificates end."""

from pathlib import Path

import click

from ca.endings.keys import NAME, block_act, block_by_officer, report_by_key
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb


@verb("ca", example="python -m scripts key-report --csr report.pem")
@click.option("--csr", type=click.Path(path_type=Path, exists=True, dir_okay=False), help=f"PKCS#10 of {NAME}.")
@click.option("--sha256", "digest", help="Of the SubjectPublicKeyInfo, hex; then an officer must sign.")
@click.option("--as", "number", help="Number of the officer.")
@click.option("--key", "key", help="URI of the officer's authentication key.")
def key_report(
    run: Run, *, csr: Path | None, digest: str | None, number: str | None, key: str | None
) -> Outcome | Refuse:
    """Blocks a key and ends all certificates for it, whosever they are.

    Who has the private key proves it by a request that it signs (openssl req -new -key K -subj "/CN=laotrust: this key
    is compromised"); an officer on duty needs its digest only.
    """
    if csr is not None:
        ended = report_by_key(run.ledger, csr.read_bytes())
    elif digest and number and key:
        officer, wanted = run.acting(number, key), digest.lower().replace(":", "")
        ended = block_by_officer(run.ledger, wanted, officer.sign(block_act(wanted, run.clock.now())))
    else:
        raise click.UsageError("give --csr, or --sha256 with --as and --key")
    if isinstance(ended, Refuse):
        return ended
    lines = [f"The key is blocked for ever; {len(ended)} certificates ended.", *(f"  serial {one}" for one in ended)]
    return Outcome({"blocked": True, "serial_numbers": ended}, lines)
