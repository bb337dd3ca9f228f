"""By what a certificate that came in another's place is provably in use."""

from sqlalchemy.orm import Session

from ca.machines.acceptance import updated
from ca.tables.machines import MachineAcceptance
from ledger.confirmations import HolderConfirmation

Word = HolderConfirmation | MachineAcceptance


def word_of(session: Session, old_id: str, new_id: str) -> Word | None:
    """Its holder's confirmation; or what the machine said that updated just that old one by it, if it is proven."""
    confirmed = session.get(HolderConfirmation, new_id)
    if confirmed is not None:
        return confirmed
    said = session.get(MachineAcceptance, new_id)
    return said if said is not None and said.replaces_id == old_id and updated(session, said) else None
