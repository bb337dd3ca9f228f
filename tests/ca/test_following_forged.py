"""What the signing room makes of wishes to follow a certificate that its holder never had."""

from dataclasses import replace

import pytest

from ca.ceremonies.steps.first_officer import DESK
from ca.issuance.honour import examine
from ca.registration.holders_word import act_for as confirming
from ca.registration.succession import line_of
from ca.tables.endings import Replacement
from ca.tables.registration import CarriedEvidence
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.decision import Refuse
from tests.ca.agreeing import certified, keyed
from tests.ca.conftest import FIRST, SECOND, PracticeCa, request_for
from tests.ca.following import HOLDER, Holder, forged, write
from tests.ca.governance.conftest import Hand
from tests.ca.registration.offices import approve
from tests.issuing import KeySigner

OTHER = "10000018"


@pytest.fixture
def holder(ca: PracticeCa) -> Holder:
    return Holder.of(ca)


@pytest.fixture
def old(holder: Holder) -> Certificate:
    return holder.first()


def certificate_of(ca: PracticeCa, hand: Hand) -> Certificate:
    with ca.ledger.read() as session:
        return session.query(Certificate).filter_by(sha256=hand.certificate_sha256).one()


def verified(ca: PracticeCa, signed: SignedAct) -> str:
    """Who signed it, for one who judges now; or why it does not count."""
    with ca.ledger.read() as session:
        try:
            return ActVerifier(session, [signed.certificate_sha256]).verify(signed, judged=ca.ledger.clock.now())
        except ActInvalid as fault:
            return fault.code


def refused(ca: PracticeCa) -> list[str]:
    """The codes of what one turn refused; it issued nothing."""
    turn = ca.room().turn()
    assert turn.issued == []
    return [code for _, code in turn.refused]


