"""`foreign-ca-list`: the foreign CAs whose certificates count here."""

from datetime import datetime
from typing import Any

from ca.governance.provenance import Provenance
from ca.recognition import Recognised, recognised
from scripts.cli import Outcome, Run, verb


@verb("govern", "python -m scripts foreign-ca-list --json")
def foreign_ca_list(run: Run) -> Outcome:
    """Lists every acceptance that two persons agreed on, with its level, legal basis and dates; those that ended too.

    The changes foreign-ca.accept and foreign-ca.end bring and end them (change-plan).
    """
    now = run.clock.now()
    with run.ledger.read() as session:
        found = recognised(Provenance(session))
    values = [_values(one, now) for one in found]
    return Outcome({"foreign_cas": values}, [_line(one, now) for one in found] or ["No foreign CA is accepted."])


def _values(one: Recognised, now: datetime) -> dict[str, Any]:
    return {
        "name": one.ca.name,
        "sha256": one.ca.sha256,
        "level": one.ca.level,
        "legal_basis": one.term.legal_basis,
        "from": one.term.valid_from.isoformat(),
        "until": one.term.valid_to and one.term.valid_to.isoformat(),
        "accepted": one.holds(now),
    }


def _line(one: Recognised, now: datetime) -> str:
    level = one.ca.level if one.holds(now) else f"not accepted now ({one.ca.level})"
    until = f" until {one.term.valid_to.isoformat()}" if one.term.valid_to else ""
    dates = f"from {one.term.valid_from.isoformat()}{until}"
    return f"{one.ca.sha256} {one.ca.name}: {level}, {dates}, by {one.term.legal_basis}"
