"""Who asks by which way, and what comes of it: a pause takes less proof than an end (RV-01, RV-02)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ca.endings.channels import POWERS, Channel, Power, Wish
from ca.endings.pausing import hold, release
from ca.endings.requests import Report, close, close_act, report, undecided
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.profiles import PERSONS_PROFILES, PROFILES
from ca.tables.endings import EndingReport, EndingRequest
from ledger.certificates import Certificate, Hold, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.people import Appointment, AppointmentTerm, DutyKind
from tests.ca.conftest import register_person
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.issuing import KeySigner

COLLEAGUE, HELPER, NOBODY = "10000031", "10000032", "10000033"
CITIZEN = "20000001"


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


def revoke(desk: Desk, by: str, certificate: Certificate, word: str = "key-loss") -> Receipt | Refuse:
    act = act_for("certificate.revoke", certificate.sha256, word, desk.ledger.clock.now())
    return revoke_certificate(desk.ledger, certificate.sha256, word, desk.sign(by, act))


def suspend(desk: Desk, by: str, certificate: Certificate) -> Receipt | Refuse:
    act = act_for("certificate.hold", certificate.sha256, "certificateHold", desk.ledger.clock.now())
    return hold(desk.ledger, certificate.sha256, desk.sign(by, act))


def free(desk: Desk, by: str, certificate: Certificate) -> Receipt | Refuse:
    act = act_for("certificate.release", certificate.sha256, "released", desk.ledger.clock.now())
    return release(desk.ledger, certificate.sha256, desk.sign(by, act))


def count(desk: Desk, table: type) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def join_the_holder_s_body(desk: Desk, number: str) -> None:
    appointment = Appointment(id=f"b{number}", person_id=f"p{number}", post_id=f"t{HOLDER}")
    term = AppointmentTerm(
        id=f"bt{number}", appointment_id=f"b{number}", number=1, valid_from=desk.ledger.clock.now(), acting=True,
        decree="13/MOHA",
    )  # fmt: skip
    desk.write(appointment, term)


def test_every_channel_has_its_power_for_every_wish_and_a_weak_one_revokes_nothing_alone() -> None:
    assert {channel: set(row) for channel, row in POWERS.items()} == {channel: set(Wish) for channel in Channel}
    assert POWERS[Channel.STRANGER] == {
        Wish.REVOKE: Power.DECISION, Wish.SUSPEND: Power.DECISION, Wish.RELEASE: Power.NEVER
    }  # fmt: skip
    assert [channel for channel in Channel if POWERS[channel][Wish.RELEASE] is Power.AT_ONCE] == [Channel.OFFICER]


def citizen(desk: Desk, number: str = CITIZEN) -> Certificate:
    """A person's certificate by which he signs in as a citizen; with its key he signs his acts from now on."""
    signer = KeySigner()
    own = desk.certify(f"p{number}", "citizen-authentication", signer)
    desk.hands[number] = own.sha256, signer
    return own


def test_a_citizen_pauses_and_ends_what_is_his_by_his_own_key_at_once_and_all_is_accounted_for(desk: Desk) -> None:
    register_person(desk.ledger, CITIZEN, officer=False)
    own = citizen(desk)
    signing = desk.certify(f"p{CITIZEN}", "citizen-signing")

    paused = suspend(desk, CITIZEN, signing)
    released = free(desk, CITIZEN, signing)
    ended = revoke(desk, CITIZEN, signing, "key-unusable")
    last = desk.sign(CITIZEN, act_for("certificate.revoke", own.sha256, "key-loss", desk.ledger.clock.now()))
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]  # what the act brings comes after it
    gone = revoke_certificate(desk.ledger, own.sha256, "key-loss", last)

    assert isinstance(paused, Receipt)
    assert released == Refuse("revocation.no-duty")
    assert all(isinstance(one, Receipt) and one.waits is None for one in (ended, gone))
    with desk.ledger.read() as session:
        assert list(uncaused(Provenance(session))) == []


def test_the_key_of_a_citizen_ends_nothing_of_others_though_he_is_an_officer_too(
    desk: Desk, certificate: Certificate
) -> None:
    citizen(desk, CLERK)

    assert revoke(desk, CLERK, certificate) == Refuse("act.certificate-not-for-authentication")


def test_a_holder_ends_his_own_certificate_by_his_own_key_at_once(desk: Desk, certificate: Certificate) -> None:
    receipt = revoke(desk, HOLDER, certificate)

    assert isinstance(receipt, Receipt) and receipt.serial_numbers == (certificate.serial_number,)
    assert desk.requests() == [("holder", "revoke", "act", "granted")]


def test_a_holder_ends_nobody_else_s(desk: Desk) -> None:
    other = desk.certify(f"p{CLERK}", "officer-signing")

    assert revoke(desk, HOLDER, other) == Refuse("revocation.no-duty")
    assert count(desk, Revocation) == 0