def test_the_same_forgery_under_the_holders_own_key_is_issued(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    forged(ca, old, holder.hand)

    assert len(ca.room().turn().issued) == 1


def test_another_persons_act_renews_nothing(ca: PracticeCa, old: Certificate) -> None:
    forged(ca, old, certified(ca, OTHER))

    assert refused(ca) == ["act.other-person"]


def test_an_act_that_the_desk_made_up_renews_nothing(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    forged(ca, old, replace(holder.hand, signer=KeySigner()))

    assert refused(ca) == ["act.signature-invalid"]


def test_an_act_that_lay_about_for_an_hour_renews_nothing(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    ca.ledger.clock.turn(hours=2)  # type: ignore[attr-defined]
    forged(ca, old, holder.hand, before_minutes=60)

    assert refused(ca) == ["act.stale"]


@pytest.fixture
def unconfirmed(ca: PracticeCa, holder: Holder) -> Certificate:
    ca.approved(HOLDER)
    return holder.issued(KeySigner(ca.keys[HOLDER]), confirming=False)


def word_of(ca: PracticeCa, fresh: Certificate, officer: str | None, desk: str | None, signed: SignedAct) -> None:
    """A confirmation as a desk writes it that asks nobody."""
    now = ca.ledger.clock.now()
    word = HolderConfirmation(certificate_id=fresh.id, officer_id=officer, desk=desk, at=now, **proof_columns(signed))
    write(ca, word)


def test_what_was_confirmed_before_an_officer_at_his_desk_is_renewed(
    ca: PracticeCa, holder: Holder, unconfirmed: Certificate
) -> None:
    act = confirming(unconfirmed, ca.ledger.clock.now(), DESK)
    word_of(ca, unconfirmed, f"p{SECOND}", DESK, ca.sign(SECOND, act))

    forged(ca, unconfirmed, holder.hand)

    assert len(ca.room().turn().issued) == 1


def test_a_holders_word_that_the_desk_made_up_carries_nothing(
    ca: PracticeCa, holder: Holder, unconfirmed: Certificate
) -> None:
    act = confirming(unconfirmed, ca.ledger.clock.now())
    word_of(ca, unconfirmed, None, None, SignedAct(act, unconfirmed.sha256, KeySigner().sign(act.message())))

    forged(ca, unconfirmed, holder.hand)

    assert holder.renew(unconfirmed) == Refuse("replacement.unconfirmed")
    assert refused(ca) == ["replacement.unconfirmed"]


@pytest.mark.parametrize(
    ("officer", "kept"), [(SECOND, None), (SECOND, "nowhere"), (FIRST, DESK), (OTHER, DESK)],
    ids=["its desk is not kept", "no such desk", "another officer", "not on duty"],
)
def test_an_officers_word_for_the_holder_that_does_not_hold_carries_nothing(
    ca: PracticeCa, holder: Holder, unconfirmed: Certificate, officer: str, kept: str | None
) -> None:
    other = certified(ca, OTHER)
    act = confirming(unconfirmed, ca.ledger.clock.now(), "nowhere" if kept == "nowhere" else DESK)
    word_of(ca, unconfirmed, f"p{officer}", kept, other.sign(act) if officer == OTHER else ca.sign(SECOND, act))

    forged(ca, unconfirmed, holder.hand)

    assert refused(ca) == ["replacement.unconfirmed"]


def test_two_wishes_written_at_once_are_both_refused(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    forged(ca, old, holder.hand)
    forged(ca, old, holder.hand)

    assert refused(ca) == ["replacement.open"] * 2


def test_the_holder_gets_no_certificate_for_another_use_by_this(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    forged(ca, old, holder.hand, profile="officer-authentication")

    assert refused(ca) == ["replacement.other-profile"]


def test_a_key_that_is_certified_already_is_not_certified_without_its_holders_wish(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    request = request_for(holder.signers[old.sha256].key)
    application = replace(ca.application(HOLDER, request=request), old_key=True)
    approve(ca, ca.hand_in(application))

    assert refused(ca) == ["enrolment.key-used"]


def test_nobody_gets_the_key_of_another(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    certified(ca, OTHER)
    request = request_for(holder.signers[old.sha256].key)
    approve(ca, ca.hand_in(replace(ca.application(OTHER, request=request), old_key=True)))

    assert refused(ca) == ["enrolment.key-used"]


def test_papers_of_another_support_nothing(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    other = Holder(ca, certified(ca, OTHER), OTHER)
    with ca.ledger.read() as session:
        papers = line_of(session, other.first())[0].papers

    forged(ca, old, holder.hand, carried=papers)

    assert refused(ca) == ["replacement.papers-not-theirs"]


def test_papers_without_a_wish_support_nothing_even_if_both_officers_say_yes(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    with ca.ledger.read() as session:
        papers = line_of(session, old)[0].papers
    application = replace(ca.application(HOLDER), evidence=(), carried=papers)
    approve(ca, ca.hand_in(application))

    assert refused(ca) == ["replacement.papers-not-theirs"]


def test_a_new_key_waits_for_an_officer_even_in_a_room_that_is_made_to_look(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    enrolment = forged(ca, old, holder.hand, request=request_for(KeySigner().key), old_key=False)

    with ca.ledger.read() as session:
        seen = examine(session, [enrolment], ca.ledger.clock.now(), practice=True)
    assert (seen.honoured, seen.refused, refused(ca)) == ([], [], [])


def test_a_paper_that_is_slipped_in_later_undoes_the_wish(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    other = Holder(ca, certified(ca, OTHER), OTHER)
    with ca.ledger.read() as session:
        [paper] = line_of(session, other.first())[0].papers
    enrolment = holder.renew(old)
    write(ca, CarriedEvidence(id="slipped", enrolment_id=enrolment, evidence_id=paper.id))

    assert refused(ca) == ["replacement.papers-not-theirs"]


def test_a_request_for_another_key_than_its_row_names_is_certified_for_neither(
    ca: PracticeCa, holder: Holder, old: Certificate
) -> None:
    """Else a key for signing in would get any other certified, as if it were the old one."""
    forged(ca, old, holder.hand, request=request_for(KeySigner().key), claimed_key=old.key_sha256)

    assert refused(ca) == ["enrolment.digest-wrong"]


@pytest.mark.parametrize("stop", ["block", "revocation"])
def test_a_key_in_other_hands_signs_nothing_under_a_certificate_that_was_superseded(ca: PracticeCa, stop: str) -> None:
    """What its later certificate was revoked for is about the key, and who has it may set an act's time back."""
    hand = certified(ca, OTHER)
    later = keyed(ca, OTHER, hand.signer)
    signed = hand.sign(Act("test.done", {}, ca.ledger.clock.now()))
    first, second = (certificate_of(ca, one) for one in (hand, later))
    ca.ledger.clock.turn(seconds=5)  # type: ignore[attr-defined]
    now = ca.ledger.clock.now()
    write(ca, Revocation(certificate_id=first.id, at=now, reason="superseded"))
    before = verified(ca, signed)

    stops: dict[str, Fact] = {
        "block": KeyBlock(key_sha256=first.key_sha256, at=now),
        "revocation": Revocation(certificate_id=second.id, at=now, reason="keyCompromise"),
    }
    write(ca, KeyUse(key_sha256=first.key_sha256, subject=hand.person_id), stops[stop])

    assert (before, verified(ca, signed)) == (hand.person_id, "act.certificate-revoked")


def test_a_line_that_leads_back_to_itself_comes_to_an_end(ca: PracticeCa, holder: Holder, old: Certificate) -> None:
    new = holder.renewed(old)
    with ca.ledger.read() as session:
        first, second = (line_of(session, one)[0].enrolment for one in (old, new))
        wish = session.get_one(Replacement, second.id)
    write(ca, Replacement(
        enrolment_id=first.id, certificate_id=new.id, person_id=wish.person_id, act_at=wish.act_at,
        act_certificate=wish.act_certificate, act_signature=wish.act_signature,
    ))  # fmt: skip

    with ca.ledger.read() as session:
        line = [one.enrolment.id for one in line_of(session, new)]
    assert line == [second.id, first.id]
