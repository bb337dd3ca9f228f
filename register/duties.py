"""Duties: what a person may do in this system, granted and ended."""

from datetime import datetime

from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Duty, DutyEnd, DutyKind
from register.events import DutyEnded, DutyGranted


def grant(
    ledger: Ledger,
    person_id: str,
    kind: DutyKind,
    desk: str | None,
    valid_from: datetime,
    valid_to: datetime | None,
    actor: Actor,
) -> str:
    """The person has the duty, at `desk` or (None) at every desk. Returns the duty's id."""
    duty_id = ledger.new_id()
    with ledger.entry(DutyGranted(duty_id, person_id, kind.value, desk), actor) as tx:
        tx.add(
            Duty(id=duty_id, person_id=person_id, kind=kind.value, desk=desk, valid_from=valid_from, valid_to=valid_to)
        )
    return duty_id


def end(ledger: Ledger, duty_id: str, at: datetime, actor: Actor) -> None:
    """The duty is over from `at`. Raises ledger.ledger.Taken when it was ended already."""
    with ledger.entry(DutyEnded(duty_id, at), actor) as tx:
        tx.add(DutyEnd(duty_id=duty_id, at=at))
