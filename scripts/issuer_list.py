"""`issuer-list`: every generation of every issuer."""

from ca.closing.inventory import Line, inventory
from scripts.cli import Exit, Outcome, Run, verb


@verb("ca", example="python -m scripts issuer-list")
def issuer_list(run: Run) -> Outcome:
    """Shows state, dates, living certificates, CRL and key of each generation, and what is due.

    Ends with 3 when something is due.
    """
    with run.ledger.read() as session:
        lines = inventory(session, run.clock.now())
    values = [_values(run, line) for line in lines]
    words = [
        f"{one['issuer']:14} {one['state']:12} from {str(one['starts_at'])[:10]} to {str(one['not_after'])[:10]}, "
        f"{one['alive']} alive{', DUE: ' + str(one['due']) if one['due'] else ''}"
        for one in values
    ]
    return Outcome({"issuers": values}, words, Exit.PARTLY if any(line.due for line in lines) else Exit.DONE)


def _values(run: Run, line: Line) -> dict[str, object]:
    one = line.generation
    return {
        "issuer": one.key_name,
        "name": one.issuer.name,
        "generation": one.issuer.generation,
        "state": one.state.value,
        "starts_at": one.starts_at.isoformat(),
        "not_after": one.not_after.isoformat(),
        "alive": line.alive,
        "last_ends": line.last_ends.isoformat() if line.last_ends else None,
        "crl_until": line.crl_until.isoformat() if line.crl_until else None,
        "crl_url": one.issuer.crl_url,
        "key": run.key_uri(one.key_name).partition("?")[0],
        "due": line.due,
    }
