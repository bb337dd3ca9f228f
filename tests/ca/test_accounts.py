"""What stands in the log of intents and certificates: of each the same, whether it comes alone or with many."""

import json
from hashlib import sha256

from sqlalchemy import select

from ca.events.issuance import CertificateIntended, CertificateIssued, CertificatesIntended, CertificatesIssued
from ca.issuance.accounts import accounts_of_certificates, accounts_of_intents
from ledger.certificates import Certificate, Intent
from ledger.entry import Entry
from ledger.event import Actor
from ledger.verification.whole import verify_ledger
from tests.ca.conftest import PracticeCa, register_person

ACTOR = Actor.system("issue")


def intent(number: int, person: str | None = "p1") -> Intent:
    return Intent(id=f"i{number}", profile="officer-signing", tbs=bytes([number]), person_id=person, enrolment_id="e")


def certificate(number: int) -> Certificate:
    return Certificate(id=f"i{number}", sha256=sha256(bytes([number])).hexdigest(), person_id="p1")


def test_one_that_comes_alone_has_an_entry_of_one() -> None:
    [intended], [issued] = accounts_of_intents([intent(1)], ACTOR), accounts_of_certificates([certificate(1)], ACTOR)

    assert intended.event == CertificateIntended("i1", "officer-signing", sha256(b"\x01").hexdigest(), "p1", "e")
    assert issued.event == CertificateIssued("i1", sha256(b"\x01").hexdigest(), "p1")


def test_many_have_one_entry_with_the_digest_of_each_and_each_person_once() -> None:
    [deed] = accounts_of_intents([intent(1), intent(2), intent(3, person=None)], ACTOR)

    digests = tuple(sha256(bytes([number])).hexdigest() for number in (1, 2, 3))
    assert deed.event == CertificatesIntended(("i1", "i2", "i3"), digests, ("p1",))
    assert [fact.id for fact in deed.facts if isinstance(fact, Intent)] == ["i1", "i2", "i3"]


def test_an_entry_names_a_hundred_at_most() -> None:
    deeds = accounts_of_certificates([certificate(number) for number in range(201)], ACTOR)

    assert [len(deed.facts) for deed in deeds] == [100, 100, 1]
    assert [type(deed.event) for deed in deeds] == [CertificatesIssued, CertificatesIssued, CertificateIssued]


def test_the_entries_about_a_person_are_found_by_his_certificates_and_the_whole_ledger_verifies(
    ca: PracticeCa,
) -> None:
    people = ("10000017", "10000018")
    for number in people:
        register_person(ca.ledger, number)
        ca.approved(number)

    ca.room().turn()

    with ca.ledger.read() as session:
        mine = select(Certificate.entry_id).where(Certificate.person_id == "p10000017")
        [entry] = session.scalars(select(Entry).where(Entry.id.in_(mine)))
    assert verify_ledger(ca.ledger.reading, ca.home.checkpoints).good
    assert entry.kind == CertificatesIssued.kind
    assert set(json.loads(entry.body)["persons"]) == {f"p{number}" for number in people}
