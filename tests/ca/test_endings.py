"""Revocation, hold and release, and how they show on the CRL."""

from sqlalchemy import func, select

from ca.app import create_app
from ca.endings.pausing import hold, release
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.publication.listing import listed
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Deed
from ledger.people import Cutoff, Duty, DutyEnd
from pki.crl import parse_crl
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from web.home import Mode
from web.settings import HouseSettings

OFFICER = "10000017"


def issued(ca: PracticeCa) -> Certificate:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    return ca.room().turn().issued[0]


def signed_by_first(ca: PracticeCa, kind: str, subject: str, reason: str):  # type: ignore[no-untyped-def]
    return ca.sign(FIRST, act_for(kind, subject, reason, ca.ledger.clock.now()))


def test_a_person_s_certificates_and_sessions_end_in_one_entry(ca: PracticeCa) -> None:
    certificate = issued(ca)

    done = revoke_person(
        ca.ledger, OFFICER, "keyCompromise", signed_by_first(ca, "person.revoke", OFFICER, "keyCompromise")
    )

    assert isinstance(done, Receipt) and done.serial_numbers == (certificate.serial_number,)
    with ca.ledger.read() as session:
        assert session.get_one(Revocation, certificate.id).entry_id == done.entry_id
        assert session.scalars(select(Cutoff.entry_id)).one() == done.entry_id
    [crl] = ca.room().turn().crls
    assert int(certificate.serial_number, 16) in parse_crl(crl.der).by_serial


def test_a_routine_replacement_ends_no_session(ca: PracticeCa) -> None:
    issued(ca)

    revoke_person(ca.ledger, OFFICER, "superseded", signed_by_first(ca, "person.revoke", OFFICER, "superseded"))

    with ca.ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Cutoff)) == 0


def test_an_act_about_another_certificate_revokes_nothing(ca: PracticeCa) -> None:
    certificate = issued(ca)
    act = act_for("certificate.revoke", certificate.sha256, "superseded", ca.ledger.clock.now())
    signed = ca.sign(FIRST, act_for("certificate.revoke", "another", "superseded", act.at))

    refused = revoke_certificate(ca.ledger, certificate.sha256, "superseded", signed)

    assert refused == Refuse("revocation.not-about-this")


def test_an_officer_whose_duty_ended_revokes_holds_and_releases_nothing(ca: PracticeCa) -> None:
    certificate = issued(ca)
    with ca.ledger.read() as session:
        duty = session.scalars(select(Duty.id).where(Duty.person_id == f"p{FIRST}")).one()
    ca.ledger.entries([Deed(Registered("p"), TEST, [DutyEnd(duty_id=duty, at=ca.ledger.clock.now())])])
    revoking = signed_by_first(ca, "certificate.revoke", certificate.sha256, "superseded")
    holding = signed_by_first(ca, "certificate.hold", certificate.sha256, "certificateHold")
    releasing = signed_by_first(ca, "certificate.release", certificate.sha256, "released")

    refused = [
        revoke_person(ca.ledger, OFFICER, "superseded", signed_by_first(ca, "person.revoke", OFFICER, "superseded")),
        revoke_certificate(ca.ledger, certificate.sha256, "superseded", revoking),
        hold(ca.ledger, certificate.sha256, holding),
        release(ca.ledger, certificate.sha256, releasing),
    ]

    assert refused == [Refuse("revocation.no-duty")] * 4
    with ca.ledger.read() as session:
        kinds = session.scalars(select(Entry.kind)).all()
    assert kinds.count("revocation.refused") == 4
    assert {"person.revoked", "certificate.revoked", "certificate.held"}.isdisjoint(kinds)


def test_a_hold_is_on_the_crl_until_it_is_released(ca: PracticeCa) -> None:
    certificate = issued(ca)
    room = ca.room()

    hold(ca.ledger, certificate.sha256, signed_by_first(ca, "certificate.hold", certificate.sha256, "certificateHold"))
    held = [entry.reason for entry in parse_crl(room.turn().crls[0].der).entries]
    ca.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    release(ca.ledger, certificate.sha256, signed_by_first(ca, "certificate.release", certificate.sha256, "released"))
    after = parse_crl(room.turn().crls[0].der)

    assert held == ["certificateHold"]
    assert after.entries == ()
    assert after.number == 3


def test_a_server_certificate_is_never_held(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        server = session.scalars(select(Certificate).where(Certificate.profile == "tls-server")).first()
    assert server is not None

    refused = hold(ca.ledger, server.sha256, signed_by_first(ca, "certificate.hold", server.sha256, "certificateHold"))

    assert refused == Refuse("revocation.never-held")


def test_what_is_revoked_stays_revoked(ca: PracticeCa) -> None:
    certificate = issued(ca)
    revoke_certificate(
        ca.ledger, certificate.sha256, "superseded",
        signed_by_first(ca, "certificate.revoke", certificate.sha256, "superseded"),
    )  # fmt: skip

    refused = release(
        ca.ledger, certificate.sha256, signed_by_first(ca, "certificate.release", certificate.sha256, "released")
    )

    assert refused == Refuse("revocation.already-revoked")


def test_every_address_in_a_certificate_answers(ca: PracticeCa) -> None:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    client = create_app(settings, ledger=ca.ledger).test_client()

    crl, issuer = client.get("/crl/officers-1.crl"), client.get("/issuer/officers-1.cer")

    assert (crl.status_code, crl.mimetype) == (200, "application/pkix-crl")
    assert (issuer.status_code, issuer.mimetype) == (200, "application/pkix-cert")
    assert "Certification practice statement" in client.get("/cps?lang=en").text
    assert "ຖະແຫຼງການ" in client.get("/cps?lang=lo").text
    assert client.get("/crl/nobody-1.crl").status_code == 404
    with ca.ledger.read() as session:
        assert listed(session, ca.issuing("officers").id) == []