def test_a_holder_pauses_his_own_but_does_not_release_it_even_as_an_officer(desk: Desk) -> None:
    own = desk.certify(f"p{CLERK}", "officer-signing")

    held = suspend(desk, CLERK, own)
    released = free(desk, CLERK, own)

    assert isinstance(held, Receipt)
    assert released == Refuse("revocation.no-duty")


def test_a_colleague_pauses_at_once_and_asks_for_the_end(desk: Desk, certificate: Certificate) -> None:
    desk.person(COLLEAGUE)
    join_the_holder_s_body(desk, COLLEAGUE)

    asked = revoke(desk, COLLEAGUE, certificate, "misuse")
    held = suspend(desk, COLLEAGUE, certificate)

    assert isinstance(asked, Receipt) and asked.waits and asked.serial_numbers == ()
    assert isinstance(held, Receipt) and held.waits is None
    assert (count(desk, Revocation), count(desk, Hold)) == (0, 1)
    assert desk.requests() == [("agency", "revoke", "act", None), ("agency", "suspend", "act", "granted")]


def test_the_help_desk_pauses_at_once_and_ends_nothing(desk: Desk, certificate: Certificate) -> None:
    desk.person(HELPER, DutyKind.HELP_DESK)

    asked, held = revoke(desk, HELPER, certificate), suspend(desk, HELPER, certificate)

    assert isinstance(asked, Receipt) and asked.waits
    assert isinstance(held, Receipt) and held.waits is None
    assert (count(desk, Revocation), count(desk, Hold)) == (0, 1)


@pytest.mark.parametrize("profile", ["device", "tls-client", "organisation-seal"])
def test_the_help_desk_pauses_what_is_a_bodys_only_if_it_is_its_own(desk: Desk, profile: str) -> None:
    desk.person(HELPER, DutyKind.HELP_DESK)
    own, others = desk.certify_body(HELPER, profile), desk.certify_body(HOLDER, profile)
    desk.person(COLLEAGUE)
    join_the_holder_s_body(desk, COLLEAGUE)

    refused, allowed = suspend(desk, HELPER, others), [suspend(desk, HELPER, own), suspend(desk, COLLEAGUE, others)]

    assert refused == Refuse("revocation.not-by-phone")
    assert all(isinstance(one, Receipt) and one.waits is None for one in allowed)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("by", [CLERK, HELPER])
def test_a_pause_is_for_who_shows_himself_and_never_for_what_others_rely_on(desk: Desk, profile: str, by: str) -> None:
    desk.person(HELPER, DutyKind.HELP_DESK)
    certificate = desk.certify(f"p{HOLDER}" if profile in PERSONS_PROFILES else None, profile)

    outcome = suspend(desk, by, certificate)

    assert (outcome == Refuse("revocation.never-held")) == (profile in RELIED_ON)
    assert isinstance(outcome, Receipt) == (profile in PERSONS_PROFILES or (by == CLERK and profile in SHOWN))


RELIED_ON = {
    "root-ca", "issuing-ca", "issuing-services-ca", "cross-certificate", "ocsp-responder", "tsa-unit", "token-signer",
    "machines-ra", "code-signing", "tls-server",
}  # fmt: skip
SHOWN = {"organisation-seal", "tls-client", "device"}
"""Written out here once more: a new profile is in one of the two, or of a person."""


def test_every_profile_is_of_a_person_or_shown_or_relied_on() -> None:
    assert set(PROFILES) == PERSONS_PROFILES | SHOWN | RELIED_ON


def test_a_person_of_another_body_asks_for_nothing(desk: Desk, certificate: Certificate) -> None:
    desk.person(NOBODY)

    refused = [revoke(desk, NOBODY, certificate), suspend(desk, NOBODY, certificate)]

    assert refused == [Refuse("revocation.no-duty")] * 2
    assert desk.requests() == []


def test_what_an_officer_ends_answers_the_requests_that_waited_and_says_who_decided(
    desk: Desk, certificate: Certificate
) -> None:
    waiting = report(desk.ledger, Report("key-loss", "ເສຍຢູ່ຕະຫຼາດ", certificate.serial_number))
    desk.ledger.clock.turn(hours=3)  # type: ignore[attr-defined]

    revoke(desk, CLERK, certificate)

    assert isinstance(waiting, str)
    assert desk.requests() == [("stranger", "revoke", "none", "granted"), ("officer", "revoke", "act", "granted")]
    with desk.ledger.read() as session:
        assert undecided(session) == []


