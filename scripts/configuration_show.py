"""`configuration-show`: the CA's numbers in force, and whether two persons provably agreed on them."""

from dataclasses import asdict

from ca.configuration import current
from ca.governance.provenance import verified
from ledger.canonical import portable
from scripts.cli import Exit, Outcome, Run, verb


@verb("govern", "python -m scripts configuration-show")
def configuration_show(run: Run) -> Outcome:
    """Shows every field with its value. Exit code 1 when the newest version is one that nobody agreed on."""
    with run.ledger.read() as session:
        newest, agreed = current(session), verified(session)
    values = {"configuration": portable(asdict(newest)), "digest": newest.digest, "agreed": newest == agreed}
    lines = [f"{name} = {value}" for name, value in asdict(newest).items()]
    if newest != agreed:
        lines.append("The newest version was not agreed on by two persons: the signing room goes by the one before it.")
    return Outcome(values, lines, Exit.DONE if newest == agreed else Exit.REFUSED)
