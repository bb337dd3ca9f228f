"""What waits for a person: read again, and checked again, each time that it is shown or answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.authorization import AuthenticationRequest, Column, Draft, Refused, check
from idp.consents import became_known
from idp.elsewhere.tables import BackchannelAnswer, BackchannelRequest
from idp.elsewhere.ways import BACKCHANNEL, DEVICE, Asked, Way
from idp.parameters import pairs_of
from idp.policy import BACKCHANNEL_LIFE
from ledger.base import without
from ledger.decision import Refuse


@dataclass(frozen=True)
class Waiting:
    """A request that nobody has answered, in its time, which passes the checks."""

    way: Way
    asked: Asked
    request: AuthenticationRequest


def waiting(reading: Reading, asked: Asked | None, now: datetime) -> Waiting | Refuse:
    """What was asked, if it still waits.

    Refuse `elsewhere.unknown`, `.answered`, `.expired` or `.changed`, or a check's code.
    Nobody agrees to a service that has become another since it asked: it may ask again, under its new name.
    """
    if asked is None:
        return Refuse("elsewhere.unknown")
    way = BACKCHANNEL if isinstance(asked, BackchannelRequest) else DEVICE
    if way.answer_to(reading, asked) is not None:
        return Refuse("elsewhere.answered")
    if not asked.at <= now < asked.until:
        return Refuse("elsewhere.expired")
    client, lives = clients.find(reading, asked.client_id, now)
    became = became_known(reading, asked.client_id)
    if became is not None and asked.at < became:
        return Refuse("elsewhere.changed")
    checked = check(Draft(pairs_of(asked.parameters), client, lives), Column.ELSEWHERE)
    return Refuse(checked.code) if isinstance(checked, Refused) else Waiting(way, asked, checked)


def waiting_for(reading: Reading, account_id: str, now: datetime) -> list[Waiting]:
    """What services ask this person for, the newest first."""
    statement = select(BackchannelRequest).where(
        BackchannelRequest.account_id == account_id, BackchannelRequest.until > now
    )
    open_ones = without(statement, BackchannelRequest.id, BackchannelAnswer)
    found = [waiting(reading, one, now) for one in reading.scalars(open_ones.order_by(BackchannelRequest.id.desc()))]
    return [one for one in found if isinstance(one, Waiting)]


def how_many_press(reading: Reading, account_id: str, now: datetime) -> int:
    """How many unanswered requests of services wait for this person, or were made of late and lapsed."""
    lately = or_(BackchannelRequest.until > now, BackchannelRequest.at > now - BACKCHANNEL_LIFE)
    statement = select(func.count()).select_from(BackchannelRequest)
    of_person = statement.where(BackchannelRequest.account_id == account_id, lately)
    return reading.scalar(without(of_person, BackchannelRequest.id, BackchannelAnswer)) or 0
