"""Renew, rekey, modify: what follows a certificate, who must look again, and what has lapsed and is asked for anew."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ca.endings.asking import Receipt, act_for
from ca.endings.grounds import GROUNDS, ground_of
from ca.endings.replacement import ask, replace_act
from ca.endings.revocation import reached, revoke_certificate
from ca.registration.confirmation import act_for as confirming
from ca.registration.confirmation import confirm
from ca.registration.states import State
from ca.tables.registration import Agreement, DishonouredDecision
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Refuse
from ledger.people import AppointmentTerm, OrganisationDetail
from pki.certificate import parse_certificate
from pki.names import name_text
from tests.ca.agreeing import keyed
from tests.ca.conftest import FIRST, SECOND, PracticeCa, card, register_person, request_for
from tests.ca.following import HOLDER, Holder, colleague, cut_off, decided, reason, rename, republished, state, write
from tests.ca.governance.conftest import Hand
from tests.ca.registration.offices import Ministry, approve
from tests.issuing import KeySigner

CITIZEN, MTC = "20000001", Ministry()


@pytest.fixture
def holder(ca: PracticeCa) -> Holder:
    return Holder.of(ca)


def turn(ca: PracticeCa, **by: float) -> None:
    ca.ledger.clock.turn(**by)  # type: ignore[attr-defined]


def test_a_certificate_is_renewed_by_its_holder_alone_and_the_old_one_ends_a_day_later(
    ca: PracticeCa, holder: Holder
) -> None:
    old = holder.first()
    turn(ca, days=300)

    enrolment = holder.renew(old)
    before = state(ca, enrolment)
    new = holder.issued(holder.signers[old.sha256])
    turn(ca, hours=25)
    ca.room().turn()

    assert before is State.APPROVED
    assert (new.key_sha256, new.person_id, new.profile) == (old.key_sha256, old.person_id, old.profile)
    assert parse_certificate(new.der).subject == parse_certificate(old.der).subject
    assert new.not_after > old.not_after
    assert (reason(ca, old), reason(ca, new)) == ("superseded", None)


def test_a_new_key_is_certified_when_one_officer_looked_at_it_and_not_before(ca: PracticeCa, holder: Holder) -> None:
    old, signer = holder.first(), KeySigner()

    enrolment = holder.rekey(old, signer)
    asked = state(ca, enrolment)
    nobody = ca.room().turn().issued
    assert isinstance(ca.vote(SECOND, enrolment), str)
    new = holder.issued(signer)

    assert (asked, nobody) == (State.CARRIED, [])
    assert parse_certificate(new.der).spki == signer.public_key
    assert parse_certificate(new.der).subject == parse_certificate(old.der).subject


def test_an_officer_who_says_no_to_a_new_key_ends_the_request(ca: PracticeCa, holder: Holder) -> None:
    old, signer = holder.first(), KeySigner()
    enrolment = holder.rekey(old, signer)

    ca.vote(FIRST, enrolment, approved=False)

    assert (state(ca, enrolment), ca.room().turn().issued) == (State.ENDED, [])
    assert holder.renewed(old)


def test_a_renewal_that_came_to_nothing_does_not_stop_the_next_one(ca: PracticeCa, holder: Holder) -> None:
    old = holder.first()
    ca.vote(FIRST, holder.renew(old), approved=False)

    new = holder.renewed(old)
    ca.ledger.clock.turn(hours=1)  # type: ignore[attr-defined]
    write(ca, Revocation(certificate_id=new.id, at=ca.ledger.clock.now(), reason="cessationOfOperation"))

    assert holder.renewed(old).key_sha256 == old.key_sha256


def test_what_was_issued_follows_nothing_any_more(ca: PracticeCa, holder: Holder) -> None:
    """Else a certificate could be superseded by itself, or two by each other."""
    old = holder.first()
    with ca.ledger.read() as session:
        own = session.scalar(select(Intent.enrolment_id).where(Intent.id == old.id))
    act = replace_act(ca.enrolment(str(own)), old.sha256, ca.ledger.clock.now())

    assert ask(ca.ledger, str(own), old.sha256, holder.hand.sign(act)) == Refuse("replacement.ended")


def test_a_key_that_is_lost_ends_every_certificate_of_it_and_each_is_told(ca: PracticeCa, holder: Holder) -> None:
    old = holder.first()
    new = holder.renewed(old)
    revoking = act_for("certificate.revoke", new.sha256, "key-loss", ca.ledger.clock.now())
    with ca.ledger.read() as session:
        named = reached(session, new, ground_of("key-loss") or GROUNDS[0], ca.ledger.clock.now())

    receipt = revoke_certificate(ca.ledger, new.sha256, "key-loss", holder.hand.sign(revoking))

    assert isinstance(receipt, Receipt), receipt
    assert {old.id, new.id} <= {one.id for one in named}
    assert {old.serial_number, new.serial_number} <= set(receipt.serial_numbers)


def test_a_request_made_at_a_desk_takes_one_decision_where_the_earlier_evidence_holds(
    ca: PracticeCa, holder: Holder
) -> None:
    old = holder.first()
    enrolment = ca.enrolment(ca.apply(HOLDER))
    ca.vote(FIRST, enrolment.id)
    alone = ca.room().turn().issued

    act = replace_act(enrolment, old.sha256, ca.ledger.clock.now())
    tied = ask(ca.ledger, enrolment.id, old.sha256, holder.hand.sign(act))
    after = ca.room().turn().issued

    assert (alone, isinstance(tied, str), len(after)) == ([], True, 1)


def test_who_is_called_otherwise_shows_a_paper_and_officers_decide_as_at_first(
    ca: PracticeCa, holder: Holder
) -> None:
    old = holder.first()
    rename(ca)

    refused = holder.renew(old), holder.modify(old)
    enrolment = holder.modify(old, evidence=[card(number="card of the new name")])
    asked = state(ca, enrolment)
    ca.vote(FIRST, enrolment)
    one = ca.room().turn().issued
    ca.vote(SECOND, enrolment)
    new = holder.issued(holder.signers[old.sha256])
    turn(ca, hours=25)
    ca.room().turn()

    assert refused == (Refuse("replacement.data-changed"), Refuse("replacement.name-changed"))
    assert (asked, one) == (State.IDENTITY_CHECKED, [])
    assert "Bounmy Vongsa" in name_text(parse_certificate(new.der).subject)
    assert (new.key_sha256, reason(ca, old)) == (old.key_sha256, "affiliationChanged")


def test_what_did_not_change_is_not_modified(ca: PracticeCa, holder: Holder) -> None:
    assert holder.modify(holder.first()) == Refuse("replacement.nothing-changed")


def test_changed_terms_are_accepted_by_the_holders_act(ca: PracticeCa, holder: Holder) -> None:
    old = holder.first()
    republished(ca)

    without = holder.renew(old)
    enrolment = holder.renew(old, terms="cd" * 32)

    assert without == Refuse("enrolment.terms-changed")
    with ca.ledger.read() as session:
        kept = session.get_one(Agreement, enrolment)
    assert (kept.means, kept.terms_digest) == ("signed", "cd" * 32)


def test_for_an_officer_whose_word_counts_no_more_another_one_decides(ca: PracticeCa, holder: Holder) -> None:
    old = holder.first()
    cut_off(ca, SECOND)

    enrolment = holder.renew(old)
    waits = state(ca, enrolment), ca.room().turn().issued
    third = colleague(ca)
    assert isinstance(decided(ca, third, enrolment), str)

    assert waits[1] == []
    assert len(ca.room().turn().issued) == 1
    with ca.ledger.read() as session:
        assert session.scalars(select(DishonouredDecision)).all() == []


def test_papers_support_further_certificates_for_so_long_and_then_are_shown_again(
    ca: PracticeCa, holder: Holder
) -> None:
    first, signer = holder.first(), KeySigner()
    turn(ca, days=600)
    second, holder.hand = holder.renewed(first), keyed(ca, HOLDER)
    turn(ca, days=226)

    outcomes = holder.renew(second), holder.rekey(second, signer)

    assert outcomes == (Refuse("replacement.identity-old"), Refuse("replacement.identity-old"))


def test_a_key_is_certified_for_three_years_and_no_longer(ca: PracticeCa, holder: Holder) -> None:
    first = holder.first()
    turn(ca, days=700)

    second = holder.renewed(first)
    third = holder.renew(second)

    assert second.not_after == first.not_before + timedelta(days=1095) - timedelta(seconds=1)
    assert third == Refuse("replacement.key-old")


def test_a_citizen_renews_by_the_very_key_that_is_renewed(ca: PracticeCa) -> None:
    register_person(ca.ledger, CITIZEN, officer=False)
    ca.approved(CITIZEN, "citizen-authentication")
    citizen = Holder(ca, Hand(f"p{CITIZEN}", KeySigner(ca.keys[CITIZEN]), ""), CITIZEN)
    old = citizen.issued(citizen.hand.signer)
    citizen.hand = replace(citizen.hand, certificate_sha256=old.sha256)

    new = citizen.renewed(old)

    assert (new.person_id, new.profile) == (f"p{CITIZEN}", "citizen-authentication")


def sealed(ca: PracticeCa) -> tuple[Holder, Certificate]:
    """Who answers for a ministry's seal, and the seal."""
    MTC.found(ca)
    holder = Holder(ca, keyed(ca, MTC.holder), MTC.holder)
    key = KeySigner()
    enrolment = ca.hand_in(
        ca.application(MTC.holder, "organisation-seal", request=request_for(key.key), organisation=MTC.code)
    )
    confirm_body(ca, enrolment)
    approve(ca, enrolment)
    return holder, holder.issued(key)


