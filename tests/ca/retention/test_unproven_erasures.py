"""An erasure that a provable operator ordered is accounted for; any other is named by `unproven-list`."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from ca.governance.provenance import Provenance
from ca.retention.erasure import order_act
from ca.retention.plan import ERASABLE, Plan
from ca.retention.unproven import unordered
from ca.tables.retention import ErasureOrder
from ledger.acts import proof_columns
from ledger.erasing import erase
from ledger.event import Actor
from ledger.people import DutyKind
from ledger.purged import Purged
from tests.ca.desk import CLERK, HOLDER
from tests.ca.retention.papers import OPERATOR, Papers

PLANTED = "10000044"


def found(papers: Papers) -> list[tuple[str, str]]:
    with papers.own.read() as session:
        return [(one.kind, one.code) for one in unordered(Provenance(session))]


def planted(papers: Papers, planned: Plan, by: str, **changed: Any) -> str:
    """An order as a process would write it past the rules; its id."""
    signed = papers.desk.sign(by, order_act(planned.digest, papers.own.clock.now()))
    told = {"operator_id": f"p{by}", "rows": len(planned.rows), **proof_columns(signed), **changed}
    fact = ErasureOrder(
        id="planted", rule="retention", ended_by=planned.ended_by, plan_sha256=planned.digest, **told
    )  # fmt: skip
    papers.desk.write(fact)
    return "planted"


def take(papers: Papers, order: str) -> None:
    """All rows go under an entry that claims this order."""
    with papers.own.read() as session:
        rows = [row for table in ERASABLE for row in session.scalars(select(table))]
    erase(papers.own, "retention", order, Actor.system("purge"), rows, lambda _: True)


def test_what_an_operator_ordered_is_accounted_for(papers: Papers) -> None:
    papers.show(CLERK)
    papers.show(HOLDER)
    papers.years_later(days=40)

    papers.erase(papers.plan())

    assert (papers.left(), found(papers)) == (set(), [])


def test_an_erasure_without_an_order_is_named(papers: Papers) -> None:
    papers.show()
    papers.years_later(days=40)

    take(papers, "nobody")

    assert found(papers) == [("entry", "unproven.no-order")]


def by_a_planted_duty(papers: Papers, planned: Plan) -> str:
    papers.desk.person(PLANTED, DutyKind.CA_OPERATOR)
    return planted(papers, planned, PLANTED)


def in_anothers_name(papers: Papers, planned: Plan) -> str:
    return planted(papers, planned, CLERK, operator_id=f"p{OPERATOR}")


def under_a_signature_for_something_else(papers: Papers, planned: Plan) -> str:
    other = papers.desk.sign(OPERATOR, order_act("00" * 32, papers.own.clock.now()))
    return planted(papers, planned, OPERATOR, act_signature=other.signature)


@pytest.mark.parametrize("order", [by_a_planted_duty, in_anothers_name, under_a_signature_for_something_else])
def test_an_order_that_does_not_verify_by_a_provable_operator_accounts_for_nothing(
    papers: Papers, order: Callable[[Papers, Plan], str]
) -> None:
    papers.show()
    papers.years_later(days=40)

    take(papers, order(papers, papers.plan()))

    assert found(papers) == [("entry", "unproven.order-void")]


def test_more_rows_than_were_ordered_are_named(papers: Papers) -> None:
    papers.show(CLERK)
    papers.show(HOLDER, certified=600)
    papers.years_later(days=60)
    ordered = papers.order(papers.plan())
    assert isinstance(ordered, str)

    take(papers, ordered)

    assert found(papers) == [("entry", "unproven.not-ordered")]


def test_rows_of_a_table_from_which_nothing_is_erased_are_named(papers: Papers) -> None:
    paper = papers.show()
    papers.years_later(days=40)
    ordered = papers.order(papers.plan())
    assert isinstance(ordered, str)

    papers.own.record(Purged("retention", (f"evidence/{paper}=1:{'0' * 64}",), ordered), Actor.system("purge"))

    assert found(papers) == [("entry", "unproven.not-ordered")]
