"""A person's live sessions, wherever they are, for himself: browsers, devices, and services that asked for him."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.elsewhere.tables import BackchannelAnswer, DeviceAnswer
from idp.logout import end_session
from idp.policy import SESSION_LIFE
from idp.provider import Provider
from idp.sessions import LiveSession, live
from idp.tables import Client, Grant, Session, SessionEnd
from idp.telling import services_of
from ledger.base import without
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor

REMOTE = "remote"
"""Why a session ended that its person ended in another browser."""


class Place(Enum):
    """Where somebody is signed in."""

    BROWSER = "browser"
    DEVICE = "device"
    SERVICE = "service"


@dataclass(frozen=True)
class OwnSession:
    """A live session, how it came about and when, and what it reached."""

    id: str
    place: Place
    began: datetime
    services: Sequence[Client]


def own_sessions(reading: Reading, provider: Provider, account_id: str) -> list[OwnSession]:
    """All live sessions of the account, the newest first."""
    now = provider.ledger.clock.now()
    young = select(Session.id).where(Session.account_id == account_id, Session.at > now - SESSION_LIFE)
    found = reading.scalars(without(young, Session.id, SessionEnd)).all()
    alive = [one for key in found if (one := live(reading, key, now)) is not None]
    return sorted((_own(reading, provider, one) for one in alive), key=lambda one: one.began, reverse=True)


def end_own(provider: Provider, by: LiveSession, session_id: str) -> Decision:
    """The session, one of the same person, is over and its services are being told; Refuse `session.not-yours`."""
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        found = live(reading, session_id, now) if session_id.isprintable() else None
    if found is None or found.account_id != by.account_id:
        return Refuse("session.not-yours")
    end_session(provider, session_id, REMOTE, Actor.person(by.person_id))
    return Allow()


def end_others(provider: Provider, by: LiveSession) -> int:
    """Every other session of the person is over. Returns how many were."""
    with provider.ledger.read() as reading:
        others = [one.id for one in own_sessions(reading, provider, by.account_id) if one.id != by.id]
    return sum(end_session(provider, one, REMOTE, Actor.person(by.person_id)) for one in others)


def _own(reading: Reading, provider: Provider, session: LiveSession) -> OwnSession:
    place, began = Place.BROWSER, reading.get_one(Session, session.id).at
    for kind, answer in ((Place.DEVICE, DeviceAnswer), (Place.SERVICE, BackchannelAnswer)):
        of_session = select(answer.at).join(Grant, Grant.id == answer.grant_id).where(Grant.session_id == session.id)
        answered = reading.scalar(of_session.limit(1))
        if answered is not None:
            place, began = kind, answered
    return OwnSession(session.id, place, began, services_of(reading, provider, session.id))
