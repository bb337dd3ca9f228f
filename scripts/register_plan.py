"""`register-plan FILE`: what applying an HR list would do, line by line, and a digest for `register-apply`."""

from pathlib import Path

import click

from ledger.decision import Refuse
from ledger.sheet import FileUnfit
from register.changes import Decided
from register.plan import make_plan, shown
from scripts.cli import Outcome, Run, verb
from web.words import WORDS


@verb("import", "python -m scripts register-plan officers.csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def register_plan(run: Run, file: Path) -> Outcome | Refuse:
    """Shows what is new, changed, same, suspicious or bad in FILE, and changes nothing.

    FILE is CSV in UTF-8 with the header

    list,number,title,given_lo,family_lo,given_en,family_en,born,mail,phone, organisation,post_code,post_lo,post_en,
    acting,decree,valid_from,valid_to,mandate,limit_lak

    list is officers or citizens; number has 8 digits; family names, title and phone may be empty; dates are 2025-12-29,
    29/12/2025 or 29 ທັນວາ 2025; valid_to is the last day. Citizens leave everything from organisation on empty.
    """
    try:
        with file.open("rb") as counted:
            total = sum(1 for _ in counted)
        with run.progress("planning", total) as seen:
            plan = make_plan(run.ledger, file, run.home.path / "plans", seen)
    except FileUnfit as fault:
        return Refuse(fault.code)
    values = {"digest": plan.digest, "file_sha256": plan.file_sha256, "counts": plan.counts}
    counts = " · ".join(f"{count} {verdict}" for verdict, count in plan.counts.items())
    lines = [line for decided in plan.shown for line in told(decided)]
    end = [counts, f"digest {plan.digest}", f"next: python -m scripts register-apply {plan.digest[:16]}"]
    return Outcome(values | {"lines": [shown(decided) for decided in plan.shown]}, [*lines, *end])


def told(decided: Decided) -> list[str]:
    """A decided line for people: its verdict, then each reason with what to do, then each change."""
    head = f"line {decided.line} ({decided.number}): {decided.verdict.value}"
    reasons = [f"  {reason.field}: {' · '.join(WORDS[reason.code])} ({reason.code})" for reason in decided.reasons]
    changes = [f"  {change.field}: {change.before or '—'} → {change.after or '—'}" for change in decided.changes]
    return [head, *reasons, *changes]
