"""`register-apply DIGEST`: the good lines of a plan are in the register; the bad ones are listed."""

import click

from ledger.decision import Refuse
from ledger.sheet import FileUnfit
from register.apply import apply_plan
from register.plan import PlanUnknown, load_plan, shown
from scripts.cli import Exit, Outcome, Run, verb
from scripts.register_plan import told


@verb("import", "python -m scripts register-apply 3f0c9a1be2d47788 --as 10000001 --key file:/…/clerk.key.pem")
@click.argument("digest")
@click.option("--as", "number", help="Number of the person who does this; may be left out before anybody has a key.")
@click.option("--key", "key", help="URI of that person's authentication key.")
@click.option("--also", "vouched", multiple=True, type=int, metavar="LINE", help="A suspicious line to apply too.")
def register_apply(
    run: Run, digest: str, number: str | None, key: str | None, vouched: tuple[int, ...]
) -> Outcome | Refuse:
    """Applies the plan DIGEST (16 digits of it are enough): its good lines, and the suspicious ones named by --also.

    Run again it changes nothing; killed, it goes on where it was. Exit code 3 when lines were left.
    """
    if bool(number) != bool(key):
        raise click.UsageError("--as and --key belong together")
    acting = run.acting(number, key) if number and key else None
    try:
        plan = load_plan(run.home.path / "plans", digest)
        with run.progress("applying", len(plan.lines)) as seen:
            done = apply_plan(
                run.ledger, plan, run.home.path / "receipts", acting.sign if acting else None, vouched, seen
            )
    except (FileUnfit, PlanUnknown) as fault:
        return Refuse(fault.code)
    if isinstance(done, Refuse):
        return done
    values = {
        "plan": done.plan,
        "import": done.import_id,
        "counts": {"applied": done.applied, "same": done.same, "left": len(done.left)},
        "left": [shown(decided) for decided in done.left],
        "receipt": str(done.receipt) if done.receipt else None,
    }
    lines = [line for decided in done.left for line in told(decided)]
    lines.append(f"{done.applied} applied · {done.same} same · {len(done.left)} left · receipt {done.receipt or '—'}")
    return Outcome(values, lines, Exit.PARTLY if done.left else Exit.DONE)
