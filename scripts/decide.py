"""`decide`: a registration officer's yes or no, each under his own signature."""

import click

from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many, undecided
from ca.tables.registration import Enrolment
from ledger.decision import Refuse
from scripts.cli import ActingPerson, Exit, Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts decide 01932a5c-… --yes --desk center --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--yes/--no", "approved", required=True, default=None, help="The decision.")
@click.option("--desk", required=True, help="Where the officer decides, by its code.")
@click.option("--all-waiting", is_flag=True, help="All that waits and that this officer may decide on.")
@click.argument("enrolments", nargs=-1)
def decide(
    run: Run, *, enrolments: tuple[str, ...], all_waiting: bool, approved: bool, desk: str, number: str, key: str
) -> Outcome | Refuse:
    """Records decisions; never on one's own request, never twice. One signature for each enrolment."""
    officer = run.acting(number, key)
    chosen = undecided(run.ledger, officer.person_id) if all_waiting else _named(run, enrolments)
    if isinstance(chosen, Refuse):
        return chosen
    outcomes = decide_many(run.ledger, [_vote(run, officer, one, desk, approved=approved) for one in chosen])
    refused = [(one.id, what.code) for one, what in zip(chosen, outcomes, strict=True) if isinstance(what, Refuse)]
    if refused and len(chosen) == 1:
        return Refuse(refused[0][1])
    values = {"decided": len(chosen) - len(refused), "refused": [{"enrolment": k, "code": c} for k, c in refused]}
    lines = [f"{values['decided']} decisions recorded.", *(f"{key}: {code}" for key, code in refused)]
    return Outcome(values, lines, Exit.PARTLY if refused else Exit.DONE)


def _named(run: Run, ids: tuple[str, ...]) -> list[Enrolment] | Refuse:
    with run.ledger.read() as session:
        found = [session.get(Enrolment, key) for key in ids]
    known = [one for one in found if one is not None]
    return known if len(known) == len(ids) else Refuse("decision.enrolment-unknown")


def _vote(run: Run, officer: ActingPerson, enrolment: Enrolment, desk: str, *, approved: bool) -> Vote:
    act = act_for(enrolment, run.clock.now(), approved=approved, desk=desk)
    return Vote(enrolment.id, approved, officer.sign(act), desk)
