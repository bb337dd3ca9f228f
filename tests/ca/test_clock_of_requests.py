"""A request that nobody decides: alarm at 12 h, one level up at 20 h, its reason on record at 24 h (RV-03); letters."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from ca.configuration import DEFAULT
from ca.endings.expiry import tell_of_ends
from ca.endings.pausing import hold
from ca.endings.requests import Report, overdue, report
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.endings.settlement import settle
from ca.tables.endings import EndingRequestStep, ExpiryNotice
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from ledger.people import DutyKind, OrganisationDetail
from tests.ca.agreeing import agree
from tests.ca.conftest import register_person
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk

WORKER = Actor.system("work")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def steps(desk: Desk) -> list[tuple[str, str]]:
    with desk.ledger.read() as session:
        found = select(EndingRequestStep.step, EndingRequestStep.code).order_by(EndingRequestStep.id)
        return [(step, code) for step, code in session.execute(found)]


def letters(desk: Desk) -> list[tuple[str, str, str]]:
    """To whom, the subject and the text of each letter, the oldest first."""
    with desk.ledger.read() as session:
        found = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    mails = [message_from_bytes(bytes(one.body), policy=SMTP) for one in found]
    return [(str(mail["To"]), str(mail["Subject"]), mail.get_content()) for mail in mails]


def turned(desk: Desk, hours: float) -> list[tuple[str, str]]:
    desk.ledger.clock.turn(hours=hours)  # type: ignore[attr-defined]
    overdue(desk.ledger, WORKER)
    overdue(desk.ledger, WORKER)
    return steps(desk)


def test_the_clock_of_a_request_that_nobody_decides(desk: Desk) -> None:
    desk.mail(CLERK, "clerk@moj.gov.la")
    desk.person("10000040", DutyKind.CA_OPERATOR)
    desk.mail("10000040", "operator@moj.gov.la")
    report(desk.ledger, Report("key-loss", "ເສຍ"))

    seen = [turned(desk, hours) for hours in (11.9, 0.1, 7.9, 0.1, 3.9, 0.1, 24)]

    alarm, up, limit = ("alarm", "unconfirmed"), ("escalation", "unconfirmed"), ("limit", "unconfirmed")
    assert seen == [[], [alarm], [alarm], [alarm, up], [alarm, up], [alarm, up, limit], [alarm, up, limit]]
    told = ["clerk@moj.gov.la", "operator@moj.gov.la", f"p{OTHER_CLERK}@mtc.gov.la"]
    assert sorted(to for to, _, _ in letters(desk)) == sorted(told * 2)
    assert "within 24 hours" in " ".join(letters(desk)[0][2].split())


def test_everybody_on_duty_has_his_letter_however_many_they_are(desk: Desk) -> None:
    officers = [f"{10002000 + number}" for number in range(120)]
    for number in officers:
        register_person(desk.ledger, number)
        desk.on_duty(number, DutyKind.REGISTRATION_OFFICER)
    report(desk.ledger, Report("key-loss", "ເສຍ"))

    turned(desk, 12)

    told = [to for to, _, _ in letters(desk)]
    assert sorted(told) == sorted({f"p{number}@mtc.gov.la" for number in (*officers, CLERK, OTHER_CLERK)})


def test_officers_have_one_letter_an_hour_about_all_reports_of_strangers(desk: Desk) -> None:
    desk.mail(CLERK, "clerk@moj.gov.la")
    for _ in range(24):  # From 09:00 on, one every five minutes.
        report(desk.ledger, Report("misuse", "x"))
        desk.ledger.clock.turn(minutes=5)  # type: ignore[attr-defined]
    desk.ledger.clock.turn(hours=9.9)  # type: ignore[attr-defined]

    seen = [len(turned(desk, minutes / 60)) for minutes in (6, 20, 39, 1, 55)]

    assert seen == [1, 5, 12, 13, 24]
    told = [text for to, _, text in letters(desk) if to == "clerk@moj.gov.la"]
    assert [text.count("Request:") for text in told] == [12, 12]
    assert [text.splitlines()[4] for text in told] == ["ຈຳນວນ / Number: 12"] * 2


def test_reports_that_come_due_because_the_hours_became_fewer_have_one_letter_more(desk: Desk) -> None:
    desk.mail(CLERK, "clerk@moj.gov.la")
    reports = []
    for hours in (3, 3.4, 5.6):  # Made at 09:00, 12:00 and 15:24; the first is due at 21:00.
        reports.append(report(desk.ledger, Report("misuse", "x")))
        desk.ledger.clock.turn(hours=hours)  # type: ignore[attr-defined]

    turned(desk, 0.1)
    agree(desk.ledger, replace(DEFAULT, revocation_alarm_hours=6))
    seen = [len(turned(desk, 0.1)) for _ in range(8)]

    told = [text for to, _, text in letters(desk) if to == "clerk@moj.gov.la"]
    assert (seen[0], seen[-1]) == (2, 3)  # The third is due at 21:24.
    assert [[str(one) in text for one in reports] for text in told] == [[True, False, False], [False, True, True]]


def test_a_flood_of_reports_does_not_hide_what_somebody_asked_for_under_his_key(desk: Desk) -> None:
    desk.mail(CLERK, "clerk@moj.gov.la")
    desk.person("10000050", DutyKind.HELP_DESK)
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    report(desk.ledger, Report("misuse", "x"))
    act = act_for("certificate.revoke", certificate.sha256, "key-loss", desk.ledger.clock.now())
    asked = revoke_certificate(desk.ledger, certificate.sha256, "key-loss", desk.sign("10000050", act))

    turned(desk, 12)

    told = [text for to, _, text in letters(desk) if to == "clerk@moj.gov.la"]
    assert isinstance(asked, Receipt)
    assert [str(asked.waits) in text for text in told] == [False, True]


def test_the_alarm_names_the_hours_that_are_in_force(desk: Desk) -> None:
    chosen = replace(DEFAULT, revocation_limit_hours=22)
    agree(desk.ledger, chosen)
    report(desk.ledger, Report("key-loss", "ເສຍ"))

    turned(desk, 12)

    text = " ".join(letters(desk)[0][2].split())
    assert "ພາຍໃນ 22 ຊົ່ວໂມງ" in text
    assert "within 22 hours" in text


def test_a_request_that_was_decided_raises_no_alarm(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    report(desk.ledger, Report("key-loss", "ເສຍ", certificate.serial_number))
    act = act_for("certificate.revoke", certificate.sha256, "key-loss", desk.ledger.clock.now())
    revoke_certificate(desk.ledger, certificate.sha256, "key-loss", desk.sign(CLERK, act))

    assert turned(desk, 30) == []


def test_holder_and_agency_are_told_of_a_revocation_in_the_same_entry_once(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    desk.mail(HOLDER, "somphone@mtc.gov.la")
    desk.write(
        OrganisationDetail(
            id="body", organisation_id=f"o{HOLDER}", number=1, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry",
            domains="mtc.gov.la", contact="pki@mtc.gov.la", valid_from=desk.ledger.clock.now(), valid_to=None,
        )
    )  # fmt: skip
    act = act_for("certificate.revoke", certificate.sha256, "key-loss", desk.ledger.clock.now())

    receipt = revoke_certificate(desk.ledger, certificate.sha256, "key-loss", desk.sign(CLERK, act))

    told = letters(desk)
    assert sorted(to for to, _, _ in told) == ["pki@mtc.gov.la", "somphone@mtc.gov.la"]
    subject, text = told[0][1:]
    assert subject == "ໃບຢັ້ງຢືນຖືກຍົກເລີກ / Certificate revoked"
    assert text.index("ໃບຢັ້ງຢືນ") < text.index("The certificates below")
    assert f"Serial: {certificate.serial_number}" in text
    assert "key or device lost (keyCompromise)" in text and "24/11/2026 09:00 (+07:00)" in text
    with desk.ledger.read() as session:
        assert set(session.scalars(select(OutboxMessage.entry_id))) == {receipt.entry_id}  # type: ignore[union-attr]


def test_the_holder_is_told_of_a_pause_its_end_and_that_it_ran_out(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing")
    desk.mail(HOLDER, "somphone@mtc.gov.la")
    act = act_for("certificate.hold", certificate.sha256, "certificateHold", desk.ledger.clock.now())
    hold(desk.ledger, certificate.sha256, desk.sign(OTHER_CLERK, act))
    desk.ledger.clock.turn(days=31)  # type: ignore[attr-defined]
    settle(desk.ledger, Actor.system("issue"))

    [paused, ended] = sorted(letters(desk), key=lambda told: told[1], reverse=True)

    assert "suspended until 24/12/2026 09:00" in paused[2]
    assert "the pause ran out" in ended[2]


def test_a_holder_is_told_sixty_thirty_and_seven_days_before_the_end_once_each(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", days=365)
    short = desk.certify(f"p{HOLDER}", "officer-signing", days=10)
    desk.mail(HOLDER, "somphone@mtc.gov.la")

    told = []
    for days in (304, 1, 29, 1, 22, 1, 6, 2):
        desk.ledger.clock.turn(days=days)  # type: ignore[attr-defined]
        told.append(tell_of_ends(desk.ledger, WORKER) + tell_of_ends(desk.ledger, WORKER))

    # The two authentication certificates of the officers and the holder's own end on the same day.
    with desk.ledger.read() as session:
        notices = session.execute(select(ExpiryNotice.certificate_id, ExpiryNotice.days)).all()
    assert {row.days for row in notices if row.certificate_id == certificate.id} == {60, 30, 7}
    assert [row for row in notices if row.certificate_id == short.id] == []
    assert told == [0, 4, 0, 4, 0, 4, 0, 0]
    assert "ends on 24/11/2027" in letters(desk)[0][2]


def test_a_worker_that_was_away_sends_one_notice_not_three(desk: Desk) -> None:
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", days=365)
    desk.ledger.clock.turn(days=360)  # type: ignore[attr-defined]

    tell_of_ends(desk.ledger, WORKER)
    tell_of_ends(desk.ledger, WORKER)

    with desk.ledger.read() as session:
        notices = select(ExpiryNotice.days).where(ExpiryNotice.certificate_id == certificate.id)
        assert list(session.scalars(notices)) == [7]
