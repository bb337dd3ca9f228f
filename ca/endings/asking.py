"""Who asks for an ending or a pause, what he proved by it, and the facts that every such request leaves (RV-02)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.channels import POWERS, Channel, Power, Wish
from ca.endings.concerned import Concerned, bodies_of
from ca.endings.grounds import OF_HOLDERS
from ca.endings.sign_in import SignedIn
from ca.events.endings import EndingRequested, RevocationRefused
from ca.policy import may_revoke
from ca.registration.applicants import duties
from ca.registration.desks import at_open_desks
from ca.tables.endings import EndingRequest, EndingRequestEnd, RevocationProof, SignInProof
from ledger.acts import HOLDERS_PROFILES, Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Fact, without
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.roles import Action, may_act

GRANTED = "granted"
MOST_CLOSED = 8
"""Open requests that one entry closes beside its other facts; the rest: `ca.endings.answered`."""


@dataclass(frozen=True)
class Receipt:
    """What a person gets to keep: what ended or paused, why, when, by whom, and the entry to prove it by."""

    act: str
    subject: str
    serial_numbers: tuple[str, ...]
    reason: str
    at: datetime
    by: str
    entry_id: str
    waits: str | None = None
    """The id of the request, if an officer must decide first; then nothing ended yet."""


@dataclass(frozen=True)
class Asked:
    """A wish whose proof was verified: whose it is, by which channel, and what that channel may."""

    wish: Wish
    ground: str
    shown: SignedAct | SignedIn
    by: str
    channel: Channel

    @property
    def power(self) -> Power:
        """What comes of it."""
        return POWERS[self.channel][self.wish]


def act_for(kind: str, subject: str, reason: str, at: datetime, until: datetime | None = None) -> Act:
    """What the person who acts signs; `kind` is `person.revoke` or `certificate.revoke`, `.hold`, `.release`.

    `reason` is a word of `ca.endings.grounds`; `until` is the end of a pause, if he says it.
    """
    fields = {"subject": subject, "reason": reason}
    return Act(kind, fields if until is None else {**fields, "until": until}, at)


def asked(
    session: Session, shown: SignedAct | SignedIn, meant: Act, wish: Wish, about: Concerned, now: datetime
) -> Asked:
    """The wish with its channel. Raises ActInvalid when the act does not prove it, NotEntitled when it is of no use."""
    if meant.message() != shown.act.message():
        raise ActInvalid("revocation.not-about-this")
    ground = str(meant.fields["reason"])
    if isinstance(shown, SignedIn):
        by, channel = shown.person_id, _channel_of_sign_in(shown, wish, ground, about)
    else:
        by = _signer(session, shown, about, now)
        channel = _channel(session, by, about, now)
    found = Asked(wish, ground, shown, by, channel)
    if found.channel is Channel.STRANGER or found.power is Power.NEVER:
        raise NotEntitled(by)
    return found


class NotEntitled(Exception):
    """The person who signed may not ask for this."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


def _signer(session: Session, signed: SignedAct, about: Concerned, now: datetime) -> str:
    """Who signed. A citizen's key is good for what is his own, and for nothing else: officers act under theirs."""
    by = verify_act(session, signed, now, HOLDERS_PROFILES)
    return by if by == about.person_id else verify_act(session, signed, now)


def _channel(session: Session, by: str, about: Concerned, now: datetime) -> Channel:
    if by == about.person_id:
        return Channel.HOLDER
    spans = at_open_desks(session, duties(session, [by]).get(by, ()), now)
    if may_revoke(spans, now):
        return Channel.OFFICER
    if about.bodies and about.bodies & bodies_of(session, by, now):
        return Channel.AGENCY
    return Channel.HELP_DESK if may_act(Action.PAUSE, spans, now) else Channel.STRANGER


def _channel_of_sign_in(shown: SignedIn, wish: Wish, ground: str, about: Concerned) -> Channel:
    """A sign-in is good for what is one's own, and for nothing else: officers act under their keys."""
    own = shown.person_id == about.person_id and (wish is not Wish.REVOKE or ground in OF_HOLDERS)
    return Channel.SIGNED_IN if own else Channel.STRANGER


