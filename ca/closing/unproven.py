"""What stands in the ledger about leaves and issuers though nobody provably wanted it.

Acts that enter a leave let things be issued, so those that are not proven count for nothing. Withdrawals and ends of
issuers only take away: they are obeyed before they are doubted, and whoever wrote one without proof must be asked.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import select

from ca.closing.authority import PRACTICE_NUMBER, withdrawal_act
from ca.closing.ending import provably_ended
from ca.closing.entered import counts, entering_acts, signed_by_operator
from ca.governance.provenance import Provenance
from ca.governance.unproven import OBEYED, Unproven, unproven
from ca.machines.poison import apart
from ca.tables.hierarchy import AuthorityRecord, AuthorityRecordAct, AuthorityWithdrawal, IssuerEnd
from ledger.acts import ActVerifier
from ledger.entry import Entry

NOT_ENTERED = "unproven.leave"


def unentered(provenance: Provenance) -> Iterator[Unproven]:
    """Leaves without an act and acts that enter none, then withdrawals and ends of issuers without proof."""
    session = provenance.session
    for record, entry in session.execute(_bare().order_by(AuthorityRecord.id)):
        yield unproven(record, entry, NOT_ENTERED)
    for record_id in session.scalars(select(AuthorityRecord.id).order_by(AuthorityRecord.id)):
        acts = entering_acts(session, record_id)
        verifier = ActVerifier(session, {act.act_certificate for _, act, _ in acts}, provenance.issuers)
        for record, act, entry in acts:
            if not counts(provenance, verifier, record, act, entry):
                yield unproven(act, entry, NOT_ENTERED)
    withdrawals = select(AuthorityWithdrawal, AuthorityRecord.number, Entry)
    withdrawals = withdrawals.join(AuthorityRecord, AuthorityRecord.id == AuthorityWithdrawal.record_id)
    taken = withdrawals.join(Entry, Entry.id == AuthorityWithdrawal.entry_id).order_by(AuthorityWithdrawal.id)
    for withdrawal, number, entry in session.execute(taken):
        wanted = partial(_withdrawn, provenance, withdrawal, number, entry)
        if apart(f"withdrawal {withdrawal.id}", wanted) is not True:
            yield unproven(withdrawal, entry, OBEYED)
    ends = select(IssuerEnd, Entry).join(Entry, Entry.id == IssuerEnd.entry_id).order_by(IssuerEnd.issuer_id)
    for end, entry in session.execute(ends):
        if apart(f"end of issuer {end.issuer_id}", partial(provably_ended, session, end)) is not True:
            yield unproven(end, entry, OBEYED)


def _bare() -> Any:
    """Leaves that nobody entered; that of practice has no acts, and is none where one is needed."""
    acts = select(AuthorityRecordAct.id).where(AuthorityRecordAct.record_id == AuthorityRecord.id)
    there = select(AuthorityRecord, Entry).join(Entry, Entry.id == AuthorityRecord.entry_id)
    return there.where(~acts.exists(), AuthorityRecord.number != PRACTICE_NUMBER)


def _withdrawn(provenance: Provenance, withdrawal: AuthorityWithdrawal, number: str, entry: Entry) -> bool:
    """Whether its operator provably wanted it."""
    verifier = ActVerifier(provenance.session, [withdrawal.act_certificate], provenance.issuers)
    return signed_by_operator(provenance, verifier, withdrawal, withdrawal_act(number, withdrawal.act_at), entry)
