"""An issuer ends by plan: two people, all revoked, everybody told, one last CRL, an archive that stands alone."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, OCSPResponse, load_der_ocsp_response
from sqlalchemy import func, select

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.steps.destroy_key import DestroyKeyStep
from ca.ceremonies.steps.step import SoFar
from ca.closing.archive import Archived, ArchiveUnfit, verify_archive, write_archive
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Acted, Way, act, act_for, plan
from ca.closing.last_crl import publish_now
from ca.endings.asking import act_for as person_act
from ca.endings.revocation import revoke_person
from ca.issuance.renewal import renew_due
from ca.tables.hierarchy import Closing, IssuerEnd
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Deed, Ledger
from ledger.outbox import OutboxMessage
from ledger.people import OrganisationDetail
from ledger.verification import verify_ledger
from ocsp.far.export import export, voice_of
from ocsp.far.population import populations
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.keys import key_sha256
from pki.profile import FOR_EVER
from tests.ca.agreeing import keyed
from tests.ca.closers import CLOSERS, acted, admit_closers, both_acted, ceremony_of, issuer_of
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.desk import HOLDER, Desk
from tests.ca.events import Registered
from tests.ca.failing import Deadline, Killed, mortal_ledger
from tests.doubles import TurnedClock
from tests.issuing import PracticeIssuer
from web.home import Mode

HOLDERS = ("10000017", "10000018", "10000019")


@pytest.fixture
def issued(ca: PracticeCa) -> list[Certificate]:
    """Certificates of three officers, and two operators who can end an issuer."""
    admit_closers(ca)
    for number in HOLDERS:
        register_person(ca.ledger, number)
        ca.approved(number)
    return ca.room().turn().issued


def living(ca: PracticeCa, issuer: str) -> int:
    ended = select(Revocation.certificate_id)
    alive = select(func.count()).where(
        Certificate.issuer_id == issuer, Certificate.profile != "ocsp-responder", Certificate.id.not_in(ended)
    )
    with ca.ledger.read() as session:
        return session.scalar(alive) or 0


def test_one_person_ends_nothing_and_nobody_counts_twice(ca: PracticeCa, issued: list[Certificate]) -> None:
    first = acted(ca, CLOSERS[0], "officers")
    again = acted(ca, CLOSERS[0], "officers")
    stranger = acted(ca, FIRST, "officers")

    with ca.ledger.read() as session:
        planned = plan(session, "officers", Way.TERMINATE, ca.ledger.clock.now())
    assert (first.acts, first.ended) == (1, False)  # type: ignore[union-attr]
    assert (again, stranger) == (Refuse("closing.twice"), Refuse("closing.no-duty"))
    assert not isinstance(planned, Refuse)
    assert (planned.acts, planned.ended, planned.certificates) == (1, False, len(issued) + 4)
    assert carry_out(ca.ledger, issued[0].issuer_id) == 0


def test_an_act_that_lay_about_for_more_than_a_month_counts_no_more_and_is_made_again(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    acted(ca, CLOSERS[0], "officers")
    clock.turn(days=31)

    second = acted(ca, CLOSERS[1], "officers")
    again = acted(ca, CLOSERS[0], "officers")

    assert (second, again) == (Acted(1, ended=False), Acted(2, ended=True))


def test_who_lost_the_key_that_he_acted_with_acts_again_with_his_new_one(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    acted(ca, CLOSERS[0], "officers", Way.COMPROMISE)
    lost = ca.sign(FIRST, person_act("person.revoke", CLOSERS[0], "key-loss", clock.now()))
    assert not isinstance(revoke_person(ca.ledger, CLOSERS[0], "key-loss", lost), Refuse)
    clock.turn(minutes=1)
    hand, meant = keyed(ca, CLOSERS[0]), act_for(Way.COMPROMISE, issuer_of(ca, "officers"), clock.now())

    again = act(ca.ledger, "officers", Way.COMPROMISE, hand.sign(meant))
    second = acted(ca, CLOSERS[1], "officers", Way.COMPROMISE)

    assert (again, second) == (Acted(1, ended=False), Acted(2, ended=True))


def test_after_its_end_everything_under_it_is_revoked_and_the_last_crl_lists_all(
    ca: PracticeCa, issued: list[Certificate]
) -> None:
    issuer = both_acted(ca, "officers")

    revoked = carry_out(ca.ledger, issuer)

    [crl] = [crl for crl in ca.room().turn().crls if crl.issuer_id == issuer]
    assert (revoked, living(ca, issuer)) == (len(issued) + 4, 0)
    assert crl.next_update == FOR_EVER
    assert b"99991231235959Z" in crl.der
    assert {int(one.serial_number, 16) for one in issued} <= parse_crl(crl.der).by_serial.keys()
    assert ca.room().turn().crls == []


def test_what_was_approved_is_not_issued_any_more_and_the_code_says_why(
    ca: PracticeCa, issued: list[Certificate]
) -> None:
    register_person(ca.ledger, "10000020")
    enrolment = ca.approved("10000020")
    both_acted(ca, "officers")

    done = ca.room().turn()

    assert (done.issued, done.refused) == ([], [(enrolment, "issuance.issuer-ended")])


def test_an_end_between_intent_and_signature_leaves_nothing_signed(ca: PracticeCa, issued: list[Certificate]) -> None:
    register_person(ca.ledger, "10000020")
    enrolment = ca.approved("10000020")

    def ended_then_sealed(entries: Sequence[str]) -> None:
        both_acted(ca, "officers")
        ca.await_seal(entries)

    done = replace(ca.room(), await_seal=ended_then_sealed).turn()

    assert done.issued == []
    assert ca.room().turn().refused == [(enrolment, "issuance.issuer-ended")]


def test_ocsp_goes_on_and_its_responder_is_still_renewed(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers"))
    clock.turn(days=20)
    renew_due(ceremony_of(ca), ca.room())
    clock.turn(days=20)

    answer = told_of(ca, issued[0], clock)

    assert answer.certificate_status is OCSPCertStatus.REVOKED


def test_a_closed_issuer_is_answered_for_without_end_and_without_its_key(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    issuer = both_acted(ca, "officers")
    carry_out(ca.ledger, issuer)
    ca.room().turn()
    made = renew_due(ceremony_of(ca), ca.room())
    again = renew_due(ceremony_of(ca), ca.room())
    clock.turn(days=365 * 60)

    answer = told_of(ca, issued[0], clock)

    assert [one.not_after for one in made] == [FOR_EVER]
    assert again == []
    assert answer.certificate_status is OCSPCertStatus.REVOKED
    assert answer.next_update_utc == FOR_EVER
    [certificate] = answer.certificates
    assert certificate.not_valid_after_utc == FOR_EVER
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.home.certificate("officers").read_bytes()))


def test_final_answers_are_carried_away_too(ca: PracticeCa, issued: list[Certificate]) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers"))
    ca.room().turn()
    renew_due(ceremony_of(ca), ca.room())
    with ca.ledger.read() as session:
        found = populations(session, ca.ledger.clock.now())
    closed = [one for one in found if one.name == "officers"]
    voices = [voice_of(one, lambda name: ca.issuing_signer(f"ocsp-{name}")) for one in closed]

    [part] = export(closed, voices, None, ca.ledger.clock.now()).bundle.parts

    assert {row.next_update for row in part.rows()} == {FOR_EVER}


def test_the_key_of_a_closed_issuer_is_destroyed_only_behind_its_last_words(
    ca: PracticeCa, issued: list[Certificate]
) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers"))
    step = DestroyKeyStep("officers", key=key_sha256(ca.issuing_signer("officers").public_key))
    so_far = SoFar(Mode.PRACTICE)

    with pytest.raises(CeremonyFailed, match="last words"):
        step.hold(ceremony_of(ca), so_far)
    ca.room().turn()
    renew_due(ceremony_of(ca), ca.room())

    assert step.hold(ceremony_of(ca), so_far) == {"destroyed-key": step.key.encode()}


def test_the_key_of_a_closed_issuer_that_can_sign_nothing_more_is_destroyed(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers"))
    step = DestroyKeyStep("officers", key=key_sha256(ca.issuing_signer("officers").public_key))
    clock.turn(days=(ca.issuing("officers").view.not_after - clock.now()).days, hours=1)

    assert step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE)) == {"destroyed-key": step.key.encode()}


def test_the_key_of_an_issuing_ca_under_which_something_lives_is_not_destroyed(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    step = DestroyKeyStep("officers", key=key_sha256(ca.issuing_signer("officers").public_key))
    roll_over(ceremony_of(ca), "officers", clock.now())
    clock.turn(days=1)

    with pytest.raises(CeremonyFailed, match="`terminate officers` and then `issue --once` must come first"):
        step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE))


def test_the_key_of_an_issuing_ca_whose_last_responder_waits_and_under_which_nothing_lives_is_destroyed(
    ca: PracticeCa, issued: list[Certificate], clock: TurnedClock
) -> None:
    step = DestroyKeyStep("officers", key=key_sha256(ca.issuing_signer("officers").public_key))
    clock.turn(days=(ca.issuing("officers").view.not_after - clock.now()).days - 16)
    renew_due(ceremony_of(ca), ca.room())
    with pytest.raises(CeremonyFailed, match="last words"):
        step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE))
    renew_due(ceremony_of(ca), ca.room())

    assert step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE)) == {"destroyed-key": step.key.encode()}


def told_of(ca: PracticeCa, certificate: Certificate, clock: TurnedClock) -> OCSPResponse:
    """What the responder says of an officer's certificate."""
    store = StatusStore(ca.ledger)
    responder = OcspResponder(store, lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)
    above = x509.load_pem_x509_certificate(ca.home.certificate("officers").read_bytes())
    builder = OCSPRequestBuilder().add_certificate(x509.load_der_x509_certificate(certificate.der), above, SHA256())
    return load_der_ocsp_response(responder.respond(builder.build().public_bytes(Encoding.DER)).body)


