"""`terminate`: an issuer ends by plan."""

import click

from ca.closing.archive import write_archive
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Plan, Way, act, act_for, plan
from ca.closing.finality import is_last
from ca.closing.last_crl import living
from ca.policy import CLOSERS_NEEDED
from ledger.certificates import Issuer
from ledger.decision import Refuse
from scripts.cli import Exit, Outcome, Run, verb


@verb("close", example="python -m scripts terminate officers --as 10000005 --key file:/abs/key.pem")
@click.argument("name")
@click.option("--as", "number", help="Number of the CA operator who acts; left out, the plan is shown.")
@click.option("--key", help="URI of that person's authentication key.")
def terminate(run: Run, *, name: str, number: str | None, key: str | None) -> Outcome | Refuse:
    """Ends NAME (`officers`, `officers-2` …) when two CA operators have acted; without --as it shows the plan.

    Then it issues nothing, its certificates are revoked, their holders are written to, and the signing room signs its
    last CRL. Run it again for the archive, and after an interruption: it goes on where it was. OCSP goes on.
    """
    return end_by(run, Way.TERMINATE, name, number, key)


def end_by(run: Run, way: Way, name: str, number: str | None, key: str | None) -> Outcome | Refuse:
    """The plan, one person's act, or what is left to be done after the second."""
    if (number is None) != (key is None):
        raise click.UsageError("give --as and --key together, or neither for the plan")
    with run.ledger.read() as session:
        planned = plan(session, name, way, run.clock.now())
    if isinstance(planned, Refuse):
        return planned
    acts, ended = planned.acts, planned.ended
    if number is not None and key is not None and not ended:
        signed = run.acting(number, key).sign(act_for(way, planned.issuer, run.clock.now()))
        acted = act(run.ledger, name, way, signed)
        if isinstance(acted, Refuse):
            return acted
        acts, ended = acted.acts, acted.ended
    if not ended:
        return Outcome(_values(planned, acts, ended=False), _plan_lines(planned, acts))
    with run.progress("revoked", planned.certificates) as advance:
        revoked = carry_out(run.ledger, planned.issuer.id, advance)
    return _after(run, planned, acts, revoked)


def _after(run: Run, planned: Plan, acts: int, revoked: int) -> Outcome:
    """What is done by now, and the next step."""
    archive, next_step = _archive(run, planned.issuer)
    if planned.way is Way.COMPROMISE:
        next_step = f"{_told(planned)} {next_step}"
    values = {**_values(planned, acts, ended=True), "revoked": revoked, "archive": archive, "next": next_step}
    lines = [f"{planned.issuer.key_name} has ended; {revoked} certificates were revoked now.", f"Next: {next_step}"]
    return Outcome(values, lines, Exit.DONE if archive or planned.way is Way.COMPROMISE else Exit.PARTLY)


def _archive(run: Run, issuer: Issuer) -> tuple[str | None, str]:
    folder = run.home.path / "archive" / issuer.key_name
    with run.ledger.read() as session:
        alive, last = living(session, issuer.id, run.clock.now()), is_last(session, issuer.id)
    if alive or not last:
        return None, "let `issue` sign its last CRL (a root's: crl-publish), then run this again for the archive."
    archived = write_archive(run.ledger, issuer, folder, run.home.checkpoints)
    if isinstance(archived, Refuse):
        return None, "start `ledger-seal`, then run this again for the archive."
    return str(folder), f"hand over {folder}; who takes it runs `archive-verify` on it."


def _told(planned: Plan) -> str:
    name = planned.issuer.name
    if planned.issuer.name.partition("-")[0] == "root":
        return (
            "Nobody can revoke a root. Tell everybody who trusts it to remove it, by every channel, today; hold "
            f"`rollover {name}` and roll every issuer over under the new root."
        )
    return (
        f"Hold a ceremony for `crl-publish root`, so that its CRL names this issuer (if an outside root certified it, "
        f"tell them at once); then `rollover {name}`, and destroy the key."
    )


def _values(planned: Plan, acts: int, *, ended: bool) -> dict[str, object]:
    return {
        "issuer": planned.issuer.key_name,
        "way": planned.way.value,
        "below": [one.key_name for one in planned.below],
        "certificates": planned.certificates,
        "persons": planned.persons,
        "acts": acts,
        "acts_needed": CLOSERS_NEEDED,
        "ended": ended,
    }


def _plan_lines(planned: Plan, acts: int) -> list[str]:
    below = f" and {', '.join(one.key_name for one in planned.below)} under it" if planned.below else ""
    return [
        f"{planned.way.value} {planned.issuer.key_name}{below}: it never issues again.",
        f"{planned.certificates} certificates of {planned.persons} persons are revoked, and they are written to.",
        f"{acts} of {CLOSERS_NEEDED} CA operators have acted: each runs this with --as and --key.",
    ]
