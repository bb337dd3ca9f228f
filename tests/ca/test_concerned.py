"""A certificate that names no person has people all the same: its body, and who answers for it (RV-02, RV-06)."""

from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from ca.endings.concerned import NOBODY, Concerned, concerned_by
from ca.endings.expiry import tell_of_ends
from ca.endings.grounds import OFFICE_PROFILES
from ca.endings.pausing import hold, release
from ca.endings.replacement import ask, replace_act
from ca.endings.requests import undecided
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.endings.settlement import settle
from ca.tables.endings import ReleaseOrderEnd
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from ledger.people import Appointment, AppointmentTerm, Cutoff, DutyKind
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk

COLLEAGUE, STRANGER = "10000031", "10000033"
BODY = f"o{HOLDER}"


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    """The body can be reached, the person who answers for its seal has a colleague there."""
    desk = Desk(ledger)
    desk.contact(BODY, "pki@mtc.gov.la")
    desk.person(COLLEAGUE)
    appoint(desk, COLLEAGUE)
    desk.person(STRANGER)
    return desk


@pytest.fixture
def seal(desk: Desk) -> Certificate:
    return desk.certify_body(HOLDER)


def appoint(desk: Desk, number: str) -> None:
    term = AppointmentTerm(
        id=f"bt{number}", appointment_id=f"b{number}", number=1, valid_from=desk.ledger.clock.now(), acting=False,
        decree="13/MOHA",
    )  # fmt: skip
    desk.write(Appointment(id=f"b{number}", person_id=f"p{number}", post_id=f"t{HOLDER}"), term)


def leave(desk: Desk, number: str) -> None:
    """The person's own post is over from now on."""
    now = desk.ledger.clock.now()
    desk.write(
        AppointmentTerm(
            id=f"over{number}", appointment_id=f"a{number}", number=2, valid_from=now, valid_to=now, acting=False,
            decree="14/MOHA",
        )
    )  # fmt: skip


def revoke(desk: Desk, by: str, certificate: Certificate) -> Receipt | Refuse:
    act = act_for("certificate.revoke", certificate.sha256, "key-loss", desk.ledger.clock.now())
    return revoke_certificate(desk.ledger, certificate.sha256, "key-loss", desk.sign(by, act))


def replace(desk: Desk, by: str, enrolment: Enrolment, old: Certificate) -> str | Refuse:
    signed = desk.sign(by, replace_act(enrolment, old.sha256, desk.ledger.clock.now()))
    return ask(desk.ledger, enrolment.id, old.sha256, signed)


def written_to(desk: Desk) -> list[str]:
    with desk.ledger.read() as session:
        bodies = session.scalars(select(OutboxMessage.body).order_by(OutboxMessage.id)).all()
    return sorted(str(message_from_bytes(bytes(body), policy=SMTP)["To"]) for body in bodies)


def test_who_answers_for_a_seal_ends_it_at_once_both_are_told_and_he_keeps_his_sessions(
    desk: Desk, seal: Certificate
) -> None:
    receipt = revoke(desk, HOLDER, seal)

    with desk.ledger.read() as session:
        ended, cutoffs = session.get(Revocation, seal.id), session.query(Cutoff).count()
    assert isinstance(receipt, Receipt) and receipt.serial_numbers == (seal.serial_number,)
    assert (ended is not None, cutoffs) == (True, 0)
    assert desk.requests() == [("holder", "revoke", "act", "granted")]
    assert written_to(desk) == [f"p{HOLDER}@mtc.gov.la", "pki@mtc.gov.la"]


@pytest.mark.parametrize("profile", ["organisation-seal", "tls-server", "tls-client", "device", "code-signing"])
def test_an_officer_of_the_body_asks_for_the_end_and_one_of_another_may_not(desk: Desk, profile: str) -> None:
    certificate = desk.certify_body(HOLDER, profile)

    asked, refused = revoke(desk, COLLEAGUE, certificate), revoke(desk, STRANGER, certificate)

    with desk.ledger.read() as session:
        waiting = [(one.channel, one.subject) for one in undecided(session)]
    assert isinstance(asked, Receipt) and asked.waits is not None
    assert refused == Refuse("revocation.no-duty")
    assert waiting == [("agency", certificate.id)]


def test_who_has_left_the_body_has_no_say_over_its_seal_any_more(desk: Desk, seal: Certificate) -> None:
    leave(desk, HOLDER)

    refused = revoke(desk, HOLDER, seal)
    revoke(desk, CLERK, seal)

    assert refused == Refuse("revocation.no-duty")
    assert written_to(desk) == ["pki@mtc.gov.la"]


