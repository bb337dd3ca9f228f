"""What the verbs that halt and resume share: one person's act, and the sentence that says since when it is so."""

from ca.reissue.switches import (
    campaign_act,
    issuance_act,
    next_number,
    next_number_of,
    switch_campaign,
    switch_issuance,
)
from ledger.decision import Refuse
from scripts.cli import Outcome, Run


def turn_issuance(run: Run, number: str, key: str, *, halted: bool) -> Outcome | Refuse:
    """The stop button is pressed, or let go."""
    person = run.acting(number, key)
    with run.ledger.read() as session:
        turn = next_number(session)
    done = switch_issuance(
        run.ledger, person.sign(issuance_act(turn, run.clock.now(), halted=halted)), halted=halted
    )
    return _told(run, done, {"issuance": "halted" if halted else "running"})


def turn_campaign(run: Run, reissue: str, number: str, key: str, *, halted: bool) -> Outcome | Refuse:
    """The campaign is halted, or goes on."""
    person = run.acting(number, key)
    with run.ledger.read() as session:
        turn = next_number_of(session, reissue)
    signed = person.sign(campaign_act(reissue, turn, run.clock.now(), halted=halted))
    done = switch_campaign(run.ledger, reissue, signed, halted=halted)
    return _told(run, done, {"reissue": reissue, "state": "halted" if halted else "running"})


def _told(run: Run, done: int | Refuse, values: dict[str, object]) -> Outcome | Refuse:
    if isinstance(done, Refuse):
        return done
    at = run.clock.now().isoformat()
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    return Outcome({**values, "turn": done, "at": at}, [f"{said}, since {at}."])
