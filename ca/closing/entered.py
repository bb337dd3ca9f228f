"""Whether two CA operators provably entered a leave: what the signing room asks, which believes no process.

Their acts are verified again, as they stood when the ledger took them up, and so are their duties, which were there
before. What was entered stays entered when a key or a duty ends later, as with changes. Withdrawals are another
matter: they only take away, and are obeyed before they are doubted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.closing.authority import NEEDED, Granted, act_for, may_issue_now
from ca.governance.provenance import Issuers, Provenance
from ca.machines.poison import apart
from ca.policy import may_close
from ca.tables.hierarchy import AuthorityRecord, AuthorityRecordAct, AuthorityWithdrawal
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct
from ledger.decision import Decision
from ledger.entry import Entry
from ledger.facts import Facts

_ACTS = Facts(
    select(AuthorityRecord, AuthorityRecordAct, Entry)
    .join(AuthorityRecordAct, AuthorityRecordAct.record_id == AuthorityRecord.id)
    .join(Entry, Entry.id == AuthorityRecordAct.entry_id)
    .where(AuthorityRecord.id == bindparam("record"))
)


@dataclass
class Leaves:
    """The leaves of one ledger under whose word certificates are issued. Not for several threads at a time."""

    issuers: Issuers
    _proven: set[str] = field(default_factory=set)
    """Those that were verified in this process: acts and duties of then do not change."""

    def may_issue_now(self, session: Session, now: datetime, *, needed: bool) -> Decision:
        """As `ca.closing.authority.may_issue_now`, by the leaves alone that two operators provably entered."""
        return may_issue_now(session, now, needed=needed, believes=partial(self._believes, session))

    def _believes(self, session: Session, record_id: str) -> bool:
        if record_id not in self._proven and provably_entered(session, record_id, self.issuers):
            self._proven.add(record_id)
        return record_id in self._proven


def provably_entered(session: Session, record_id: str, issuers: Issuers = None) -> bool:
    """Whether as many operators as it takes signed this very leave, each under a certificate of these issuers."""
    rows = entering_acts(session, record_id)
    verifier = ActVerifier(session, {act.act_certificate for _, act, _ in rows}, issuers)
    provenance = Provenance(session, issuers)
    found = {act.person_id for record, act, entry in rows if counts(provenance, verifier, record, act, entry)}
    return len(found) >= NEEDED


def entering_acts(session: Session, record_id: str) -> Sequence[tuple[AuthorityRecord, AuthorityRecordAct, Entry]]:
    """The leave with each act that is to enter it and that act's entry."""
    rows: Any = _ACTS.rows(session, {"record": record_id})
    return cast("Sequence[tuple[AuthorityRecord, AuthorityRecordAct, Entry]]", rows)


def counts(
    provenance: Provenance, verifier: ActVerifier, record: AuthorityRecord, act: AuthorityRecordAct, entry: Entry
) -> bool:
    """Whether an operator who might signed just this leave; an act on which the look breaks does not count."""
    return apart(f"leave {record.id}", partial(_counts, provenance, verifier, record, act, entry)) is True


def _counts(
    provenance: Provenance, verifier: ActVerifier, record: AuthorityRecord, act: AuthorityRecordAct, entry: Entry
) -> bool:
    granted = Granted(record.number, record.issued_by, record.valid_from, record.valid_to)
    return signed_by_operator(provenance, verifier, act, act_for(granted, act.act_at), entry)


def signed_by_operator(
    provenance: Provenance,
    verifier: ActVerifier,
    row: AuthorityRecordAct | AuthorityWithdrawal,
    meant: Act,
    entry: Entry,
) -> bool:
    """Whether the operator whom the row names signed what is meant, freshly, and provably had the duty before."""
    try:
        by = verifier.verify(SignedAct(meant, row.act_certificate, bytes(row.act_signature)), entry.at, entry.at)
    except ActInvalid:
        return False
    spans = provenance.duties([by], entry.position).get(by, ())
    return by == row.person_id and all(may_close(spans, at) for at in (row.act_at, entry.at))
