"""`key-block`: keys of a published list of known-bad ones are blocked before anybody asks for them."""

import re
from hashlib import sha256
from pathlib import Path

import click

from ca.endings.keys import block_listed
from scripts.cli import Exit, Outcome, Run, verb

_DIGEST = re.compile(r"[0-9a-f]{64}")


@verb("ca", example="python -m scripts key-block debian-weak-rsa3072.txt")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def key_block(run: Run, *, file: Path) -> Outcome:
    """Reads a list (a SHA-256 of a SubjectPublicKeyInfo in hex on each line, # begins a remark) and blocks its keys.

    Safe to run again. Keys of the list that somebody has here already are told: block them with key-report.
    """
    octets = file.read_bytes()
    fresh, used = block_listed(run.ledger, digests(octets), sha256(octets).hexdigest(), run.system)
    lines = [f"{fresh} keys were blocked.", *(f"in use here, see key-report: {key}" for key in used)]
    return Outcome({"blocked": fresh, "in_use": used}, lines, Exit.PARTLY if used else Exit.DONE)


def digests(octets: bytes) -> list[str]:
    """The digests of a list. Raises click.BadParameter for a line that is none."""
    lines = [line.partition("#")[0].strip().lower() for line in octets.decode("ascii", "replace").splitlines()]
    bad = [number for number, line in enumerate(lines, start=1) if line and not _DIGEST.fullmatch(line)]
    if bad:
        raise click.BadParameter(f"line {bad[0]} is no SHA-256 in hex")
    return [line for line in lines if line]
