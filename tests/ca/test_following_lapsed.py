"""What undoes a wish to follow a certificate: at the desk it is said, and in the signing room it is seen again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ca.policy import PAPERS, EvidenceKind
from ca.registration.states import State
from ledger.certificates import Certificate, Hold, KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.people import AppointmentTerm
from tests.ca.agreeing import keyed
from tests.ca.conftest import FIRST, SECOND, PracticeCa, card, request_for
from tests.ca.following import HOLDER, Holder, colleague, cut_off, decided, rename, republished, state, write
from tests.ca.registration.offices import approve, close
from tests.issuing import KeySigner

Undoing = Callable[[PracticeCa, Certificate], None]


@pytest.fixture
def holder(ca: PracticeCa) -> Holder:
    return Holder.of(ca)


def revoke(ca: PracticeCa, old: Certificate) -> None:
    write(ca, Revocation(certificate_id=old.id, at=ca.ledger.clock.now(), reason="privilegeWithdrawn"))


def hold(ca: PracticeCa, old: Certificate) -> None:
    now = ca.ledger.clock.now()
    write(ca, Hold(id="held", certificate_id=old.id, at=now, until=now + timedelta(days=30)))


def block(ca: PracticeCa, old: Certificate) -> None:
    write(ca, KeyBlock(key_sha256=old.key_sha256, at=ca.ledger.clock.now()))


def leave(ca: PracticeCa, _old: Certificate) -> None:
    now = ca.ledger.clock.now()
    term = AppointmentTerm(
        id="left", appointment_id=f"a{HOLDER}", number=2, valid_from=now - timedelta(days=30), valid_to=now,
        acting=False, decree="13",
    )  # fmt: skip
    write(ca, term)


UNDOINGS: dict[str, tuple[Undoing, str, str]] = {
    "revoked": (revoke, "replacement.ended", "replacement.ended"),
    "held": (hold, "replacement.ended", "replacement.ended"),
    "its key blocked": (block, "replacement.ended", "replacement.ended"),
    "post left": (leave, "enrolment.no-appointment", "enrolment.no-appointment"),
    "renamed": (lambda ca, _: rename(ca), "replacement.data-changed", "replacement.name-changed"),
    "terms changed": (lambda ca, _: republished(ca), "enrolment.terms-changed", "enrolment.terms-changed"),
    "desk closed": (lambda ca, _: close(ca, "center"), "replacement.desk-lapsed", "replacement.desk-lapsed"),
    "who saw the papers cut off": (
        lambda ca, _: cut_off(ca, FIRST), "replacement.desk-lapsed", "replacement.desk-lapsed",
    ),
    "holder cut off": (lambda ca, _: cut_off(ca, HOLDER), "enrolment.person-cut-off", "act.certificate-revoked"),
}  # fmt: skip
"""By what happened: how, what the desk says of a wish after it, and what the room says of one before it."""


@pytest.mark.parametrize("what", UNDOINGS)
def test_what_has_lapsed_is_named_to_who_asks(ca: PracticeCa, holder: Holder, what: str) -> None:
    undo, said, _ = UNDOINGS[what]
    old = holder.first()
    undo(ca, old)

    assert holder.renew(old) == Refuse(said)


@pytest.mark.parametrize("what", UNDOINGS)
def test_what_lapses_between_the_wish_and_the_signing_stops_the_signing(
    ca: PracticeCa, holder: Holder, what: str
) -> None:
    undo, _, seen = UNDOINGS[what]
    old = holder.first()
    enrolment = holder.renew(old)
    undo(ca, old)

    turn = ca.room().turn()

    assert (turn.issued, turn.refused) == ([], [(enrolment, seen)])


def test_a_renewal_whose_earlier_officer_counts_no_more_waits_for_another_and_is_shown_so(
    ca: PracticeCa, holder: Holder
) -> None:
    enrolment, third = holder.renew(holder.first()), colleague(ca)
    before = state(ca, enrolment)

    cut_off(ca, SECOND)
    waits, nobody = state(ca, enrolment), ca.room().turn().issued
    decided(ca, third, enrolment)

    assert (before, waits, nobody) == (State.APPROVED, State.CARRIED, [])
    assert state(ca, enrolment) is State.APPROVED
    assert len(ca.room().turn().issued) == 1


def test_a_paper_that_has_expired_is_asked_for_anew(ca: PracticeCa, holder: Holder) -> None:
    signer = KeySigner()
    enrolment = ca.hand_in(
        ca.application(HOLDER, evidence=[card(date(2027, 1, 1))], request=request_for(signer.key))
    )
    approve(ca, enrolment)
    old = holder.issued(signer)

    wish = holder.renew(old)
    ca.ledger.clock.turn(days=60)  # type: ignore[attr-defined]

    assert isinstance(wish, str)
    assert ca.room().turn().refused == [(wish, "enrolment.evidence-expired")]
    assert holder.renew(old) == Refuse("enrolment.evidence-expired")


def test_a_card_recorded_without_its_last_day_before_that_was_asked_for_supports_nothing_more(
    ca: PracticeCa, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, signer, waiting = EvidenceKind.CHIP_IDENTITY_CARD, KeySigner(), KeySigner()
    with monkeypatch.context() as before:
        before.setitem(PAPERS, kind, replace(PAPERS[kind], has_last_day=False))
        approve(ca, ca.hand_in(ca.application(HOLDER, evidence=[card(None)], request=request_for(signer.key))))
        old = holder.issued(signer)
        unsigned = ca.hand_in(ca.application(HOLDER, evidence=[card(None)], request=request_for(waiting.key)))
        approve(ca, unsigned)

    without = Refuse("enrolment.evidence-without-last-day")
    assert holder.renew(old) == without
    assert ca.room().turn().refused == [(unsigned, without.code)]


def test_what_nobody_confirmed_or_no_request_is_behind_is_followed_by_nothing(ca: PracticeCa, holder: Holder) -> None:
    ca.approved(HOLDER)
    fresh = holder.issued(KeySigner(ca.keys[HOLDER]), confirming=False)
    with ca.ledger.read() as session:
        own = session.query(Certificate).filter_by(sha256=holder.hand.certificate_sha256).one()

    outcomes = holder.renew(fresh), holder.renew(own)

    assert outcomes == (Refuse("replacement.unconfirmed"), Refuse("replacement.no-request"))


def test_what_has_ended_by_time_is_followed_by_nothing(ca: PracticeCa, holder: Holder) -> None:
    old = holder.first()
    ca.ledger.clock.turn(days=729)  # type: ignore[attr-defined]
    holder.hand = keyed(ca, HOLDER)
    wish = holder.rekey(old, KeySigner())
    ca.ledger.clock.turn(days=2)  # type: ignore[attr-defined]

    assert isinstance(wish, str)
    assert ca.room().turn().refused == []
    assert holder.rekey(old, KeySigner()) == Refuse("replacement.ended")


def test_one_certificate_is_followed_by_one_alone(ca: PracticeCa, holder: Holder) -> None:
    old, signer = holder.first(), KeySigner()
    holder.renew(old)

    open_ = holder.rekey(old, signer)
    holder.issued(holder.signers[old.sha256])
    granted = holder.renew(old)

    assert (open_, granted) == (Refuse("replacement.open"), Refuse("replacement.open"))
