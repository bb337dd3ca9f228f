"""`issuer-list`: every generation of every issuer."""

from ca.ceremonies.cross import crosses
from ca.closing.inventory import Line, inventory
from ledger.certificates import Certificate
from scripts.cli import Exit, Outcome, Run, verb


@verb("ca", example="python -m scripts issuer-list")
def issuer_list(run: Run) -> Outcome:
    """Shows state, dates, living certificates, CRL and key of each generation, and what is due.

    Ends with 3 when something is due.
    """
    with run.ledger.read() as session:
        now = run.clock.now()
        lines, crossed = inventory(session, now), [_crossed(*one) for one in crosses(session, now)]
    values = [_values(run, line) for line in lines]
    words = [
        f"{one['issuer']:14} {one['state']:12} from {str(one['starts_at'])[:10]} to {str(one['not_after'])[:10]}, "
        f"{one['alive']} alive{', DUE: ' + str(one['due']) if one['due'] else ''}"
        for one in values
    ]
    words += [
        f"cross {one['key'][:12]} {one['state']:8} from {one['not_before'][:10]} to {one['not_after'][:10]}, "
        f"certificate {one['certificate']}"
        for one in crossed
    ]
    code = Exit.PARTLY if any(line.due for line in lines) else Exit.DONE
    return Outcome({"issuers": values, "crosses": crossed}, words, code)


def _crossed(one: Certificate, state: str) -> dict[str, str]:
    return {
        "certificate": one.sha256,
        "key": one.key_sha256,
        "state": state,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
    }


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
