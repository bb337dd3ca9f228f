"""Which papers show who somebody is, and that their numbers stand nowhere in clear."""

from datetime import date

import pytest
from sqlalchemy import inspect, select

from ca.configuration import DEFAULT
from ca.policy import PAPERS, EvidenceKind, Paper, evidence_suffices
from ca.tables.registration import Evidence, EvidenceNumber
from ledger.base import Base
from ledger.decision import Allow, Decision, Refuse
from tests.ca.conftest import PracticeCa, card, register_person

TODAY = date(2026, 11, 24)
NUMBER = "0123456789"
WITHOUT = Refuse("enrolment.evidence-without-last-day")


def paper(kind: str, expires_on: date | None = date(2030, 1, 1), issued_on: date = date(2020, 1, 1)) -> Paper:
    return Paper(EvidenceKind(kind), issued_on, expires_on)


@pytest.mark.parametrize(
    ("papers", "outcome"),
    [
        ([paper("national-identity-card")], Allow()),
        ([paper("chip-identity-card")], Allow()),
        ([paper("passport")], Allow()),
        ([paper("household-book", None), paper("witness", None)], Allow()),
        ([paper("passport", date(2020, 2, 1)), paper("chip-identity-card")], Allow()),
        ([paper("chip-identity-card", TODAY)], Allow()),
        ([], Refuse("enrolment.evidence-missing")),
        ([paper("household-book", None)], Refuse("enrolment.evidence-insufficient")),
        ([paper("household-book", None)] * 2, Refuse("enrolment.evidence-insufficient")),
        ([paper("witness", None)], Refuse("enrolment.evidence-insufficient")),
        ([paper("chip-identity-card", date(2026, 11, 23))], Refuse("enrolment.evidence-expired")),
        *(([paper(kind, None)], WITHOUT) for kind in ("national-identity-card", "chip-identity-card", "passport")),
        ([paper("passport", None), paper("chip-identity-card")], WITHOUT),
        ([paper("passport", issued_on=date(2026, 11, 25))], Refuse("enrolment.evidence-not-yet-issued")),
    ],
)
def test_one_sufficient_set_of_valid_papers_is_needed(papers: list[Paper], outcome: Decision) -> None:
    assert evidence_suffices(papers, TODAY, DEFAULT.evidence) == outcome


@pytest.mark.parametrize("kind", EvidenceKind)
def test_each_kind_of_paper_has_its_rule(kind: EvidenceKind) -> None:
    assert PAPERS[kind].kind is kind


def test_the_paper_and_how_the_person_was_seen_are_kept(ca: PracticeCa) -> None:
    register_person(ca.ledger, "10000017")

    enrolment = ca.enrolment(ca.apply("10000017", evidence=(card(),)))

    with ca.ledger.read() as session:
        evidence = session.scalars(select(Evidence).where(Evidence.enrolment_id == enrolment.id)).one()
    assert (evidence.kind, evidence.method) == ("chip-identity-card", "in-person")
    assert (evidence.officer_id, evidence.place) == ("p10000001", "center")


def test_the_number_of_a_paper_stands_nowhere_in_clear(ca: PracticeCa) -> None:
    register_person(ca.ledger, "10000017")

    ca.apply("10000017", evidence=(card(),))

    with ca.ledger.read() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
        sealed = session.scalars(select(EvidenceNumber)).one()
    assert ca.fields.unseal(sealed.sealed, f"evidence_number/{sealed.evidence_id}") == NUMBER
    assert NUMBER not in repr(rows)
    assert NUMBER.encode().hex() not in repr(rows)
    assert inspect(EvidenceNumber).columns.keys() == ["evidence_id", "sealed", "blind_index", "salt", "entry_id"]
