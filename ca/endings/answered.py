"""Requests about what has ended are answered: the entry that ended it closes a few of them, this closes the rest.

Somebody may ask while it ends, and a thousand strangers may have asked before. Nobody decides these any more.
"""

from sqlalchemy import Select, or_, select

from ca.endings.asking import GRANTED
from ca.endings.channels import Wish
from ca.events.endings import EndingRequestsAnswered
from ca.tables.endings import EndingRequest, EndingRequestEnd
from ledger.base import Moment, without
from ledger.certificates import Certificate, Revocation
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Cutoff

AT_ONCE = 90
"""Requests that one entry closes."""


def answer(ledger: Ledger, actor: Actor) -> int:
    """No request waits any more that a certificate end or pause which has ended. Returns how many were closed."""
    closed = 0
    while True:
        now = ledger.clock.now()
        with ledger.read() as session:
            ids = list(session.scalars(moot(now).limit(AT_ONCE)))
        if not ids:
            return closed
        ends = [EndingRequestEnd(request_id=one, code=GRANTED, decided_by=None, at=now) for one in ids]
        try:
            ledger.entries([Deed(EndingRequestsAnswered(len(ids)), actor, ends)])
        except Taken:
            continue  # an officer closed one of them, which is as good
        closed += len(ids)


def moot(now: Moment) -> Select[str]:
    """Selects undecided requests about what has ended: a certificate, or all of a person who was cut off since."""
    own = select(Revocation.certificate_id).where(Revocation.certificate_id == EndingRequest.subject)
    cut = select(Cutoff.id).where(Cutoff.person_id == EndingRequest.subject, Cutoff.at >= EndingRequest.at)
    living = select(Certificate.id).where(Certificate.person_id == EndingRequest.subject, Certificate.not_after > now)
    nothing_lives = ~without(living, Certificate.id, Revocation).exists()
    found = select(EndingRequest.id).where(
        EndingRequest.wish.in_((Wish.REVOKE.value, Wish.SUSPEND.value)),
        or_(own.exists(), cut.exists() & nothing_lives),
    )
    return without(found, EndingRequest.id, EndingRequestEnd).order_by(EndingRequest.id)