def test_a_stranger_s_report_stays_unconfirmed_and_revokes_nothing(desk: Desk, certificate: Certificate) -> None:
    said = Report("key-compromise", "ຂ້ອຍເຫັນຄົນອື່ນໃຊ້", f" {certificate.serial_number.upper()} ", "020 5551 2345")

    request = report(desk.ledger, said)

    with desk.ledger.read() as session:
        row = session.get_one(EndingRequest, request)
        words = session.get_one(EndingReport, request)
        entry = session.get_one(Entry, row.entry_id)
    assert (row.authentication, row.subject, row.asked_by) == ("none", certificate.id, None)
    assert (words.contact, "ຂ້ອຍ" in words.told, "ຂ້ອຍ" in entry.body) == ("020 5551 2345", True, False)
    assert (entry.actor, count(desk, Revocation), count(desk, Hold)) == ("anyone", 0, 0)


def test_a_stranger_names_a_person_by_number_in_lao_digits(desk: Desk) -> None:
    request = report(desk.ledger, Report("death", "ເສຍຊີວິດ", "໑໐໐໐໐໐໑໗"))

    with desk.ledger.read() as session:
        assert session.get_one(EndingRequest, request).subject == f"p{HOLDER}"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Report("because", "x"), "revocation.reason-unknown"),
        (Report("key-loss", "  "), "report.empty"),
        (Report("key-loss", "x" * 2001), "report.too-long"),
    ],
)
def test_a_report_that_says_nothing_or_too_much_is_not_taken(desk: Desk, said: Report, code: str) -> None:
    assert report(desk.ledger, said) == Refuse(code)
    assert desk.requests() == []


def test_a_flood_of_reports_is_stopped_and_officers_are_not(
    desk: Desk, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.endings.requests.MOST_IN_AN_HOUR", 3)
    taken = [report(desk.ledger, Report("misuse", "x")) for _ in range(3)]

    more = report(desk.ledger, Report("misuse", "x"))
    receipt = revoke(desk, CLERK, certificate)
    desk.ledger.clock.turn(hours=1)  # type: ignore[attr-defined]

    assert {type(one) for one in taken} == {str}
    assert more == Refuse("report.too-many")
    assert isinstance(receipt, Receipt)
    assert isinstance(report(desk.ledger, Report("misuse", "x")), str)


def test_an_officer_closes_a_request_once_and_it_is_never_opened_again(desk: Desk, certificate: Certificate) -> None:
    request = report(desk.ledger, Report("misuse", "ບໍ່ຖືກ", certificate.serial_number))
    assert isinstance(request, str)
    signed = desk.sign(CLERK, close_act([request], "unfounded", desk.ledger.clock.now()))
    again = desk.sign(OTHER_CLERK, close_act([request], "duplicate", desk.ledger.clock.now()))

    closed = close(desk.ledger, [request], "unfounded", signed)
    second = close(desk.ledger, [request], "duplicate", again)

    assert isinstance(closed, list)
    assert second == Refuse("ending.closed")
    assert desk.requests() == [("stranger", "revoke", "none", "unfounded")]


@pytest.mark.parametrize("about", ["himself", "his certificate", "his seal"])
def test_no_officer_closes_what_is_asked_about_himself_and_another_does(desk: Desk, about: str) -> None:
    own, seal = desk.certify(f"p{CLERK}", "officer-signing"), desk.certify_body(CLERK)
    subject = {"himself": CLERK, "his certificate": own.serial_number, "his seal": seal.serial_number}[about]
    other, request = (report(desk.ledger, Report("misuse", "ບໍ່ຖືກ", one)) for one in ("", subject))
    assert isinstance(request, str) and isinstance(other, str)
    now = desk.ledger.clock.now()

    alone = close(desk.ledger, [request], "unfounded", desk.sign(CLERK, close_act([request], "unfounded", now)))
    both = [request, other]
    among = close(desk.ledger, both, "unfounded", desk.sign(CLERK, close_act(both, "unfounded", now)))
    by_another = close(desk.ledger, both, "unfounded", desk.sign(OTHER_CLERK, close_act(both, "unfounded", now)))

    assert (alone, among) == (Refuse("ending.own"), Refuse("ending.own"))
    assert isinstance(by_another, list)


def test_who_has_no_duty_closes_nothing(desk: Desk) -> None:
    request = report(desk.ledger, Report("misuse", "ບໍ່ຖືກ"))
    assert isinstance(request, str)
    signed = desk.sign(HOLDER, close_act([request], "unfounded", desk.ledger.clock.now()))

    assert close(desk.ledger, [request], "unfounded", signed) == Refuse("revocation.no-duty")


def test_a_holder_ends_all_that_he_has(desk: Desk, certificate: Certificate) -> None:
    act = act_for("person.revoke", HOLDER, "key-loss", desk.ledger.clock.now())

    receipt = revoke_person(desk.ledger, HOLDER, "key-loss", desk.sign(HOLDER, act))

    assert isinstance(receipt, Receipt) and len(receipt.serial_numbers) == 2
    assert receipt.at - desk.ledger.clock.now() == timedelta(0)
