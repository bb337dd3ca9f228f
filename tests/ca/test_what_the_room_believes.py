"""The signing room believes no process: neither numbers that nobody agreed on nor keys that no issuer certified."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from ca.ceremonies.steps.first_officer import DESK
from ca.configuration import Configuration
from ca.events.governance import ChangeApplied
from ca.governance.plan import act_for as plan_act
from ca.governance.provenance import Provenance
from ca.issuance import honour, queue
from ca.issuance.line import Line
from ca.issuance.signing_room import BatchBroken
from ca.issuance.turn import Turn
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many
from ca.registration.doubles import ClearanceReason, cleared, pair
from ca.registration.doubles import act_for as double_act
from ca.registration.enrolment import fits
from ca.registration.succession import papers_of
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change, ChangeEnd
from ca.tables.registration import DoubleClearance, EnrolmentEnd, Evidence
from ledger.acts import Act, ActInvalid, ActVerifier, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, Intent
from ledger.decision import Decision
from ledger.ledger import Deed
from ledger.people import AppointmentTerm, Duty, OrganisationDetail, PersonDetail
from pki.keys import key_sha256
from pki.request import SigningRequest
from tests.ca.agreeing import certified
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.governance.conftest import Hand
from tests.issuing import KeySigner, PracticeIssuer, der

NUMBER = "10000003"


def write_version(ca: PracticeCa, body: str, number: int = 1) -> None:
    """As a process would that writes what it may not."""
    version = ConfigurationVersion(id=f"v{number}", number=number, body=body, digest="0" * 64)
    ca.ledger.entries([Deed(Registered("v"), TEST, [version])])


@pytest.mark.parametrize(
    "body",
    [
        Configuration(validity_days={"officer-signing": 1}, second_judge_default="off").body,
        Configuration(decisions_needed=1000).body,
        "{}x",
    ],
    ids=["short", "never-enough", "no-json"],
)
def test_a_configuration_that_nobody_agreed_on_neither_changes_nor_stops_the_service(ca: PracticeCa, body: str) -> None:
    register_person(ca.ledger, NUMBER)
    ca.approved(NUMBER)
    write_version(ca, body)

    [issued] = ca.room().turn().issued

    assert issued.not_after - issued.not_before > timedelta(days=300)


def forged(ca: PracticeCa, number: str) -> Hand:
    """A certificate in the ledger that says it is this officer's by our issuer, and that another key signed."""
    signer, own, now = KeySigner(), f"forged-{number}", ca.ledger.clock.now()
    shown = der(PracticeIssuer().leaf(number, int(number), signer))
    common = {
        "id": own, "issuer_id": ca.issuing("officers").id, "serial_number": f"{int(number):x}",
        "profile": "officer-authentication", "person_id": f"p{number}",
    }  # fmt: skip
    facts = [
        Intent(**common, dense_number=900 + int(number) % 100, tbs=b"-"),
        Certificate(
            **common, sha256=sha256(shown).hexdigest(), key_sha256=key_sha256(signer.public_key), der=shown,
            not_before=now - timedelta(days=1), not_after=now + timedelta(days=100),
        ),
    ]  # fmt: skip
    ca.ledger.entries([Deed(Registered(own), TEST, facts)])
    return Hand(f"p{number}", signer, sha256(shown).hexdigest())


def test_decisions_under_certificates_that_no_key_of_ours_signed_are_not_honoured(ca: PracticeCa) -> None:
    register_person(ca.ledger, NUMBER)
    asked = ca.enrolment(ca.apply(NUMBER))
    for hand in (forged(ca, FIRST), forged(ca, SECOND)):
        signed = hand.sign(act_for(asked, ca.ledger.clock.now(), approved=True, desk=DESK))
        assert isinstance(decide_many(ca.ledger, [Vote(asked.id, True, signed, DESK)])[0], str)

    done = ca.room().turn()

    assert (done.issued, done.dishonoured) == ([], 2)


