"""`reissue-status`: how far a campaign is."""

import click
from sqlalchemy import select

from ca.reissue.progress import State
from ca.reissue.running import campaign_of, campaigns
from ca.reissue.score import Score, score, values_of
from ca.tables.reissue import Reissue
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.people import Person
from scripts.cli import Outcome, Run, verb

_MOST = 20


@verb("audit", example="python -m scripts reissue-status 0199c0de-…")
@click.option("--not-come", "listed", is_flag=True, help="List every certificate for which nothing good was handed in.")
@click.argument("reissue", required=False)
def reissue_status(run: Run, *, reissue: str | None, listed: bool) -> Outcome | Refuse:
    """Says where the campaign REISSUE is, lane by lane: told, asked, issued, replaced, failed; and how fast.

    Without REISSUE it lists all campaigns.
    """
    if reissue is None:
        return _all(run)
    with run.ledger.read() as session:
        row = session.get(Reissue, reissue)
        if row is None:
            return Refuse("reissue.unknown")
        found = score(session, campaign_of(session, row), run.clock.now())
    values = dict(values_of(found))
    lines = lines_of(found)
    if listed:
        missing = not_come(run, found)
        values["listed"] = missing
        lines += [f"  {one['lane']} {one['person']} {one['serial']} {one['state']} {one['reason']}" for one in missing]
    return Outcome(values, lines)


def lines_of(found: Score) -> list[str]:
    """For people."""
    values = values_of(found)
    done = f"{found.replaced} of {found.due} are replaced ({found.percent:.1f} %), {found.per_second:.1f} a second"
    lines = [f"{values['selection']}: {values['state']}; {done}"]
    for lane, states in found.progress.by_lane().items():
        told = ", ".join(f"{states[state]} {state.value}" for state in State if states[state])
        lines.append(f"  {lane}: {told}")
    lines.append(f"  letters due: {found.letters_due}; nothing good handed in: {len(found.not_come)}")
    if found.machines:
        lines.append(f"  machines: {found.confirmed} of {len(found.machines)} said that they took the new one")
    lines += [f"  refused {count} times: {code}" for code, count in found.failures.items()]
    if found.estimate is not None and found.due > found.replaced:
        lines.append(f"  at this pace it takes {found.estimate.total_seconds():.0f} s more")
    return lines


def not_come(run: Run, found: Score) -> list[dict[str, str]]:
    """Every certificate for which nothing good was handed in, with its person and the last reason."""
    ids = [one.member.certificate_id for one in found.not_come]
    named: dict[str, tuple[str, str]] = {}
    asked = select(Certificate.id, Certificate.serial_number, Certificate.sha256)
    with run.ledger.read() as session:
        for start in range(0, len(ids), 500):
            for key, serial, digest in session.execute(asked.where(Certificate.id.in_(ids[start : start + 500]))):
                named[key] = serial, digest
        people = {key: number for key, number in session.execute(select(Person.id, Person.number))}  # noqa: C416
    return [
        {
            "lane": one.member.lane,
            "way": one.member.way,
            "person": people.get(one.member.holder_id or "", "-"),
            "serial": named[one.member.certificate_id][0],
            "certificate": named[one.member.certificate_id][1],
            "state": one.state.value,
            "reason": one.failures[-1] if one.failures else "",
        }
        for one in found.not_come
    ]


def _all(run: Run) -> Outcome:
    with run.ledger.read() as session:
        found = campaigns(session)
    listed = [
        {
            "reissue": one.row.id,
            "selection": str(one.selection),
            "members": one.members,
            "state": "ended" if one.ended else "halted" if one.halted else "running",
        }
        for one in found
    ]
    lines = [f"{one['reissue']}  {one['state']}  {one['members'] or 0}  {one['selection']}" for one in listed]
    return Outcome({"campaigns": listed}, lines or ["There was no campaign yet."])
