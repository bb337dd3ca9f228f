"""What the verbs of changes share: how a change is named, signed and told."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from ca.governance.changes import deny
from ca.governance.kind import Unfit
from ca.governance.listing import Listed, find, listed
from ca.governance.plan import APPLY, APPROVE, Plan, act_for, parse_plan, resolve
from ca.governance.provenance import Provenance
from ledger.acts import SignedAct
from ledger.canonical import portable
from ledger.decision import Decision, Refuse
from ledger.ledger import Ledger
from scripts.cli import Exit, Outcome, Run
from scripts.specimens import Certificates, certificates_of
from web.words import WORDS

Deciding = Callable[[Ledger, str, SignedAct], Decision]

_BY_CONTENT = (APPROVE, APPLY)
"""Acts that put a person's name to what the change says. Refusing one that says something else is right."""


def act_on(run: Run, digits: str, number: str, key: str, kind: str, decide: Deciding) -> Outcome | Refuse:
    """The person did this with the change that `digits` name, which was shown before he signed; what came of it."""
    person = run.acting(number, key)
    with run.ledger.read() as session:
        change = find(session, digits)
    if isinstance(change, Refuse):
        return deny(run.ledger, kind, change.code, None, person.person_id)
    plan = parse_plan(change.body)
    click.echo("\n".join([f"{plan.what}:", *told(plan)]), err=True)
    withheld = _withheld(run, kind, plan, change.digest, person.person_id) if kind in _BY_CONTENT else None
    if withheld is not None:
        return withheld
    outcome = decide(run.ledger, change.digest, person.sign(act_for(kind, change.digest, run.clock.now())))
    if isinstance(outcome, Refuse):
        return outcome
    with run.ledger.read() as session:
        now = listed(session, change, run.clock.now())
    return Outcome(values_of(now), [f"{now.plan.what} {change.digest[:16]} is {now.state}."])


def _withheld(run: Run, kind: str, plan: Plan, digest: str, by: str) -> Outcome | Refuse | None:
    """Why the person's name is not put to what the change says; None, with the certificates shown, if it is."""
    if not _says_so(run, plan, digest):
        return deny(run.ledger, kind, "change.outdated", digest, by)
    certificates = certificates_of(run, plan)
    for line in certificates.lines:
        click.echo(line, err=True)
    return refused_by_lint(run, kind, certificates, by, digest) if certificates.faults else None


def _says_so(run: Run, plan: Plan, digest: str) -> bool:
    """Whether what was shown is what would be signed, and what the change's file comes to now."""
    with run.ledger.read() as session:
        again = resolve(Provenance(session), plan.what, plan.given, run.clock.now())
    return plan.digest == digest and plan.still_so(again)


def refused_by_lint(run: Run, kind: str, certificates: Certificates, by: str, digest: str | None = None) -> Outcome:
    """Nobody puts his name to numbers under which our own lint refuses what they would issue."""
    refusal = deny(run.ledger, kind, "change.specimen-refused", digest, by)
    return faulty(Unfit(refusal.code, tuple(certificates.faults)))


def faulty(unfit: Unfit) -> Outcome:
    """The refusal with each reason."""
    lao, english = WORDS[unfit.code]
    values = {"error": unfit.code, "en": english, "lo": lao, "faults": list(unfit.faults)}
    return Outcome(values, [lao, english, *(f"  {fault}" for fault in unfit.faults)], Exit.REFUSED)


def values_of(one: Listed) -> Mapping[str, Any]:
    """A change for programs."""
    return {
        "digest": one.plan.digest,
        "change": one.plan.what,
        "state": one.state,
        "difference": portable(one.plan.difference),
        "planner": one.planner,
        "approvers": one.approvers,
        "planned_at": one.plan.planned_at.isoformat(),
    }


def told(plan: Plan) -> list[str]:
    """The exact difference for people, a line for each thing that differs."""
    return [f"  {name}: {_shown(before)} → {_shown(after)}" for name, (before, after) in plan.difference.items()]


def effects_of(run: Run, plan: Plan) -> tuple[list[Mapping[str, Any]], list[str]]:
    """What will happen, for programs and for people."""
    with run.ledger.read() as session:
        found = plan.kind.effects(Provenance(session), plan.values, run.clock.now())
    values: list[Mapping[str, Any]] = []
    lines: list[str] = []
    for effect in found:
        lao, english = (sentence.format(**effect.numbers) for sentence in WORDS[effect.code])
        values.append({"code": effect.code, **effect.numbers, "lo": lao, "en": english})
        lines += [f"  {lao}", f"  {english}"]
    return values, lines


def _shown(value: Any) -> str:
    return "—" if value is None or value == [] else str(portable(value))