def test_each_holder_is_written_to_once_in_both_languages(ca: PracticeCa, issued: list[Certificate]) -> None:
    carry_out(ca.ledger, both_acted(ca, "officers"))

    with ca.ledger.read() as session:
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "mail")).all()
    written = sorted(letter.url for letter in letters)
    expected = ["10000001", "10000002", *CLOSERS, *HOLDERS]
    assert written == [f"mailto:p{number}@mtc.gov.la" for number in expected]


def test_the_body_of_a_holder_is_written_to_as_well(ca: PracticeCa, issued: list[Certificate]) -> None:
    body = OrganisationDetail(
        id="body", organisation_id=f"o{HOLDERS[0]}", number=1, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry",
        domains="mtc.gov.la", contact="pki@mtc.gov.la", valid_from=ca.ledger.clock.now(),
    )  # fmt: skip
    ca.ledger.entries([Deed(Registered("body"), TEST, [body])])

    carry_out(ca.ledger, both_acted(ca, "officers"))

    with ca.ledger.read() as session:
        written = session.scalars(select(OutboxMessage).where(OutboxMessage.url == "mailto:pki@mtc.gov.la")).all()
    [letter] = written
    assert "officers has ended its work" in message_from_bytes(bytes(letter.body), policy=SMTP).get_content()


