"""`key-audit`: looks at all public keys of the ledger together."""

from dataclasses import asdict
from pathlib import Path

import click

from ca.endings.key_audit import Weakness, audit_keys
from scripts.cli import Exit, Outcome, Run, verb
from scripts.key_block import digests


@verb("ca", example="python -m scripts key-audit --list known-bad.txt")
@click.option(
    "--list", "lists", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True,
    help="Known-bad keys: a SHA-256 of a SubjectPublicKeyInfo in hex on each line.",
)  # fmt: skip
def key_audit(run: Run, *, lists: tuple[Path, ...]) -> Outcome:
    """Weighs every key alone and all RSA keys against each other (shared factors); says which certificates to end."""
    listed = {digest for path in lists for digest in digests(path.read_bytes())}
    with run.ledger.read() as session:
        audited = audit_keys(session, listed)
    values = {"keys": audited.keys, "rsa": audited.rsa, "weaknesses": [asdict(one) for one in audited.weaknesses]}
    lines = [f"{audited.keys} keys, {audited.rsa} of them RSA: {len(audited.weaknesses)} are weak."]
    lines += [_said(one) for one in audited.weaknesses]
    return Outcome(values, lines, Exit.REFUSED if audited.weaknesses else Exit.DONE)


def _said(one: Weakness) -> str:
    return f"{one.code}: key {one.key_sha256}, serial {', '.join(one.serial_numbers) or '-'}"