def confirm_body(ca: PracticeCa, enrolment_id: str | Refuse) -> None:
    """The ministry's own officer confirms the request."""
    enrolment = ca.enrolment(enrolment_id)
    act = confirming(enrolment, f"o-{MTC.code}", ca.ledger.clock.now())
    assert not isinstance(confirm(ca.ledger, enrolment.id, ca.sign(MTC.officer, act)), Refuse)


def test_an_organisations_word_carries_while_its_officer_is_there(ca: PracticeCa) -> None:
    holder, seal = sealed(ca)

    renewed = holder.renewed(seal)
    again = holder.renew(renewed)
    moved = AppointmentTerm(
        id="moved", appointment_id=f"a-{MTC.officer}-{MTC.code}", number=2, acting=False, decree="14",
        valid_from=ca.ledger.clock.now() - timedelta(days=30), valid_to=ca.ledger.clock.now(),
    )  # fmt: skip
    write(ca, moved)

    assert ca.room().turn().refused == [(again, "confirmation.other-organisation")]


def test_an_organisation_of_another_name_confirms_again_and_officers_decide_as_at_first(ca: PracticeCa) -> None:
    holder, seal = sealed(ca)
    renamed(ca)

    enrolment = holder.modify(seal)
    early = ca.vote(FIRST, enrolment)
    confirm_body(ca, enrolment)
    ca.vote(FIRST, enrolment)
    one = ca.room().turn().issued
    ca.vote(SECOND, enrolment)
    new = holder.issued(holder.signers[seal.sha256])

    assert (early, one) == (Refuse("enrolment.organisation-unconfirmed"), [])
    assert "New Ministry" in name_text(parse_certificate(new.der).subject)


def renamed(ca: PracticeCa) -> None:
    """The ministry has another name from now on."""
    write(ca, OrganisationDetail(
        id="d-new", organisation_id=f"o-{MTC.code}", number=2, kind="ministry", name_lo="ກະຊວງໃໝ່",
        name_en="New Ministry", domains="mtc.gov.la", valid_from=ca.ledger.clock.now(),
    ))  # fmt: skip