def proof(ledger: Ledger, asking: Asked, subject: str) -> RevocationProof | SignInProof:
    """The act behind what the entry does to `subject`, the id of a certificate or person."""
    shown = asking.shown
    if isinstance(shown, SignedIn):
        return SignInProof(
            id=shown.token.sha256,
            kind=shown.act.kind,
            subject=subject,
            reason=asking.ground,
            person_id=asking.by,
            act_at=shown.act.at,
            nonce_salt=shown.salt,
            session_id=shown.token.session_id,
            acr=shown.token.acr,
            authenticated_at=shown.token.authenticated_at,
            token=shown.token.text,
        )
    return RevocationProof(
        id=ledger.new_id(),
        kind=shown.act.kind,
        subject=subject,
        reason=asking.ground,
        officer_id=asking.by,
        **proof_columns(shown),
    )


def request_of(ledger: Ledger, asking: Asked, subject: str) -> EndingRequest:
    """The request as it came in, authenticated by the act or the sign-in of the same entry."""
    return EndingRequest(
        id=ledger.new_id(),
        wish=asking.wish.value,
        ground=asking.ground,
        channel=asking.channel.value,
        authentication="sign-in" if isinstance(asking.shown, SignedIn) else "act",
        subject=subject,
        asked_by=asking.by,
        at=ledger.clock.now(),
    )


def granted(ledger: Ledger, asking: Asked, subject: str, open_requests: list[str]) -> list[Fact]:
    """The request, and that it and those that waited for the same were granted by this person, now."""
    own = request_of(ledger, asking, subject)
    now = ledger.clock.now()
    ends = [
        EndingRequestEnd(request_id=key, code=GRANTED, decided_by=asking.by, at=now) for key in [own.id, *open_requests]
    ]
    return [own, *ends]


def waiting(session: Session, subjects: set[str], wishes: set[Wish]) -> list[str]:
    """Requests about these certificates or persons that nobody has decided; the oldest first, MOST_CLOSED of them."""
    words = {wish.value for wish in wishes}
    found = select(EndingRequest.id).where(EndingRequest.subject.in_(subjects), EndingRequest.wish.in_(words))
    undecided = without(found, EndingRequest.id, EndingRequestEnd)
    return list(session.scalars(undecided.order_by(EndingRequest.id).limit(MOST_CLOSED)))


def answers(session: Session, ids: Iterable[str], now: datetime, by: str | None = None) -> list[EndingRequestEnd]:
    """That those who waited for the end of these certificates have it, though it was not for them that it came.

    `by`: the person, if one ended them. Otherwise the clock of a request would run on about what has ended.
    """
    found = waiting(session, set(ids), {Wish.REVOKE, Wish.SUSPEND})
    return [EndingRequestEnd(request_id=key, code=GRANTED, decided_by=by, at=now) for key in found]


def taken_up(ledger: Ledger, asking: Asked, subject: str) -> Receipt:
    """The request waits for an officer, and its clock runs."""
    own = request_of(ledger, asking, subject)
    event = EndingRequested(own.id, own.wish, own.channel, subject, asking.by)
    [entry_id] = ledger.entries([Deed(event, Actor.person(asking.by), [own, proof(ledger, asking, subject)])])
    kind, by = asking.shown.act.kind, asking.by
    return Receipt(kind, subject, (), asking.ground, ledger.clock.now(), by, entry_id, waits=own.id)


def refuse(ledger: Ledger, subject: str, code: str, by: str | None) -> Refuse:
    """The refusal, recorded."""
    actor = Actor.person(by) if by else Actor.system(ledger.process)
    ledger.record(RevocationRefused(subject, code, by), actor)
    return Refuse(code)


def certificate_of(session: Session, certificate_sha256: str) -> Certificate | None:
    """The certificate of this digest."""
    return session.scalar(select(Certificate).where(Certificate.sha256 == certificate_sha256))
