"""`reissue`: which certificates a break affects, and the campaign that replaces them."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import click

from ca.governance.changes import deny, plan
from ca.governance.kinds.reissue_start import MOST_PAUSE, MOST_WAVE
from ca.governance.plan import PLAN, Plan, act_for, resolve
from ca.governance.provenance import Provenance
from ca.reissue.lanes import LANES
from ca.reissue.preview import Preview, preview
from ca.reissue.selection import ALGORITHMS, Selection
from ledger.canonical import portable
from ledger.clock import VIENTIANE
from ledger.decision import Refuse
from scripts.changing import effects_of, told
from scripts.cli import Outcome, Run, verb

REISSUE = "reissue.start"
_KINDS = click.Choice(list(ALGORITHMS))
_WAVE, _PAUSE = click.IntRange(1, MOST_WAVE), click.IntRange(0, MOST_PAUSE)


@verb("govern", example="python -m scripts reissue --issuer officers --issuer citizens")
@click.option("--issuer", "issuers", multiple=True, help="Issued by this key (`officers`, `officers-2` …).")
@click.option("--desk", help="Asked for at this desk, by its code.")
@click.option("--algorithm", type=_KINDS, help="Signed by this algorithm.")
@click.option("--profile", help="Of this profile.")
@click.option("--since", help="Issued on this day (2027-01-31) or later.")
@click.option("--key-type", type=_KINDS, help="For a key of the kind that makes such signatures.")
@click.option("--start", "digest", help="Plan the campaign for what this digest (of the preview) is of.")
@click.option("--as", "number", help="With --start: number of the person who plans it.")
@click.option("--key", help="With --start: URI of that person's authentication key.")
@click.option("--wave", default=500, show_default=True, type=_WAVE, help="Certificates in a wave.")
@click.option("--pause", default=0, show_default=True, type=_PAUSE, help="Seconds between two waves.")
@click.option("--reason", default="superseded", show_default=True, type=click.Choice(["superseded", "keyCompromise"]))
@click.option("--deadline", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="The old ones end then, replaced or not.")
def reissue(
    run: Run,
    *,
    digest: str | None,
    number: str | None,
    key: str | None,
    **given: Any,
) -> Outcome | Refuse:
    """Shows whom a broken issuer, desk, algorithm or kind of key affects; with --start it plans their replacement.

    What is named must all be so of a certificate. Without --start nothing is recorded. A campaign needs another
    person's change-approve, then change-apply; a deadline is by the clock of Vientiane. docs/reissue.md is the page
    for that day.
    """
    selection = Selection(**{field.name: given[field.name] for field in fields(Selection)})
    with run.ledger.read() as session:
        found = preview(session, selection, run.clock.now())
    if isinstance(found, Refuse):
        return found
    if digest is None:
        return Outcome(_values(found), _lines(found))
    if number is None or key is None:
        raise click.UsageError("--start needs --as and --key: who plans it, by which key")
    person = run.acting(number, key)
    if digest != found.digest:
        return deny(run.ledger, PLAN, "reissue.outdated", found.digest, person.person_id)
    wanted = _resolved(run, selection, terms_of(**given))
    if isinstance(wanted, Refuse):
        return deny(run.ledger, PLAN, wanted.code, found.digest, person.person_id)
    planned = plan(run.ledger, wanted, person.sign(act_for(PLAN, wanted.digest, wanted.planned_at)))
    return planned if isinstance(planned, Refuse) else _planned(run, wanted)


def terms_of(*, wave: int, pause: int, reason: str, deadline: datetime | None, **_selecting: Any) -> dict[str, object]:
    """The fields of a change that say how the campaign goes."""
    terms: dict[str, object] = {"wave": wave, "pause_seconds": pause, "reason": reason}
    return terms if deadline is None else {**terms, "deadline": deadline.replace(tzinfo=VIENTIANE).isoformat()}


def given_of(selection: Selection) -> dict[str, object]:
    """The fields of a change of this selection."""
    named = {name: value for name, value in vars(selection).items() if value}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in named.items()}


def _resolved(run: Run, selection: Selection, terms: dict[str, object]) -> Plan | Refuse:
    now = run.clock.now()
    with run.ledger.read() as session:
        given = {**given_of(selection), **terms, "before": now.isoformat()}
        return resolve(Provenance(session), REISSUE, given, now)


def _planned(run: Run, wanted: Plan) -> Outcome:
    effects, sentences = effects_of(run, wanted)
    values = {"digest": wanted.digest, "change": REISSUE, "difference": portable(wanted.difference), "effects": effects}
    next_step = f"next: another person runs python -m scripts change-approve {wanted.digest[:16]} --as NUMBER --key URI"
    return Outcome(values, [f"{REISSUE}:", *told(wanted), *sentences, f"digest {wanted.digest}", next_step])


def _values(found: Preview) -> dict[str, object]:
    return {
        "selection": str(found.selection),
        "digest": found.digest,
        "certificates": len(found.theirs),
        "own_services": len(found.ours),
        "elsewhere": found.elsewhere,
        "profiles": found.profiles,
        "organisations": found.organisations,
        "lanes": {name: {"certificates": count, "persons": persons} for name, (count, persons) in found.lanes.items()},
        "ways": found.ways,
        "ceremonies": found.ceremonies,
    }


_MOST_BODIES = 10


def _lines(found: Preview) -> list[str]:
    english = {lane.name: f"{lane.lao} / {lane.english}" for lane in LANES}
    lines = [f"{found.selection}: {len(found.theirs)} certificates of holders, {len(found.ours)} of our own services"]
    lines += [
        f"  {place}. {english[name]}: {count} certificates, {persons} persons"
        for place, (name, (count, persons)) in enumerate(found.lanes.items(), start=1)
    ]
    lines += [f"  {_WAYS[way]}: {count}" for way, count in found.ways.items()]
    lines += [f"  {profile}: {count}" for profile, count in found.profiles.items()]
    bodies = list(found.organisations.items())
    lines += [f"  of {code}: {count}" for code, count in bodies[:_MOST_BODIES]]
    if len(bodies) > _MOST_BODIES:
        lines.append(f"  of {len(bodies) - _MOST_BODIES} further organisations: see --json")
    if found.ours:
        lines.append("  our own services: the signing room renews responders; hold a ceremony for the others")
    if found.elsewhere:
        lines.append(f"  in another campaign already, where they stay: {found.elsewhere}")
    lines += [f"first hold: python -m scripts rollover {name}" for name in found.ceremonies]
    return [*lines, f"digest {found.digest}", "next: the same with --start DIGEST --as NUMBER --key URI"]


_WAYS = {
    "key": "by the holder's own key",
    "desk": "in person at a desk",
    "machine": "by the machine itself, by its protocol",
    "gone": "not at all: cut off, or left",
}
