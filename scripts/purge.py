"""`purge`: what need not be kept any longer is shown, and erased when an operator orders exactly that."""

from dataclasses import asdict
from typing import Any

import click

from ca.retention.erasure import Changed, carry_out, order, order_act
from ca.retention.plan import Plan, plan
from ledger.decision import Refuse
from ledger.erasing import NotAsWritten
from ledger.standing import person_by_number
from scripts.cli import Outcome, Run, verb


@verb("purge", example="python -m scripts purge --apply 3f0c9a1b… --as 10000005 --key file:/abs/key.pem")
@click.option("--person", help="On the request of the person of this number, instead of by the rule of retention.")
@click.option("--apply", "digest", help="The digest of the plan: erase exactly what it named.")
@click.option("--as", "number", help="Number of the CA operator who orders it.")
@click.option("--key", help="URI of his authentication key.")
def purge(
    run: Run, *, person: str | None, digest: str | None, number: str | None, key: str | None
) -> Outcome | Refuse:
    """Shows which numbers and scans of papers may go, counted and without values; with --apply they go.

    Without --person by the rule of retention: the last certificate that is based on them ended so many years ago as
    `retention_years` says. With it, papers of which no certificate came. Killed or refused half way, run it again.
    """
    with run.ledger.read() as session:
        found = person_by_number(session, person) if person else None
        if person and found is None:
            return Refuse("erasure.person-unknown")
        planned = plan(session, run.ledger.clock.now(), found.id if found else None)
    if digest is None:
        return Outcome(_values(planned), _lines(planned))
    if not number or not key:
        raise click.UsageError("--apply needs --as and --key")
    act = order_act(digest, run.clock.now())
    ordered = order(run.ledger, digest, run.acting(number, key).sign(act), found.id if found else None)
    return ordered if isinstance(ordered, Refuse) else _carried_out(run, ordered, len(planned.rows))


def _carried_out(run: Run, order_id: str, rows: int) -> Outcome | Refuse:
    gone, entries = 0, []
    try:
        with run.progress("erasing", rows) as done:
            for batch in carry_out(run.ledger, order_id):
                gone += batch.rows
                entries.append(batch.entry_id)
                done(batch.rows)
    except NotAsWritten as fault:
        run.console.print(str(fault), markup=False)
        return Refuse("erasure.not-as-written")
    except Changed:
        return Refuse("erasure.changed")
    values = {"order": order_id, "rows": gone, "entries": entries}
    return Outcome(values, [f"{gone} rows are erased, in {len(entries)} entries, by order {order_id}"])


def _values(planned: Plan) -> dict[str, Any]:
    counted = {name: value for name, value in asdict(planned).items() if name not in {"rows", "person_id", "lifted"}}
    return {
        **counted, "rule": planned.rule.value, "ended_by": planned.ended_by.isoformat(), "rows": len(planned.rows),
        "digest": planned.digest,
    }  # fmt: skip


def _lines(planned: Plan) -> list[str]:
    lines = [
        f"{planned.rule.value}: {planned.papers} papers of {planned.persons} persons, {len(planned.rows)} rows",
        f"nothing that was in use after {planned.ended_by:%Y-%m-%d %H:%M} UTC",
        *(f"kept though old enough: {count} ({code})" for code, count in planned.kept.items() if count),
    ]
    if planned.rows:
        lines += [f"digest {planned.digest}", f"next: python -m scripts purge --apply {planned.digest} --as … --key …"]
    return lines
