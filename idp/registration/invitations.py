"""Invitations: a person on duty lets services of one organisation register themselves, so many, until a day."""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session as Reading

from idp.agreements import Agreed, organisation_id
from idp.assurance import HIGHEST
from idp.events import ClientsInvited, InvitationEnded
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.management import act_of, manager, refused
from idp.profiles import PROFILES
from idp.registration.tables import Invitation, InvitationEnd, InvitationUse
from idp.scopes import SCOPES
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken

MOST = 1000
"""Registrations of one invitation."""


@dataclass(frozen=True)
class Terms:
    """What an invitation allows, and the agreement that its clients work under."""

    profile: str
    most: int
    until: datetime
    agreed: Agreed
    scopes: tuple[str, ...] = SCOPES
    minimum_level: int = 2

    def digest(self) -> str:
        """SHA-256 in hex of all of it, which whoever invites signs."""
        return sha256(canonical(asdict(self))).hexdigest()


@dataclass(frozen=True)
class Invited:
    """A fresh invitation. The token exists here and with the organisation, nowhere else."""

    invitation_id: str
    token: str


def inviting(terms: Terms, at: datetime) -> Act:
    """What the person signs who invites."""
    return act_of("client.invite", terms.digest(), at)


def ending(invitation_id: str, at: datetime) -> Act:
    """What the person signs who ends an invitation."""
    return act_of("client.uninvite", invitation_id, at)


def invite(ledger: Ledger, terms: Terms, signed: SignedAct) -> Invited | Refuse:
    """Whoever holds the token may register services on these terms; `signed` is `inviting`."""
    by = manager(ledger, signed, "client.invite", terms.digest())
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        organisation = organisation_id(session, terms.agreed.organisation)
    code = "client.organisation-unknown" if organisation is None else _fault(terms, ledger.clock.now())
    if organisation is None or code is not None:
        return refused(ledger, "unknown", code or "", by.person_id)
    token, own = new_handle(HandleKind.INVITATION, ledger.randomness), ledger.new_id()
    row = Invitation(
        id=own,
        token_sha256=digest(token),
        profile=terms.profile,
        scopes=" ".join(terms.scopes),
        minimum_level=terms.minimum_level,
        most=terms.most,
        until=terms.until,
        organisation_id=organisation,
        reference=terms.agreed.reference,
        agreed_from=terms.agreed.valid_from,
        agreed_until=terms.agreed.valid_until,
    )
    with ledger.entry(ClientsInvited(own, terms.profile, terms.most), by.actor) as tx:
        tx.add(row, by.proof(tx.new_id()))
    return Invited(own, token)


def end(ledger: Ledger, invitation_id: str, signed: SignedAct) -> Decision:
    """Nobody registers by the invitation any more; who has registered stays. `signed` is `ending`."""
    by = manager(ledger, signed, "client.uninvite", invitation_id)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        known = invitation_id.isprintable() and session.get(Invitation, invitation_id) is not None
    if not known:
        return refused(ledger, "unknown", "client.invitation-unknown", by.person_id)
    try:
        with ledger.entry(InvitationEnded(invitation_id), by.actor) as tx:
            tx.add(InvitationEnd(invitation_id=invitation_id), by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, "unknown", "client.invitation-ended", by.person_id)
    return Allow()


def by_token(session: Reading, token: str, now: datetime) -> Invitation | None:
    """The invitation of this token, if somebody may still register by it."""
    if not is_of(HandleKind.INVITATION, token):
        return None
    found = session.scalar(select(Invitation).where(Invitation.token_sha256 == digest(token)))
    if found is None or not now < found.until or not found.agreed_from <= now < found.agreed_until:
        return None
    ended = session.scalar(select(exists().where(InvitationEnd.invitation_id == found.id)))
    return None if ended or used(session, found.id) >= found.most else found


def used(session: Reading, invitation_id: str) -> int:
    """How many have registered by it."""
    statement = select(func.count()).select_from(InvitationUse).where(InvitationUse.invitation_id == invitation_id)
    return session.scalar(statement) or 0


def invitation_of(session: Reading, client_id: str) -> Invitation | None:
    """The one by which the client registered."""
    statement = select(Invitation).join(InvitationUse, InvitationUse.invitation_id == Invitation.id)
    return session.scalar(statement.where(InvitationUse.client_id == client_id))


def _fault(terms: Terms, now: datetime) -> str | None:
    if terms.profile not in PROFILES or not 1 <= terms.minimum_level <= HIGHEST:
        return "client.profile"
    if not set(terms.scopes) <= set(SCOPES) or "openid" not in terms.scopes:
        return "client.scope"
    if not terms.agreed.has_days or not now < terms.agreed.valid_until:
        return "client.agreement-days"
    return None if 1 <= terms.most <= MOST and now < terms.until else "client.invitation-bounds"
