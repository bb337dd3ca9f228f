"""The end of a session: its entry carries the signed logout tokens that the worker brings to each of its services.

Nothing relies on these messages: sessions and tokens are judged at each use (`idp.sessions`). They let services end
their own sessions at once.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlencode

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.clients import current
from idp.encryption import enclosed, envelopes, has_readers
from idp.events import SessionEnded
from idp.parameters import with_parameters
from idp.provider import Provider
from idp.sessions import FORCED, ended_because, perhaps_forced
from idp.tables import Client, ClientRetirement, Grant, Session, SessionEnd, Subject
from idp.tokens import LOGOUT_LIFE, LOGOUT_TOKEN, logout_token
from ledger.event import Actor
from ledger.ledger import Taken
from ledger.outbox import OutboxMessage

_log = logging.getLogger(__name__)
LEFT = "left"
"""Why a session ended that was for one answer, which nobody gives any more."""
NOT_RETIRED = ~exists().where(ClientRetirement.client_id == Client.id)
"""Nothing more is said to a client that was retired."""


def end_session(provider: Provider, session_id: str, reason: str, actor: Actor) -> bool:
    """The session is over and its services are being told. False when it was over already."""
    with provider.ledger.read() as reading:
        session = reading.get(Session, session_id)
        due = logouts_due(reading, session_id)
    if session is None:
        return False
    messages = [_message(provider, client, sub, session) for client, sub in due if _can_be_told(provider, client)]
    try:
        with provider.ledger.entry(SessionEnded(session_id, reason), actor) as tx:
            tx.add(SessionEnd(session_id=session_id, reason=reason), *messages)
    except Taken:
        return False
    return True


def end_forced(provider: Provider) -> list[str]:
    """Ends each session that a cutoff, a certificate's revocation or an account's end has killed. Returns their ids.

    Safe to run at any moment, in several processes, again after a crash: a session ends once.
    """
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        found = reading.scalars(perhaps_forced(now)).all()
        dead = [one.id for one in found if ended_because(reading, one, now) in FORCED]
    return [one for one in dead if end_session(provider, one, "cut-off", Actor.system("idp"))]


def logouts_due(reading: Reading, session_id: str) -> Sequence[tuple[Client, str]]:
    """The clients that got a grant of the session and take logouts, each with the subject that it knows."""
    statement = (
        select(Client.id, Subject.sub)
        .join(Grant, Grant.client_id == Client.id)
        .join(Subject, Subject.id == Grant.subject_id)
        .where(Grant.session_id == session_id, NOT_RETIRED)
        .distinct()
    )
    return [(client, sub) for client_id, sub in reading.execute(statement.order_by(Client.id))
            if (client := current(reading, client_id)) and client.backchannel_logout_uri]  # fmt: skip


def knows_sessions(client: Client) -> bool:
    """Whether its ID tokens name the session (`sid`): who learns of logouts or asks for them, and the state's own.

    What a holder does at our own pages is proven by the session in which he did it (`ca.endings.proven`).
    """
    told = client.backchannel_logout_uri or client.frontchannel_logout_uri
    return bool(told or client.post_logout_redirect_uris or client.first_party)


def sid_of(client: Client, session_id: str) -> str:
    """What the session is called towards this client (`sid`).

    The state's own services know its id, by which what a person did is proven. Any other has a name of its own for
    it: by one that two of them had, they would find out whose `sub` are of one person.
    """
    if client.first_party:
        return session_id
    return sha256(f"sid\n{client.id}\n{session_id}".encode()).hexdigest()[:32]


def session_called(reading: Reading, client: Client, sub: str, sid: str) -> str | None:
    """The id of the session that this client knows by `sid`, of the person whom it knows by `sub`."""
    if client.first_party:
        return sid
    statement = select(Grant.session_id).join(Subject, Subject.id == Grant.subject_id).distinct()
    found = reading.scalars(statement.where(Subject.sub == sub, Grant.client_id == client.id))
    return next((one for one in found if sid_of(client, one) == sid), None)


def frontchannel_due(provider: Provider, session_id: str) -> list[str]:
    """The addresses that the browser loads when the session ends (Front-Channel Logout clause 2)."""
    statement = select(Client.id).join(Grant, Grant.client_id == Client.id).distinct()
    with provider.ledger.read() as reading:
        told = reading.scalars(statement.where(Grant.session_id == session_id, NOT_RETIRED)).all()
        clients = [client for client_id in told if (client := current(reading, client_id))]
    return sorted(
        with_parameters(client.frontchannel_logout_uri, {"iss": provider.issuer, "sid": sid_of(client, session_id)})
        for client in clients
        if client.frontchannel_logout_uri
    )


def _can_be_told(provider: Provider, client: Client) -> bool:
    """A service whose logout token no key is for is not told: the session must end all the same."""
    if client.id_token_alg in {None, *provider.keys.algorithms} and has_readers(provider, client):
        return True
    _log.warning("client %s is not told of a logout: there is no key to sign or encrypt with", client.id)
    return False


def _message(provider: Provider, client: Client, sub: str, session: Session) -> OutboxMessage:
    """One POST of the token as a form (Back-Channel Logout clause 2.5)."""
    now = provider.ledger.clock.now()
    claims = logout_token(provider.issuer, client.id, sub, sid_of(client, session.id), provider.ledger.new_id(), now)
    signed = provider.keys.of(client.id_token_alg).sign(LOGOUT_TOKEN, claims)
    token = enclosed(provider, client, signed, envelopes(client).identity)
    return OutboxMessage(
        id=provider.ledger.new_id(),
        kind="backchannel-logout",
        url=client.backchannel_logout_uri,
        content_type="application/x-www-form-urlencoded",
        body=urlencode({"logout_token": token}).encode(),
        not_after=now + LOGOUT_LIFE,
        client_id=client.id,
        person_id=session.person_id,
    )
