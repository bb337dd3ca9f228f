"""Who signed an act that ends something, and whether he has the duty to (CA-07)."""

from datetime import datetime

from sqlalchemy.orm import Session

from ca.policy import may_revoke
from ca.registration.applicants import duties
from ca.registration.desks import at_open_desks
from ledger.acts import ActInvalid, SignedAct, verify_act
from ledger.decision import Refuse


def on_duty(session: Session, signed: SignedAct, now: datetime) -> str | Refuse:
    """The id of the person who signed the act under his own key, if he may revoke now."""
    try:
        by = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    allowed = may_revoke(at_open_desks(session, duties(session, [by]).get(by, ()), now), now)
    return by if allowed else Refuse("revocation.no-duty")