def test_who_answers_for_a_seal_has_it_replaced_for_the_same_body_only(desk: Desk, seal: Certificate) -> None:
    same, other = desk.enrol_body(HOLDER, BODY), desk.enrol_body(HOLDER, f"o{STRANGER}")

    done = [replace(desk, HOLDER, other, seal), replace(desk, COLLEAGUE, same, seal), replace(desk, HOLDER, same, seal)]

    assert done[:2] == [Refuse("replacement.not-yours")] * 2
    assert isinstance(done[2], str)


def test_a_registration_officer_who_answers_for_a_seal_does_not_release_it(desk: Desk, seal: Certificate) -> None:
    desk.on_duty(HOLDER, DutyKind.REGISTRATION_OFFICER)
    pause = act_for("certificate.hold", seal.sha256, "certificateHold", desk.ledger.clock.now())
    hold(desk.ledger, seal.sha256, desk.sign(CLERK, pause))
    free = act_for("certificate.release", seal.sha256, "released", desk.ledger.clock.now())

    own = release(desk.ledger, seal.sha256, desk.sign(HOLDER, free))
    release(desk.ledger, seal.sha256, desk.sign(OTHER_CLERK, free))
    settle(desk.ledger, Actor.system("issue"))

    with desk.ledger.read() as session:
        ends = list(session.scalars(select(ReleaseOrderEnd.code)))
    assert (own, ends) == (Refuse("revocation.no-duty"), ["released"])


def test_the_body_and_who_answers_are_told_that_the_seal_ends_soon(desk: Desk) -> None:
    seal = desk.certify_body(HOLDER, days=40)
    desk.ledger.clock.turn(days=33)  # type: ignore[attr-defined]

    told = tell_of_ends(desk.ledger, Actor.system("work"))

    assert (told, seal.person_id) == (1, None)
    assert written_to(desk) == [f"p{HOLDER}@mtc.gov.la", "pki@mtc.gov.la"]


def test_a_certificate_of_our_own_services_concerns_nobody(desk: Desk) -> None:
    own = desk.certify(None, "ocsp-responder")

    with desk.ledger.read() as session:
        assert concerned_by(session, own, desk.ledger.clock.now()) == NOBODY


def test_the_body_that_a_person_s_certificate_names_is_told_after_he_has_left(desk: Desk) -> None:
    enrolment = desk.enrol_body(HOLDER, BODY, "business-representative")
    certificate = desk.certify(f"p{HOLDER}", "business-representative", enrolment_id=enrolment.id)
    leave(desk, HOLDER)

    with desk.ledger.read() as session:
        found = concerned_by(session, certificate, desk.ledger.clock.now())

    assert found == Concerned(f"p{HOLDER}", frozenset({BODY}))


@pytest.mark.parametrize("profile", ["citizen-signing", "citizen-authentication"])
def test_no_colleague_has_a_word_about_what_a_person_has_as_a_citizen(desk: Desk, profile: str) -> None:
    certificate = desk.certify(f"p{HOLDER}", profile)
    pause = act_for("certificate.hold", certificate.sha256, "certificateHold", desk.ledger.clock.now())

    done = [hold(desk.ledger, certificate.sha256, desk.sign(COLLEAGUE, pause)), revoke(desk, COLLEAGUE, certificate)]

    assert done == [Refuse("revocation.no-duty")] * 2
    assert desk.requests() == []


@pytest.mark.parametrize("profile", OFFICE_PROFILES)
def test_a_colleague_suspends_what_a_person_has_as_an_officer(desk: Desk, profile: str) -> None:
    certificate = desk.certify(f"p{HOLDER}", profile)
    pause = act_for("certificate.hold", certificate.sha256, "certificateHold", desk.ledger.clock.now())

    held = hold(desk.ledger, certificate.sha256, desk.sign(COLLEAGUE, pause))

    assert isinstance(held, Receipt)
    assert desk.requests() == [("agency", "suspend", "act", "granted")]


def test_a_body_is_told_of_what_it_lost_by_a_death_and_not_of_the_citizens_own(desk: Desk) -> None:
    desk.mail(HOLDER, "somphone@mtc.gov.la")
    citizens, officers = (desk.certify(f"p{HOLDER}", name) for name in ("citizen-signing", "officer-signing"))
    act = act_for("certificate.revoke", citizens.sha256, "death", desk.ledger.clock.now())

    revoke_certificate(desk.ledger, citizens.sha256, "death", desk.sign(CLERK, act))

    with desk.ledger.read() as session:
        bodies = session.scalars(select(OutboxMessage.body)).all()
    letters = [message_from_bytes(bytes(one), policy=SMTP) for one in bodies]
    [told] = [one.get_content() for one in letters if one["To"] == "pki@mtc.gov.la"]
    lines = told.splitlines()
    [named] = [line for line in lines if "/ Serial: " in line]
    assert officers.serial_number in named.partition(": ")[2].split(", ")
    assert citizens.serial_number not in named.partition(": ")[2].split(", ")
