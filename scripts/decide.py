"""`decide`: a registration officer's yes or no, each under his own signature."""

from collections.abc import Iterator

import click

from ca.batches.apply import batch_named
from ca.registration.approvals import act_for
from ca.registration.decision import BATCH, Vote, decide_many, undecided
from ca.tables.registration import Enrolment
from ledger.decision import Refuse
from scripts.cli import ActingPerson, Exit, Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts decide 01932a5c-… --yes --desk center --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--yes/--no", "approved", required=True, default=None, help="The decision.")
@click.option("--desk", required=True, help="Where the officer decides, by its code.")
@click.option("--batch", metavar="DIGEST", help="All of this batch (`enrol-batch`) that this officer may decide on.")
@click.option("--all-waiting", is_flag=True, help="All that waits and that this officer may decide on.")
@click.argument("enrolments", nargs=-1)
def decide(
    run: Run, *, enrolments: tuple[str, ...], approved: bool, desk: str, number: str, key: str, **given: object
) -> Outcome | Refuse:
    """Records decisions; never on one's own request, never twice. One signature is over all of a call."""
    officer = run.acting(number, key)
    chosen = _chosen(run, officer, enrolments, str(given["batch"] or ""), all_waiting=bool(given["all_waiting"]))
    if isinstance(chosen, Refuse):
        return chosen
    decided, refused = 0, []
    for some in chosen:
        outcomes = decide_many(run.ledger, _votes(run, officer, some, desk, approved=approved))
        refused += [(one.id, what.code) for one, what in zip(some, outcomes, strict=True) if isinstance(what, Refuse)]
        decided += len(some)
    if refused and decided == 1:
        return Refuse(refused[0][1])
    values = {"decided": decided - len(refused), "refused": [{"enrolment": k, "code": c} for k, c in refused]}
    lines = [f"{values['decided']} decisions recorded.", *(f"{key}: {code}" for key, code in refused)]
    return Outcome(values, lines, Exit.PARTLY if refused else Exit.DONE)


def _chosen(
    run: Run, officer: ActingPerson, enrolments: tuple[str, ...], batch: str, *, all_waiting: bool
) -> Iterator[list[Enrolment]] | Refuse:
    """The enrolments to decide on, some at a time."""
    if not batch:
        named = undecided(run.ledger, officer.person_id) if all_waiting else _named(run, enrolments)
        return named if isinstance(named, Refuse) else iter([named])
    with run.ledger.read() as session:
        found = batch_named(session, batch)
    return found if isinstance(found, Refuse) else _of_batch(run, officer, found.id)


def _of_batch(run: Run, officer: ActingPerson, batch_id: str) -> Iterator[list[Enrolment]]:
    after = ""
    while some := undecided(run.ledger, officer.person_id, BATCH, batch_id=batch_id, after=after):
        yield some
        after = some[-1].id


def _named(run: Run, ids: tuple[str, ...]) -> list[Enrolment] | Refuse:
    with run.ledger.read() as session:
        found = [session.get(Enrolment, key) for key in ids]
    known = [one for one in found if one is not None]
    return known if len(known) == len(ids) else Refuse("decision.enrolment-unknown")


def _votes(run: Run, officer: ActingPerson, some: list[Enrolment], desk: str, *, approved: bool) -> list[Vote]:
    now = run.clock.now()
    signed = officer.sign_together([act_for(one, now, approved=approved, desk=desk) for one in some])
    return [Vote(one.id, approved, act, desk) for one, act in zip(some, signed, strict=True)]
