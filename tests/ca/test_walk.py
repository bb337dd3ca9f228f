"""From a request to a certificate, and what each stage refuses."""

from datetime import date

import pytest
from sqlalchemy import func, select

from ca.ceremonies.steps.first_officer import DESK
from ca.issuance.honour import examine
from ca.issuance.queue import Queue
from ca.policy import EvidenceKind
from ca.registration.application import Application, Shown
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide
from ca.tables.registration import Decision, DishonouredDecision, EnrolmentEnd
from ledger.acts import SignedAct, proof_columns
from ledger.certificates import Certificate, Intent
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Deed
from ledger.people import DutyEnd, PersonDetail
from pki.certificate import parse_certificate
from pki.names import name_text
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, agreed, card, register_person, request_for
from tests.ca.events import Registered
from tests.issuing import new_key

OFFICER = "10000017"


def test_an_approved_request_becomes_a_certificate_that_names_the_person(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)

    done = ca.room().turn()

    [certificate] = done.issued
    subject = name_text(parse_certificate(certificate.der).subject)
    assert subject == "C=LA, givenName=ສົມພອນ, SN=ວົງສາ, CN=Somphone Vongsa, serialNumber=EG:LA-10000017"
    assert certificate.person_id == f"p{OFFICER}"
    with ca.ledger.read() as session:
        assert session.get_one(Intent, certificate.id).enrolment_id == enrolment
    assert ca.room().turn().issued == []


def test_one_yes_is_not_enough(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    ca.vote(FIRST, ca.apply(OFFICER))

    assert ca.room().turn().issued == []


def test_nobody_decides_on_his_own_request(ca: PracticeCa) -> None:
    enrolment = ca.apply(FIRST)

    assert ca.vote(FIRST, enrolment) == Refuse("decision.own-request")


def test_nobody_decides_twice(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.apply(OFFICER)
    ca.vote(FIRST, enrolment)

    assert ca.vote(FIRST, enrolment) == Refuse("decision.twice")


def test_a_no_ends_the_request(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.apply(OFFICER)
    ca.vote(FIRST, enrolment, approved=False)

    assert ca.vote(SECOND, enrolment) == Refuse("decision.enrolment-ended")


def test_an_officer_off_duty_decides_nothing(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.apply(OFFICER)
    with ca.ledger.read() as session:
        [duty, *_] = session.scalars(select(Entry.facts).where(Entry.kind == "ceremony.officer-admitted"))
    ended = next(name.removeprefix("duty/") for name in duty if name.startswith("duty/"))
    ca.ledger.entries([Deed(Registered("p"), TEST, [DutyEnd(duty_id=ended, at=ca.ledger.clock.now())])])

    assert Refuse("decision.no-duty") in (ca.vote(FIRST, enrolment), ca.vote(SECOND, enrolment))


def test_a_decision_written_by_the_desk_alone_is_not_honoured_and_recorded_once(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.enrolment(ca.apply(OFFICER))
    ca.vote(FIRST, enrolment.id)
    act = act_for(enrolment, ca.ledger.clock.now(), approved=True, desk=DESK)
    forged = SignedAct(act, ca.sign(SECOND, act).certificate_sha256, bytes(70))
    decision = Decision(
        id="forged", enrolment_id=enrolment.id, officer_id=f"p{SECOND}", approved=True, desk=DESK,
        **proof_columns(forged),
    )  # fmt: skip
    ca.ledger.entries([Deed(Registered("p"), TEST, [decision])])

    turns = [ca.room().turn(), ca.room().turn()]

    assert [turn.dishonoured for turn in turns] == [1, 0]
    assert [turn.issued for turn in turns] == [[], []]
    with ca.ledger.read() as session:
        assert session.get_one(DishonouredDecision, "forged").code == "act.signature-invalid"
        assert session.scalar(select(func.count()).where(Entry.kind == "decision.dishonoured")) == 1


def test_a_decision_about_another_request_is_refused(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    first, second = ca.enrolment(ca.apply(OFFICER)), ca.enrolment(ca.apply(OFFICER))
    signed = ca.sign(FIRST, act_for(first, ca.ledger.clock.now(), approved=True, desk=DESK))

    assert decide(ca.ledger, Vote(second.id, True, signed, DESK)) == Refuse("decision.not-about-this")


def test_a_key_is_never_taken_twice(ca: PracticeCa) -> None:
    request = request_for(new_key())
    ca.hand_in(ca.application(FIRST, request=request))

    again = ca.application(SECOND, request=request)

    assert ca.hand_in(again) == Refuse("enrolment.key-used")


@pytest.mark.parametrize(
    ("number", "profile", "evidence", "code"),
    [
        ("10000099", "officer-signing", [card()], "enrolment.person-unknown"),
        ("20000001", "officer-signing", [card()], "enrolment.no-appointment"),
        ("20000001", "issuing-ca", [card()], "enrolment.profile-not-for-persons"),
        ("20000001", "citizen-authentication", [], "enrolment.evidence-missing"),
        ("20000001", "citizen-authentication", [card(date(2020, 2, 1))], "enrolment.evidence-expired"),
        ("20000001", "citizen-authentication", [card(None)], "enrolment.evidence-without-last-day"),
        (
            "20000001",
            "citizen-authentication",
            [card(kind=EvidenceKind.HOUSEHOLD_BOOK)],
            "enrolment.evidence-insufficient",
        ),
    ],
)
def test_what_person_and_papers_do_not_carry_is_refused(
    ca: PracticeCa, number: str, profile: str, evidence: list[Shown], code: str
) -> None:
    register_person(ca.ledger, "20000001", officer=False)
    application = Application(request_for(new_key()), number, profile, evidence, agreed(ca.ledger))

    assert ca.hand_in(application) == Refuse(code)


def test_the_intent_of_each_certificate_is_sealed_before_its_certificate(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)

    [certificate] = ca.room().turn().issued

    with ca.ledger.read() as session:
        intent = session.get_one(Intent, certificate.id)
        stored = session.get_one(Certificate, certificate.id)
    assert intent.tbs in stored.der
    assert intent.serial_number == f"{parse_certificate(stored.der).serial:x}"


def test_a_request_that_ended_after_it_was_found_waiting_is_not_honoured(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)
    found = Queue(ca.ledger).look()
    ca.ledger.entries([Deed(Registered("x"), TEST, [EnrolmentEnd(enrolment_id=enrolment, code="policy.test")])])

    with ca.ledger.read() as session:
        seen = examine(session, found, ca.ledger.clock.now())

    assert (found, seen.honoured) == ([enrolment], [])


def test_a_person_renamed_after_the_approval_gets_no_certificate(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)
    renamed = PersonDetail(
        id="d-renamed", person_id=f"p{OFFICER}", number=2, given_lo="ບຸນມີ", family_lo="ວົງສາ", given_en="Bounmy",
        family_en="Vongsa", born="1980-01-31", search_key=OFFICER, source="officers",
    )  # fmt: skip
    ca.ledger.entries([Deed(Registered(f"p{OFFICER}"), TEST, [renamed])])

    turn = ca.room().turn()

    assert turn.issued == []
    assert turn.refused == [(enrolment, "enrolment.digest-wrong")]