def test_an_organisation_s_certificate_is_revoked_and_its_people_are_told(ledger: Ledger) -> None:
    desk = Desk(ledger)
    desk.contact(f"o{HOLDER}", "pki@mtc.gov.la")
    seal = desk.certify_body(HOLDER)
    issuer = desk.issuer.id
    desk.write(
        Closing(id="closing", issuer_id=issuer, kind="terminate"),
        IssuerEnd(issuer_id=issuer, kind="terminate", at=ledger.clock.now(), closing_id="closing"),
    )

    carry_out(ledger, issuer)

    with ledger.read() as session:
        ended = session.get(Revocation, seal.id)
        bodies = session.scalars(select(OutboxMessage.body)).all()
    naming = [str(mail["To"]) for mail in (message_from_bytes(bytes(body), policy=SMTP) for body in bodies)
              if set(re.findall(rf"\b{seal.serial_number}\b", mail.get_content()))]  # fmt: skip
    assert ended is not None
    assert sorted(naming) == [f"p{HOLDER}@mtc.gov.la", "pki@mtc.gov.la"]


def test_after_the_last_crl_no_other_is_made_by_hand(ca: PracticeCa, issued: list[Certificate]) -> None:
    issuer = both_acted(ca, "officers")
    carry_out(ca.ledger, issuer)
    key = next(key for key in ca.room().issuing.values() if key.id == issuer)

    made = [publish_now(ca.ledger, key, TEST, timedelta(hours=72)) for _ in range(2)]

    assert [[crl.next_update for crl in each] for each in made] == [[FOR_EVER], []]


