"""Erasures that nobody provably ordered: what is gone does not come back, so whoever took it must be asked."""

import json
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select

from ca.governance.provenance import Provenance
from ca.governance.unproven import Unproven
from ca.retention.erasure import order_act
from ca.retention.plan import ERASABLE
from ca.tables.retention import ErasureOrder
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.entry import Entry
from ledger.purged import Purged, may_go_by_itself
from ledger.roles import Action, may_act

_TABLES = {table.__tablename__ for table in ERASABLE}


def unordered(provenance: Provenance) -> Iterator[Unproven]:
    """Each entry that took rows away without a proven order, or other or more than that may; the oldest first.

    Requests that led to nothing need no order.
    """
    gone: Counter[str] = Counter()
    purges = select(Entry).where(Entry.kind == Purged.kind).order_by(Entry.position)
    for entry in provenance.session.scalars(purges):
        if code := _why_not(provenance, entry, gone):
            yield Unproven("entry", entry.id, entry.id, entry.at, entry.kind, entry.actor, entry.writer, code)


def _why_not(provenance: Provenance, entry: Entry, gone: Counter[str]) -> str | None:
    """Why it is not accounted for. `gone` counts by order the rows that went until then, and these."""
    told = json.loads(entry.body)
    order = provenance.session.get(ErasureOrder, told.get("order", ""))
    if order is None:
        by_itself = "order" not in told and may_go_by_itself(told["rule"], told["rows"], entry.at)
        return None if by_itself else "unproven.no-order"
    ordered = provenance.session.scalars(select(Entry).where(Entry.id == order.entry_id)).one()
    if ordered.position > entry.position or not _proven(provenance, order, ordered):
        return "unproven.order-void"
    gone[order.id] += len(told["rows"])
    meant = told["rule"] == order.rule and all(row.partition("/")[0] in _TABLES for row in told["rows"])
    return None if meant and gone[order.id] <= order.rows else "unproven.not-ordered"


def _proven(provenance: Provenance, order: ErasureOrder, ordered: Entry) -> bool:
    """Whether its operator signed it freshly, and provably had the duty before and then."""
    signed = SignedAct(
        order_act(order.plan_sha256, order.act_at), order.act_certificate, bytes(order.act_signature)
    )
    verifier = ActVerifier(provenance.session, [order.act_certificate], provenance.issuers)
    try:
        by = verifier.verify(signed, ordered.at)
    except ActInvalid:
        return False
    spans = provenance.duties([by], ordered.position).get(by, ())
    allowed = all(may_act(Action.ERASE_RECORDS, spans, at) for at in (order.act_at, ordered.at))
    return allowed and by == order.operator_id
