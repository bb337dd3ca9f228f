"""The person's word on what was asked for elsewhere: once, and what follows from a yes in the very same entry.

A yes makes a session for whoever asked, beside the one in the person's browser: signing out here does not end it
there, and the other way round. It counts as shown what the person showed here, and lasts no longer than that.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as Reading

from idp.authorization import AuthenticationRequest
from idp.elsewhere.tables import BackchannelRequest
from idp.elsewhere.waiting import Waiting, waiting
from idp.elsewhere.ways import Asked
from idp.grants.detailed import details_of
from idp.grants.subjects import account_called, subject_for
from idp.handles import HandleKind, digest, new_handle
from idp.provider import Provider
from idp.sessions import LiveSession
from idp.tables import Authentication, AuthorizationRequest, Grant, Session, Subject
from ledger.base import Fact
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Taken
from ledger.outbox import OutboxMessage

PING = "ciba-ping"
_SUBJECT_RACES = 3


@dataclass(frozen=True)
class Word:
    """Who answers, and what he has shown of himself."""

    account_id: str
    person_id: str
    authentication: Authentication
    since: datetime
    """When the session began in which he answers: an account or person that was cut off since then is out."""
    browser: str


def word_of(provider: Provider, session: LiveSession, browser: str) -> Word:
    """The word of the person who is signed in in this browser."""
    with provider.ledger.read() as reading:
        since = reading.get_one(Session, session.id).at
    return Word(session.account_id, session.person_id, session.authentication, since, browser)


def answer(provider: Provider, asked: Asked | None, word: Word, *, agreed: bool) -> Decision:
    """It is answered: whoever asked may fetch its tokens, or reads `access_denied`; a service that wishes is pinged.

    Refuse as `waiting` has it, `elsewhere.unknown` for another's, `elsewhere.level` where he has to show more first.
    """
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        found = waiting(reading, asked, now)
        if isinstance(found, Refuse):
            return found
        is_meant = _is_meant(reading, found, word.account_id)
    if not is_meant:
        return Refuse("elsewhere.unknown")
    if agreed and word.authentication.level < found.request.level:
        return Refuse("elsewhere.level")
    for _ in range(_SUBJECT_RACES):
        try:
            _enter(provider, found, word, now, agreed=agreed)
        except Taken as clash:
            if clash.table != Subject.__tablename__:
                return Refuse("elsewhere.answered")
        else:
            return Allow()
    raise RuntimeError("the subject is taken and yet not there")


def _is_meant(reading: Reading, found: Waiting, account_id: str) -> bool:
    """Whether it is he who is asked for: by name, or as the one `sub` that is wanted (Core clause 5.5.1)."""
    if isinstance(found.asked, BackchannelRequest) and found.asked.account_id != account_id:
        return False
    sub, sector = found.request.claims.sub, found.request.client.sector
    return sub is None or account_called(reading, sub, sector) == account_id


def _enter(provider: Provider, found: Waiting, word: Word, now: datetime, *, agreed: bool) -> None:
    facts = _session_elsewhere(provider, found.request, word, now) if agreed else []
    grant_id = next((fact.id for fact in facts if isinstance(fact, Grant)), None)
    way, asked = found.way, found.asked
    event = way.answered(asked.client_id, asked.id, word.account_id, agreed)
    with provider.ledger.entry(event, Actor.person(word.person_id)) as tx:
        tx.add(*facts, way.answer(request_id=asked.id, account_id=word.account_id, grant_id=grant_id, at=now))
        tx.add(*_ping(provider, found, tx.new_id()))


def _session_elsewhere(provider: Provider, request: AuthenticationRequest, word: Word, now: datetime) -> list[Fact]:
    """The facts of a session with its grant. No browser knows its handle: it is for its tokens alone."""
    ledger, shown = provider.ledger, word.authentication
    stored_id, session_id, authentication_id = ledger.new_id(), ledger.new_id(), ledger.new_id()
    grant_id = ledger.new_id()
    subject, fresh = subject_for(ledger, word.account_id, request.client.sector)
    return [
        AuthorizationRequest(
            id=stored_id,
            handle_sha256=digest(new_handle(HandleKind.REQUEST, ledger.randomness)),
            browser_sha256=word.browser,
            client_id=request.client.id,
            account_id=word.account_id,
            parameters=request.parameters,
            at=now,
        ),
        Session(id=session_id, account_id=word.account_id, person_id=word.person_id, at=word.since),
        Authentication(
            id=authentication_id,
            session_id=session_id,
            number=1,
            account_id=word.account_id,
            request_id=stored_id,
            handle_sha256=digest(new_handle(HandleKind.SESSION, ledger.randomness)),
            level=shown.level,
            methods=shown.methods,
            certificate_id=shown.certificate_id,
            at=shown.at,
        ),
        *fresh,
        Grant(
            id=grant_id,
            client_id=request.client.id,
            session_id=session_id,
            authentication_id=authentication_id,
            subject_id=subject.id,
            scope=" ".join(request.scope),
            at=now,
            claims=request.claims.text or None,
            resources=" ".join(request.resources) or None,
            detailed=bool(request.details) or None,
        ),
        *details_of(grant_id, ledger.new_id(), request.details),
    ]


def _ping(provider: Provider, found: Waiting, message_id: str) -> list[OutboxMessage]:
    """What the service is told at its address (CIBA Core clause 10.2): that there is something to fetch, not what."""
    asked, client = found.asked, found.request.client
    if not isinstance(asked, BackchannelRequest) or asked.notification is None or client.notification_uri is None:
        return []
    said = json.loads(provider.fields.unseal(asked.notification, notification_place(asked.id)))
    message = OutboxMessage(
        id=message_id,
        kind=PING,
        url=client.notification_uri,
        content_type="application/json",
        body=json.dumps({"auth_req_id": said["auth_req_id"]}).encode(),
        not_after=asked.until,
        client_id=client.id,
        person_id=None,
        bearer=said["token"],
    )
    return [message]


def notification_place(request_id: str) -> str:
    """What the sealed notification of a request is bound to, so that it opens nowhere else."""
    return f"backchannel_request.notification/{request_id}"
