"""The signing room believes no process: what no ceremony and no agreed change accounts for counts for nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from ca.configuration import DEFAULT, Configuration, current
from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.events.governance import ChangeApplied, ChangePlanned
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan, act_for
from ca.governance.provenance import Provenance, verified
from ca.tables.configuration import ConfigurationVersion
from ca.tables.governance import Change, ChangeApproval, ChangeEnd
from ca.tables.registration import Desk, DeskTerm
from ledger.acts import SignedAct, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, Issuer, KeyUse
from ledger.event import Event
from ledger.ledger import Deed
from ledger.people import Cutoff, Duty, DutyEnd
from tests.ca.governance.conftest import CEREMONY, FIRST, FOURTH, SECOND, THIRD, Office
from tests.doubles import START, TurnedClock
from tests.recorded import TESTER, Noted

LOOSE = Configuration(officer_age=15)


def write(office: Office, event: Event, *facts: Fact) -> None:
    """As a process would that writes what it may not: past the rules, though under an entry."""
    office.ledger.entries([Deed(event, TESTER, facts)])


def believed(office: Office) -> Configuration:
    with office.ledger.read() as session:
        return verified(session)


def version(configuration: Configuration = LOOSE, number: int = 1) -> ConfigurationVersion:
    body = configuration.body
    return ConfigurationVersion(id=f"v{number}", number=number, body=body, digest=sha256(body.encode()).hexdigest())


def planned(office: Office, planner: str = FIRST) -> tuple[Plan, Change]:
    plan = office.drafted("configuration.set", {"officer_age": 15})
    assert isinstance(plan, Plan)
    signed = office.hands[planner].sign(act_for(PLAN, plan.digest, plan.planned_at))
    change = Change(
        id="c1", digest=plan.digest, kind=plan.what, body=plan.body, planner_id=f"p{planner}", **proof_columns(signed)
    )
    return plan, change


def approval(office: Office, signed: SignedAct, person: str = THIRD) -> ChangeApproval:
    return ChangeApproval(id="a1", change_id="c1", person_id=f"p{person}", **proof_columns(signed))


def applied(office: Office, plan: Plan, *facts: Fact) -> None:
    signed = office.signed(FIRST, APPLY, plan.digest)
    end = ChangeEnd(change_id="c1", number=99, applied=True, person_id=f"p{FIRST}", **proof_columns(signed))
    write(office, ChangeApplied("c1", plan.what, plan.digest, f"p{FIRST}"), end, *facts)


def test_before_the_first_version_the_defaults_are_believed(office: Office) -> None:
    assert believed(office) == DEFAULT


def test_an_agreed_configuration_is_believed(operated: Office) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)

    assert believed(operated) == Configuration(decisions_needed=3)


def test_a_version_that_a_process_wrote_is_read_by_the_cheap_reader_and_believed_by_nobody_who_signs(
    operated: Office,
) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)
    write(operated, Noted("v2"), version(number=2))

    with operated.ledger.read() as session:
        assert current(session) == LOOSE
    assert believed(operated) == Configuration(decisions_needed=3)


def test_a_change_without_an_approval_accounts_for_nothing(operated: Office) -> None:
    plan, change = planned(operated)
    write(operated, ChangePlanned("c1", plan.what, plan.digest, f"p{FIRST}"), change)
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


@pytest.mark.parametrize("approver", [FIRST, SECOND, FOURTH])
def test_an_approval_by_the_planner_or_by_who_has_no_duty_for_it_accounts_for_nothing(
    operated: Office, approver: str
) -> None:
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, operated.signed(approver, "change.approve", plan.digest), approver))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


def test_the_same_facts_with_the_operator_s_own_approval_are_believed(operated: Office) -> None:
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, operated.signed(THIRD, "change.approve", plan.digest)))
    applied(operated, plan, version())

    assert believed(operated) == LOOSE


def _by_another_key(office: Office, plan: Plan) -> SignedAct:
    made = office.signed(FOURTH, "change.approve", plan.digest)
    return SignedAct(made.act, office.hands[THIRD].certificate_sha256, made.signature)


def _about_another_change(office: Office, plan: Plan) -> SignedAct:
    return office.signed(THIRD, "change.approve", "0" * 64)


def _a_refusal(office: Office, plan: Plan) -> SignedAct:
    return office.signed(THIRD, "change.refuse", plan.digest)


@pytest.mark.parametrize("forged", [_by_another_key, _about_another_change, _a_refusal])
def test_an_approval_that_does_not_verify_accounts_for_nothing(
    operated: Office, forged: Callable[[Office, Plan], SignedAct]
) -> None:
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, forged(operated, plan)))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


def test_a_fact_that_says_something_else_than_its_change_is_not_believed(operated: Office) -> None:
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, operated.signed(THIRD, "change.approve", plan.digest)))
    applied(operated, plan, version(Configuration(officer_age=16)))

    assert believed(operated) == DEFAULT


def test_a_body_that_was_swapped_under_its_signed_digest_is_not_believed(operated: Office) -> None:
    plan, change = planned(operated)
    change.body = plan.body.replace("15", "16")
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, operated.signed(THIRD, "change.approve", plan.digest)))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


@pytest.mark.parametrize("planner", [FIRST, SECOND])
def test_a_duty_that_its_own_holder_planned_or_approved_is_not_believed_whatever_the_plan_says_of_him(
    office: Office, planner: str
) -> None:
    approver = {FIRST: SECOND, SECOND: FIRST}[planner]
    honest = office.drafted("duty.grant", {"person": FIRST, "duty": "register-clerk"})
    assert isinstance(honest, Plan)
    blank = replace(honest, person_id=None)
    signed = office.hands[planner].sign(act_for(PLAN, blank.digest, blank.planned_at))
    change = Change(
        id="c1", digest=blank.digest, kind=blank.what, body=blank.body, planner_id=f"p{planner}",
        **proof_columns(signed),
    )  # fmt: skip
    write(office, Noted("c1"), change)
    write(office, Noted("a1"), approval(office, office.signed(approver, "change.approve", blank.digest), approver))
    applied(office, blank, *blank.kind.facts(blank.values, START, lambda: "d1"))

    assert [span.kind.value for span in office.believed(FIRST)] == ["registration-officer"]


def test_an_approval_that_was_set_back_to_when_its_signer_was_on_duty_accounts_for_nothing(
    operated: Office, clock: TurnedClock
) -> None:
    operated.agreed("duty.grant", person=FOURTH, duty="ca-operator")
    clock.turn(seconds=60)
    then = clock.now()
    clock.turn(seconds=60)
    operated.agreed("duty.end", person=THIRD, duty="ca-operator")
    clock.turn(days=20)
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    back = operated.hands[THIRD].sign(act_for(APPROVE, plan.digest, then))
    write(operated, Noted("a1"), approval(operated, back))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


def test_an_approval_that_was_taken_up_when_its_signer_was_no_longer_on_duty_accounts_for_nothing(
    operated: Office, clock: TurnedClock
) -> None:
    operated.agreed("duty.grant", person=FOURTH, duty="ca-operator")
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    signed = operated.signed(THIRD, APPROVE, plan.digest)
    clock.turn(seconds=60)
    operated.agreed("duty.end", person=THIRD, duty="ca-operator")
    write(operated, Noted("a1"), approval(operated, signed))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


def test_what_was_agreed_stays_so_when_planner_and_approver_have_left(operated: Office, clock: TurnedClock) -> None:
    operated.agreed("configuration.set", approver=THIRD, decisions_needed=3)
    clock.turn(days=1)
    gone = [Cutoff(id=n, person_id=f"p{n}", at=clock.now(), reason="cessationOfOperation") for n in (FIRST, THIRD)]
    write(operated, Noted("left"), *gone, DutyEnd(duty_id=f"first-{FIRST}", at=clock.now()))

    assert believed(operated) == Configuration(decisions_needed=3)


def test_a_change_by_a_key_that_was_stopped_before_it_was_applied_is_not_believed(operated: Office) -> None:
    plan, change = planned(operated)
    write(operated, Noted("c1"), change)
    write(operated, Noted("a1"), approval(operated, operated.signed(THIRD, "change.approve", plan.digest)))
    write(operated, Noted("cut"), Cutoff(id="cut", person_id=f"p{THIRD}", at=START, reason="keyCompromise"))
    applied(operated, plan, version())

    assert believed(operated) == DEFAULT


def test_a_duty_by_the_ceremony_or_an_agreed_change_is_believed_and_no_other(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="ca-operator")
    since = START - timedelta(days=1)
    write(office, Noted("x"), Duty(id="x", person_id=f"p{FOURTH}", kind="registration-officer", valid_from=since))

    assert [[span.kind.value for span in office.believed(number)] for number in (FIRST, THIRD, FOURTH)] == [
        ["registration-officer"], ["ca-operator"], [],
    ]  # fmt: skip


def test_the_ceremony_admits_registration_officers_and_nobody_else(office: Office) -> None:
    admitted(office, "ca-operator", KeyUse(key_sha256="ab", subject=f"p{FOURTH}"))

    assert office.believed(FOURTH) == []


def admitted(office: Office, kind: str, *others: Fact) -> None:
    """The fourth person, as a ceremony would do it."""
    duty = Duty(id="x", person_id=f"p{FOURTH}", kind=kind, valid_from=START)
    office.ledger.entries([Deed(FirstOfficerAdmitted(f"p{FOURTH}", "ab"), CEREMONY, [duty, *others])])


def test_the_ceremony_admits_nobody_without_his_key(office: Office) -> None:
    admitted(office, "registration-officer", KeyUse(key_sha256="ab", subject=f"p{THIRD}"))

    assert office.believed(FOURTH) == []


@pytest.mark.parametrize(("profile", "enrolment", "counts"), [
    ("officer-authentication", "e1", False),
    ("officer-authentication", None, True),
    ("citizen-signing", "e1", True),
])  # fmt: skip
def test_a_ceremony_admits_officers_until_one_was_certified_upon_decisions(
    office: Office, profile: str, enrolment: str | None, *, counts: bool
) -> None:
    with office.ledger.read() as session:
        issuer_id = session.scalars(select(Issuer.id).limit(1)).one()
    common = {"id": "c9", "issuer_id": issuer_id, "serial_number": "99", "profile": profile, "person_id": f"p{THIRD}"}
    intent = Intent(**common, dense_number=99, tbs=b"-", enrolment_id=enrolment)
    certificate = Certificate(
        **common, sha256="c9", key_sha256="k9", der=b"-", not_before=START, not_after=START + timedelta(days=9)
    )
    write(office, Noted("c9"), intent, certificate)

    admitted(office, "registration-officer", KeyUse(key_sha256="ab", subject=f"p{FOURTH}"))

    assert (office.believed(FOURTH) != []) is counts


def test_a_ceremony_neither_reopens_a_desk_nor_makes_one_without_its_first_term(office: Office) -> None:
    again = DeskTerm(id="t2", desk_id="desk-1", number=2, valid_from=START)
    office.ledger.entries([Deed(FirstDeskOpened("desk-1", "center"), CEREMONY, [again])])
    alone = Desk(id="d9", code="LP-9", province="LA-LP")
    office.ledger.entries([Deed(FirstDeskOpened("d9", "LP-9"), CEREMONY, [alone])])
    other = DeskTerm(id="t9", desk_id="d9", number=1, valid_from=START)
    office.ledger.entries([Deed(FirstDeskOpened("d9", "LP-9"), CEREMONY, [other])])

    with office.ledger.read() as session:
        provenance = Provenance(session)
        told = [provenance.believes(session.get_one(type(one), one.id)) for one in (again, alone, other)]

    assert told == [False, False, False]


def test_two_who_were_made_up_cannot_vouch_for_each_other(office: Office) -> None:
    for number in (THIRD, FOURTH):
        duty = Duty(id=f"x{number}", person_id=f"p{number}", kind="ca-operator", valid_from=START)
        write(office, Noted(number), duty)
    plan, change = planned(office, THIRD)
    write(office, Noted("c1"), change)
    write(office, Noted("a1"), approval(office, office.signed(FOURTH, "change.approve", plan.digest), FOURTH))
    applied(office, plan, version())

    assert believed(office) == DEFAULT


def test_a_desk_by_the_ceremony_or_an_agreed_change_is_believed_and_no_other(office: Office) -> None:
    office.agreed("desk.open", desk="LP-1", province="LA-LP")
    desk = Desk(id="d9", code="LP-9", province="LA-LP")
    write(office, Noted("d9"), desk, DeskTerm(id="t9", desk_id="d9", number=1, valid_from=START))
    write(office, Noted("t8"), DeskTerm(id="t8", desk_id="desk-1", number=2, valid_from=START))

    with office.ledger.read() as session:
        provenance = Provenance(session)
        desks = {desk.code: provenance.believes(desk) for desk in session.scalars(select(Desk))}
        terms = [provenance.believes(term) for term in session.scalars(select(DeskTerm).order_by(DeskTerm.desk_id))]

    assert desks == {"center": True, "LP-1": True, "LP-9": False}
    assert sorted(terms) == [False, False, True, True]


def test_a_term_that_hangs_on_a_change_of_another_desk_is_not_believed(office: Office) -> None:
    digest = office.approved("desk.open", desk="LP-1", province="LA-LP")
    signed = office.signed(FIRST, APPLY, digest)
    with office.ledger.read() as session:
        change = session.scalars(select(Change).where(Change.digest == digest)).one()
    write(office, Noted("d0"), Desk(id="d0", code="LP-0", province="LA-LP"))
    desk = Desk(id="d1", code="LP-1", province="LA-LP")
    other = DeskTerm(id="t1", desk_id="d0", number=1, valid_from=START)
    end = ChangeEnd(change_id=change.id, number=9, applied=True, person_id=f"p{FIRST}", **proof_columns(signed))
    write(office, ChangeApplied(change.id, change.kind, digest, f"p{FIRST}"), end, desk, other)

    with office.ledger.read() as session:
        provenance = Provenance(session)
        told = [provenance.believes(session.get_one(kind, key)) for kind, key in ((Desk, "d1"), (DeskTerm, "t1"))]

    assert told == [True, False]
