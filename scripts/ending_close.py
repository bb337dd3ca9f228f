"""`ending-close`: an officer decides that nothing ends by a request, or by all that are alike."""

from collections.abc import Iterable, Sequence

import click

from ca.endings.channels import Channel
from ca.endings.grounds import WORDS
from ca.endings.requests import CLOSING, MOST_CLOSED_AT_ONCE, Among, close, close_act, undecided
from ledger.decision import Refuse
from scripts.cli import Exit, Outcome, Run, for_person, verb


@verb("ca", example="python -m scripts ending-close 01932a5c-… --code unfounded --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--code", required=True, type=click.Choice(CLOSING), help="Why nothing ends by it.")
@click.option("--channel", type=click.Choice([one.value for one in Channel]), help="All that came by this way.")
@click.option("--ground", type=click.Choice(WORDS), help="All with this ground.")
@click.option("--desk", help="All about certificates that rest on papers of this desk, by its code.")
@click.argument("requests", nargs=-1)
def ending_close(
    run: Run, *, requests: tuple[str, ...], code: str, number: str, key: str, **alike: str | None
) -> Outcome | Refuse:
    """Closes requests without ending anything; none is opened again. Name them, or say by what they are alike.

    One signature is over 250 of them, which are closed together or not at all.
    """
    among = Among(**alike)
    if bool(requests) == (among != Among()):
        raise click.UsageError("name requests, or say --channel, --ground, --desk")
    officer = run.acting(number, key)
    entries: list[str] = []
    some: Sequence[str]
    for some in _named(requests) if requests else _waiting(run, among):
        done = close(run.ledger, some, code, officer.sign(close_act(some, code, run.clock.now())))
        if isinstance(done, Refuse):
            return _cut_short(entries, done)
        entries += done
    return Outcome({"closed": len(entries), "code": code, "entries": entries}, [f"{len(entries)} closed as {code}."])


def _named(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + MOST_CLOSED_AT_ONCE] for start in range(0, len(ids), MOST_CLOSED_AT_ONCE))


def _waiting(run: Run, among: Among) -> Iterable[Sequence[str]]:
    after = ""
    while some := _some(run, among, after):
        yield some
        after = some[-1]


def _some(run: Run, among: Among, after: str) -> list[str]:
    with run.ledger.read() as session:
        return [one.id for one in undecided(session, among, after=after, limit=MOST_CLOSED_AT_ONCE)]


def _cut_short(entries: Sequence[str], why: Refuse) -> Outcome | Refuse:
    """What is closed stays closed."""
    if not entries:
        return why
    values = {"closed": len(entries), "entries": entries, "error": why.code}
    return Outcome(values, [f"{len(entries)} closed, then: {why.code}"], Exit.PARTLY)
