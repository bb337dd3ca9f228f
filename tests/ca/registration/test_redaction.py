"""Number and scan of a paper can go: the ledger still verifies, and what officers decided on still stands."""

from hashlib import sha256

import pytest
from sqlalchemy import select

from ca.registration.dossier import dossier
from ca.tables.registration import Evidence, EvidenceNumber, EvidenceScan
from ledger.entry import Entry, fact_name
from ledger.purged import Purged
from ledger.seal import seal
from ledger.verification.whole import verify_ledger
from signers import open_signer
from tests.ca.conftest import TEST, PracticeCa, card, register_person
from tests.ledger.doubles import without_guards

OFFICER = "10000017"


def erased(ca: PracticeCa, enrolment: str) -> Evidence:
    """Number and scan of the enrolment's paper are purged, as the rules of retention ask; the paper."""
    with ca.ledger.read() as session:
        paper = session.scalars(select(Evidence).where(Evidence.enrolment_id == enrolment)).one()
        rows = [session.get_one(kind, paper.id) for kind in (EvidenceNumber, EvidenceScan)]
        told = session.get_one(Entry, paper.entry_id).facts
    ca.ledger.record(Purged("retention", tuple(f"{fact_name(row)}={told[fact_name(row)]}" for row in rows)), TEST)
    administrator = without_guards(ca.ledger)
    for table in ("evidence_number", "evidence_scan"):
        administrator(f"DELETE FROM {table} WHERE evidence_id = :id", id=paper.id)
    return paper


def test_a_purged_number_and_scan_leave_the_ledger_whole_and_the_enrolment_as_it_was_signed(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)
    ca.room().turn()

    erased(ca, enrolment)

    seal(ca.ledger, open_signer(ca.home.key_uri("checkpoint")), ca.home.checkpoints, ca.ledger.clock.now())
    report = verify_ledger(ca.ledger.reading, ca.home.checkpoints)
    assert (report.good, report.purged) == (True, 2)
    with ca.ledger.read() as session:
        shown = dossier(session, enrolment, ca.ledger.clock.now())
    assert shown is not None
    [paper] = shown.values["evidence"]
    assert (paper["erased"], paper["scan_sha256"], paper["kind"]) == (True, None, "chip-identity-card")
    assert shown.values["digest"] == ca.enrolment(enrolment).digest


def test_without_a_purge_entry_a_missing_scan_is_a_fault(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    ca.apply(OFFICER)
    without_guards(ca.ledger)("DELETE FROM evidence_scan")

    seal(ca.ledger, open_signer(ca.home.key_uri("checkpoint")), ca.home.checkpoints, ca.ledger.clock.now())

    assert not verify_ledger(ca.ledger.reading, ca.home.checkpoints).good


def test_what_stays_tells_nothing_of_the_scan_and_what_goes_proves_it(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)
    enrolment = counter.apply(OFFICER)
    with counter.ledger.read() as session:
        paper = session.scalars(select(Evidence).where(Evidence.enrolment_id == enrolment)).one()
        scan = session.get_one(EvidenceScan, paper.id)

    assert scan.sha256 == card(number=f"card of {OFFICER}").scan_sha256
    assert paper.scan_sha256 == sha256(scan.blind + bytes.fromhex(scan.sha256)).hexdigest()


@pytest.mark.parametrize("attribute", ["given-name", "family-name", "person-number"])
def test_each_attribute_of_a_persons_certificate_names_what_backs_it(counter: PracticeCa, attribute: str) -> None:
    register_person(counter.ledger, OFFICER)
    enrolment = counter.apply(OFFICER)
    assert isinstance(enrolment, str)

    with counter.ledger.read() as session:
        shown = dossier(session, enrolment, counter.ledger.clock.now())
        paper = session.scalars(select(Evidence.id).where(Evidence.enrolment_id == enrolment)).one()

    assert shown is not None
    kind, key = shown.values["backing"][attribute]
    assert (kind, key) in {("evidence", paper), ("register", f"p{OFFICER}")}