def test_with_issuers_an_act_counts_under_their_certificates_alone(ca: PracticeCa) -> None:
    act, (one, other) = Act("x", {}, ca.ledger.clock.now()), (ca.issuing("officers"), ca.issuing("citizens"))
    signed = ca.sign(FIRST, act)

    with ca.ledger.read() as session:
        believed = ActVerifier(session, [signed.certificate_sha256], {one.id: one.spki}).verify(signed)
        with pytest.raises(ActInvalid, match="certificate-unknown"):
            ActVerifier(session, [signed.certificate_sha256], {other.id: other.spki}).verify(signed)
        with pytest.raises(ActInvalid, match="certificate-unknown"):
            ActVerifier(session, [signed.certificate_sha256], {one.id: other.spki}).verify(signed)
    assert believed == f"p{FIRST}"


def undoing(ca: PracticeCa) -> dict[str, Fact]:
    """By name, facts that came between the first look and the last."""
    now = ca.ledger.clock.now()
    return {
        "appointment": AppointmentTerm(
            id="mx", appointment_id=f"a{NUMBER}", number=2, valid_from=now - timedelta(days=30),
            valid_to=now - timedelta(seconds=1), acting=False, decree="13",
        ),
        "name": PersonDetail(
            id="dx", person_id=f"p{NUMBER}", number=2, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Another",
            family_en="Vongsa", born="1980-01-31", search_key=NUMBER, source="officers",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("fact", ["appointment", "name"])
def test_what_the_register_says_between_the_two_looks_undoes_an_approval(ca: PracticeCa, fact: str) -> None:
    register_person(ca.ledger, NUMBER)
    enrolment, room, done = ca.approved(NUMBER), ca.room(), Turn()
    asked = room._asked([enrolment], None)
    begun = room._begin(room._met(asked), asked.watch, done)
    ca.ledger.entries([Deed(Registered("x"), TEST, [undoing(ca)[fact]])])

    room._finish(begun, done)

    assert done.issued == []


@pytest.mark.parametrize("kind", [ConfigurationVersion, OrganisationDetail])
def test_the_last_look_counts_further_facts_that_can_undo_an_approval(kind: type[Fact]) -> None:
    assert kind in queue._UNDOING


def test_nobody_tells_himself_apart_from_another(ca: PracticeCa) -> None:
    register_person(ca.ledger, NUMBER)
    now, others = ca.ledger.clock.now(), (pair(f"p{FIRST}", f"p{NUMBER}"), pair(f"p{SECOND}", f"p{NUMBER}"))
    for number, two in enumerate(others):
        signed = ca.sign(FIRST, double_act(*two, ClearanceReason.NAMESAKES, now))
        clearance = DoubleClearance(
            id=f"dc{number}", person_id=two[0], other_id=two[1], reason="namesakes", officer_id=f"p{FIRST}",
            **proof_columns(signed),
        )  # fmt: skip
        ca.ledger.entries([Deed(Registered("dc"), TEST, [clearance])])

    with ca.ledger.read() as session:
        told_apart = cleared(session, others, now)
    assert told_apart == {others[1]}


def test_a_duty_that_nobody_granted_tells_nobody_apart_in_the_signing_room(ca: PracticeCa) -> None:
    hand, now, two = certified(ca, NUMBER), ca.ledger.clock.now(), pair(f"p{FIRST}", f"p{SECOND}")
    signed = hand.sign(double_act(*two, ClearanceReason.TWINS, now))
    duty = Duty(id="dy", person_id=f"p{NUMBER}", kind="registration-officer", valid_from=now - timedelta(days=1))
    clearance = DoubleClearance(
        id="dc", person_id=two[0], other_id=two[1], reason="twins", officer_id=f"p{NUMBER}", **proof_columns(signed)
    )
    ca.ledger.entries([Deed(Registered("dc"), TEST, [duty, clearance])])

    with ca.ledger.read() as session:
        found = cleared(session, [two], now), cleared(session, [two], now, Provenance(session))
    assert found == ({two}, set())


@pytest.mark.parametrize(
    "body", ["x", "{}", '{"what":"nope","given":{},"values":{},"difference":{},"person_id":null,"planned_at":1}']
)
def test_a_change_that_is_no_plan_brings_nothing_and_stops_nothing(ca: PracticeCa, body: str) -> None:
    register_person(ca.ledger, NUMBER)
    ca.approved(NUMBER)
    digest = sha256(body.encode()).hexdigest()
    proof = proof_columns(ca.sign(FIRST, plan_act("change.plan", digest, ca.ledger.clock.now())))
    change = Change(id="c", digest=digest, kind="configuration.set", body=body, planner_id=f"p{FIRST}", **proof)
    end = ChangeEnd(change_id="c", number=1, applied=True, person_id=f"p{FIRST}", **proof)
    short = Configuration(validity_days={"officer-signing": 1}).body
    version = ConfigurationVersion(id="v", number=1, body=short, digest=sha256(short.encode()).hexdigest())
    applied = ChangeApplied("c", "configuration.set", digest, f"p{FIRST}")
    ca.ledger.entries([Deed(applied, TEST, [change, end, version])])

    [issued] = ca.room().turn().issued

    assert issued.not_after - issued.not_before > timedelta(days=300)


def test_a_request_on_which_the_examination_breaks_is_refused_alone(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (NUMBER, "10000017"):
        register_person(ca.ledger, number)
    broken, sound = (ca.approved(number) for number in (NUMBER, "10000017"))
    honest = fits

    def breaks(request: SigningRequest, profile: str, names: Sequence[str]) -> Decision:
        if request.der == bytes(ca.enrolment(broken).request):
            raise OSError
        return honest(request, profile, names)

    monkeypatch.setattr(honour, "fits", breaks)
    turn = ca.room().turn()

    assert [one.person_id for one in turn.issued] == ["p10000017"]
    with ca.ledger.read() as session:
        assert session.scalars(select(EnrolmentEnd.enrolment_id)).all() == [broken]
    assert sound != broken


def test_a_row_that_breaks_the_reading_of_its_slice_is_refused_alone(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = (NUMBER, "10000017", "10000018")
    for number in numbers:
        register_person(ca.ledger, number)
    _, broken, _ = (ca.approved(number) for number in numbers)
    honest = papers_of

    def breaks(session: Session, ids: Sequence[str], *, carried: bool = True) -> dict[str, list[Evidence]]:
        if broken in ids:
            raise OverflowError
        return honest(session, ids, carried=carried)

    monkeypatch.setattr(honour, "papers_of", breaks)
    turn = ca.room().turn()

    assert [one.person_id for one in turn.issued] == [f"p{NUMBER}", "p10000018"]
    assert turn.refused == [(broken, "enrolment.request-malformed")]


def test_what_breaks_the_reading_whatever_the_rows_ends_no_request(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_person(ca.ledger, NUMBER)
    ca.approved(NUMBER)

    def breaks(*_: object, **__: object) -> None:
        raise OverflowError

    with monkeypatch.context() as patch:
        patch.setattr(honour, "papers_of", breaks)
        with pytest.raises(BatchBroken):
            ca.room().turn()

    assert [one.person_id for one in ca.room().turn().issued] == [f"p{NUMBER}"]


def test_all_that_a_turn_reads_before_it_intends_is_of_one_reading(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_person(ca.ledger, NUMBER)
    ca.approved(NUMBER)
    room, begun, intend = ca.room(), list[object](), Line._intend
    event.listen(ca.ledger.reading, "begin", begun.append)

    def intended(line: Line, *ready: Any) -> list[str]:
        begun.append("intended")
        return intend(line, *ready)

    monkeypatch.setattr(Line, "_intend", intended)
    done = room.turn()

    assert len(done.issued) == 1
    assert begun.index("intended") == 1
