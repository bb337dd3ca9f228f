"""`configuration-show`: the CA's numbers in force, and the versions that nobody agreed on."""

from dataclasses import asdict

from ca.governance.listing import passed_over
from ca.governance.provenance import Provenance
from ledger.canonical import portable
from scripts.cli import Exit, Outcome, Run, verb


@verb("govern", "python -m scripts configuration-show")
def configuration_show(run: Run) -> Outcome:
    """Shows every field with the value that two persons agreed on. Exit code 1 when a newer version is there.

    A newer one was agreed on by nobody: it is named with its entry, and no room that signs goes by it.
    """
    with run.ledger.read() as session:
        provenance = Provenance(session)
        agreed, over = provenance.configuration, passed_over(provenance)
    others = [{"number": one.number, "digest": one.digest, "entry": one.entry_id, "body": one.body} for one in over]
    values = {
        "configuration": portable(asdict(agreed)),
        "digest": agreed.digest,
        "agreed": not over,
        "passed_over": others,
    }
    lines = [f"{name} = {value}" for name, value in asdict(agreed).items()]
    lines += [f"passed over, for nobody agreed on it: version {one.number}, entry {one.entry_id}" for one in over]
    return Outcome(values, lines, Exit.REFUSED if over else Exit.DONE)
