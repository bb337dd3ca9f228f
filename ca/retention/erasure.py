"""Erasing: an operator orders by his act what a plan named, and it goes batch by batch, each under its own entry.

Safe to kill and to run again: a batch is one transaction of an entry and what it names, and the order stays until
nothing of it is left. What is held, or asked about, after the order stays too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.retention import ErasureOrdered
from ca.retention.holds import actor_of, refused
from ca.retention.plan import ERASABLE, Rule, due, plan
from ca.tables.retention import ErasureOrder
from ledger.acts import Act, SignedAct, proof_columns
from ledger.base import Personal
from ledger.decision import Refuse
from ledger.erasing import erase
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.roles import Action

PAPERS = 40
"""Papers of one batch: an entry names at most two rows of each."""


@dataclass(frozen=True)
class Erased:
    """A batch that is gone."""

    entry_id: str
    rows: int


def order_act(plan_digest: str, at: datetime) -> Act:
    """What the operator signs: the digest of the plan, so exactly its rows."""
    return Act("records.erase", {"plan": plan_digest}, at)


def order(ledger: Ledger, plan_digest: str, signed: SignedAct, person_id: str | None = None) -> str | Refuse:
    """The id of the order to erase what this plan named; of the one that there is, if it was ordered before.

    Refuses when what may go is not what the plan showed any more: plan again.
    """
    with ledger.read() as session:
        by = actor_of(session, ledger, signed, order_act(plan_digest, signed.act.at), Action.ERASE_RECORDS)
        standing = _of_plan(session, plan_digest)
        found = plan(session, ledger.clock.now(), person_id)
    if isinstance(by, Refuse):
        return refused(ledger, by.code)
    if standing is not None:
        return standing
    if found.digest != plan_digest or not found.rows:
        return refused(ledger, "erasure.changed" if found.rows else "erasure.nothing", by)
    fact = ErasureOrder(
        id=ledger.new_id(), rule=found.rule.value, person_id=person_id, ended_by=found.ended_by,
        plan_sha256=plan_digest, rows=len(found.rows), operator_id=by, **proof_columns(signed),
    )  # fmt: skip
    try:
        with ledger.entry(ErasureOrdered(fact.id, fact.rule, fact.rows, by), Actor.person(by)) as tx:
            tx.add(fact)
    except Taken:
        return order(ledger, plan_digest, signed, person_id)
    return fact.id


def carry_out(ledger: Ledger, order_id: str) -> Iterator[Erased]:
    """Each batch as it goes, until nothing of the order is left. Raises `ledger.erasing.NotAsWritten`."""
    while batch := _next(ledger, order_id):
        meant, rows = batch
        try:
            yield Erased(erase(ledger, meant.rule, meant.id, Actor.person(meant.operator_id), rows), len(rows))
        except Taken:
            continue  # somebody else carries the order out too, and was first


def _next(ledger: Ledger, order_id: str) -> tuple[ErasureOrder, list[Personal]] | None:
    """The order with the rows of some papers that are left of it."""
    with ledger.read() as session:
        meant = session.get_one(ErasureOrder, order_id)
        selected = due(Rule(meant.rule), meant.person_id, meant.ended_by, meant.act_at)
        papers = [key for key, _ in session.execute(selected.limit(PAPERS))]
        found = [session.scalars(select(table).where(table.evidence_id.in_(papers))) for table in ERASABLE]
        rows: list[Personal] = [row for some in found for row in some]
    return (meant, rows) if rows else None


def _of_plan(session: Session, plan_digest: str) -> str | None:
    return session.scalar(select(ErasureOrder.id).where(ErasureOrder.plan_sha256 == plan_digest))
