"""Erasing: an operator orders by his act what a plan named, and it goes batch by batch, each under its own entry.

Safe to kill and to run again: a batch is one transaction of an entry and what it names, and the order stays until
nothing of it is left. What is held, or asked about, after the order stays; the next run needs a new order then, since
an order is for what its plan named and never for what became free later.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session

from ca.events.retention import ErasureOrdered
from ca.registration.applicants import sliced
from ca.retention.holds import actor_of, refused
from ca.retention.plan import ERASABLE, Rule, due, lifted_from, plan, plan_digest, rows_of
from ca.tables.registration import Enrolment, Evidence
from ca.tables.retention import ErasureOrder
from ledger.acts import Act, SignedAct, proof_columns
from ledger.base import Personal
from ledger.decision import Refuse
from ledger.entry import Entry, fact_name
from ledger.erasing import HeldBack, erase
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from ledger.purged import Purged
from ledger.roles import Action

PAPERS = 40
"""Papers of one batch: an entry names at most two rows of each."""


class Changed(Exception):
    """What is left of the order and may go is not what its operator signed any more: plan again."""


@dataclass(frozen=True)
class Erased:
    """A batch that is gone."""

    entry_id: str
    rows: int


def order_act(digest: str, at: datetime) -> Act:
    """What the operator signs: the digest of the plan, so exactly its rows."""
    return Act("records.erase", {"plan": digest}, at)


def order(ledger: Ledger, digest: str, signed: SignedAct, person_id: str | None = None) -> str | Refuse:
    """The id of the order to erase what this plan named; of the one that there is, if it was ordered before.

    Refuses when what may go is not what the plan showed any more: plan again.
    """
    with ledger.read() as session:
        by = actor_of(session, ledger, signed, order_act(digest, signed.act.at), Action.ERASE_RECORDS)
        standing = _of_plan(session, digest)
        found = plan(session, ledger.clock.now(), person_id)
    if isinstance(by, Refuse):
        return refused(ledger, by.code)
    if standing is not None:
        return standing
    rules = (
        (by == person_id, "erasure.own"),
        (not found.rows, "erasure.nothing"),
        (found.digest != digest, "erasure.changed"),
        (by in found.lifted.values(), "erasure.released-by-him"),
    )
    if code := next((code for wrong, code in rules if wrong), None):
        return refused(ledger, code, by)
    fact = ErasureOrder(
        id=ledger.new_id(), rule=found.rule.value, person_id=person_id, ended_by=found.ended_by,
        plan_sha256=digest, rows=len(found.rows), operator_id=by, **proof_columns(signed),
    )  # fmt: skip
    try:
        with ledger.entry(ErasureOrdered(fact.id, fact.rule, fact.rows, by), Actor.person(by)) as tx:
            tx.add(fact)
    except Taken:
        return order(ledger, digest, signed, person_id)
    return fact.id


def carry_out(ledger: Ledger, order_id: str) -> Iterator[Erased]:
    """Each batch as it goes, until nothing of the order is left. Raises Changed and `ledger.erasing.NotAsWritten`."""
    meant, papers = _named(ledger, order_id)
    for start in range(0, len(papers), PAPERS):
        while rows := _free(ledger, meant, papers[start : start + PAPERS]):
            still = _still(meant, rows)
            try:
                gone = erase(ledger, meant.rule, meant.id, Actor.person(meant.operator_id), rows, still)
            except (Taken, HeldBack):
                continue  # somebody else carries the order out too, or needs the records now: look again
            yield Erased(gone, len(rows))


def _named(ledger: Ledger, order_id: str) -> tuple[ErasureOrder, list[str]]:
    """The order with the papers that are left of it. What went by it and what may go are together what was signed."""
    with ledger.read() as session:
        meant = session.get_one(ErasureOrder, order_id)
        papers = list(session.execute(_due(meant)).scalars())
        rows = {*_gone(session, order_id), *rows_of(session, papers)}
        named = {row.partition("/")[2] for row in rows}
        shown_by = select(Enrolment.person_id).join(Evidence, Evidence.enrolment_id == Enrolment.id)
        persons = {one for some in sliced(named) for one in session.scalars(shown_by.where(Evidence.id.in_(some)))}
        lifted = lifted_from(session, persons)
    if plan_digest(Rule(meant.rule), meant.person_id, rows, lifted) != meant.plan_sha256:
        raise Changed(order_id)
    return meant, papers


def _gone(session: Session, order_id: str) -> Iterator[str]:
    """What went by this order, as `table/key`."""
    bodies = select(Entry.body).where(Entry.kind == Purged.kind, Entry.body.contains(order_id, autoescape=True))
    for told in map(json.loads, session.scalars(bodies)):
        if told.get("order") == order_id:
            yield from (row.partition("=")[0] for row in told["rows"])


def _free(ledger: Ledger, meant: ErasureOrder, papers: list[str]) -> list[Personal]:
    """The rows that are left of these papers and that nothing has come to hold back."""
    with ledger.read() as session:
        free = list(session.execute(_due(meant, papers)).scalars())
        found = [session.scalars(select(table).where(table.evidence_id.in_(free))) for table in ERASABLE]
        return [row for some in found for row in some]


def _still(meant: ErasureOrder, rows: list[Personal]) -> Callable[[Connection], bool]:
    """Whether all of it may still go, asked in the transaction that takes it away."""
    papers = {fact_name(row).partition("/")[2] for row in rows}
    return lambda connection: set(connection.execute(_due(meant, papers)).scalars()) == papers


def _due(meant: ErasureOrder, papers: Collection[str] | None = None) -> Select[str, str]:
    """Selects what may go by this order; with `papers`, of these alone."""
    selected = due(Rule(meant.rule), meant.person_id, meant.ended_by, meant.act_at)
    return selected if papers is None else selected.where(Evidence.id.in_(papers))


def _of_plan(session: Session, digest: str) -> str | None:
    return session.scalar(select(ErasureOrder.id).where(ErasureOrder.plan_sha256 == digest))