@pytest.mark.sqlite_only("the steps are the same on either engine")
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_killed_between_batches_it_goes_on_and_doubles_nothing(
    ca: PracticeCa, issued: list[Certificate], monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    monkeypatch.setattr("ca.closing.carrying_out.AT_ONCE", 2)
    issuer = both_acted(ca, "officers")

    kills = carried_out_at_last(ca, issuer, done=done)

    with ca.ledger.read() as session:
        letters = session.scalars(select(OutboxMessage.url).where(OutboxMessage.kind == "mail")).all()
        entries = session.scalars(select(Entry.kind).where(Entry.kind == "closing.certificates-revoked")).all()
    assert kills >= 2
    assert living(ca, issuer) == 0
    assert len(letters) == len(set(letters)) == 7
    assert len(entries) >= 4
    ceremony_of(ca).await_seal(())
    assert verify_ledger(ca.ledger.reading, ca.home.checkpoints).faults == []


def carried_out_at_last(ca: PracticeCa, issuer: str, *, done: bool) -> int:
    """How often it was killed, each time at its second commit, until nothing was left."""
    for kills in count():
        ledger = mortal_ledger(ca.ledger, Deadline(2, done=done))
        try:
            carry_out(ledger, issuer)
        except Killed:
            continue
        finally:
            ledger.close()
        return kills
    return 0


@pytest.fixture
def archive(ca: PracticeCa, issued: list[Certificate], tmp_path: Path) -> Path:
    carry_out(ca.ledger, both_acted(ca, "officers"))
    ca.room().turn()
    ca.await_seal(())
    folder = tmp_path / "archive"
    written = write_archive(ca.ledger, issuer_of(ca, "officers"), folder, ca.home.checkpoints)
    assert isinstance(written, Archived)
    return folder


@pytest.mark.sqlite_only("a folder is the same on either engine")
def test_the_archive_verifies_on_another_machine(archive: Path, tmp_path: Path) -> None:
    copytree(archive, tmp_path / "elsewhere")

    found = verify_archive(tmp_path / "elsewhere")

    assert found.certificates == 3 + 4 + 1
    assert found.crls >= 2
    assert found.entries > found.certificates


@pytest.mark.sqlite_only("a folder is the same on either engine")
def test_one_octet_changed_a_file_left_out_or_put_in_is_found(archive: Path) -> None:
    certificate = next(archive.glob("certificates/*"))
    octets = certificate.read_bytes()
    found = []
    for change in (
        lambda: certificate.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1])),
        certificate.unlink,
        lambda: (certificate.write_bytes(octets), (archive / "certificates/more.cer").write_bytes(octets)),
    ):
        change()
        with pytest.raises(ArchiveUnfit) as fault:
            verify_archive(archive)
        found.append(str(fault.value).rpartition(" is ")[2])

    assert found[0] == "not what the manifest says"
    assert found[2] == "not in the manifest"


@pytest.mark.sqlite_only("a folder is the same on either engine")
def test_a_certificate_that_the_log_never_held_is_found_though_the_manifest_names_it(archive: Path) -> None:
    foreign = PracticeIssuer().der
    (archive / "certificates/x.cer").write_bytes(foreign)
    manifest = json.loads((archive / "manifest.json").read_text())
    manifest["files"]["certificates/x.cer"] = sha256(foreign).hexdigest()
    (archive / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ArchiveUnfit, match="never entered"):
        verify_archive(archive)
