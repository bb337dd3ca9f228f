"""What must be signed before machines may ask, who may sign it, and what ends it."""

from typing import Any

import pytest
from cryptography import x509

from ca.endings.revocation import act_for as revoking
from ca.endings.revocation import revoke_person
from ca.governance import changes
from ca.governance.kind import Unfit
from ca.governance.plan import APPROVE, PLAN, Plan
from ca.governance.plan import act_for as changing
from ca.machines.doors import make
from ca.machines.requests import Issued, Refused, Waiting, outcome
from ca.machines.rules import Protocol
from ca.registration.progress import states
from ca.registration.states import State
from ledger.decision import Allow, Refuse
from ledger.ledger import Deed
from ledger.people import AppointmentTerm
from tests.ca.conftest import FIRST, SECOND, TEST, register_person
from tests.ca.events import Registered
from tests.ca.machines.ministry import GRANT, HOLDER, OFFICER, STRANGER, Ministry
from tests.ca.registration.offices import appoint


def test_a_machine_has_its_certificate_without_anybody_deciding(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked = ministry.ask(allowance, "www.mtc.gov.la", "localhost")
    assert isinstance(asked, str), asked

    turn = ministry.ca.room().turn()

    assert turn.refused == []
    [certificate] = turn.issued
    parsed = x509.load_der_x509_certificate(certificate.der)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la", "localhost"]
    with ministry.ca.ledger.read() as session:
        fate = outcome(session, asked)
        assert isinstance(fate, Issued)
        assert fate.certificate.sha256 == certificate.sha256
        assert states(session, [asked], ministry.ca.ledger.clock.now()) == {asked: State.ISSUED}


def test_until_the_room_comes_to_it_a_request_waits(ministry: Ministry) -> None:
    asked = str(ministry.ask(ministry.allowed(), "www.mtc.gov.la"))

    with ministry.ca.ledger.read() as session:
        assert outcome(session, asked) == Waiting()
        assert states(session, [asked], ministry.ca.ledger.clock.now()) == {asked: State.APPROVED}


def test_without_the_organisations_word_nothing_is_asked_for(ministry: Ministry) -> None:
    allowance = ministry.granted()
    assert ministry.accept(allowance) == Allow()

    assert ministry.ask(allowance, "www.mtc.gov.la") == Refuse("machine.not-confirmed")


def test_without_the_responsible_persons_word_nothing_is_asked_for(ministry: Ministry) -> None:
    allowance = ministry.granted()
    assert ministry.confirm(allowance) == Allow()

    assert ministry.ask(allowance, "www.mtc.gov.la") == Refuse("machine.not-accepted")


@pytest.mark.parametrize(
    ("number", "code"), [(STRANGER, "confirmation.other-organisation"), (HOLDER, "confirmation.own-request")]
)
def test_neither_a_stranger_nor_the_responsible_person_speaks_for_the_organisation(
    ministry: Ministry, number: str, code: str
) -> None:
    assert ministry.confirm(ministry.granted(), number) == Refuse(code)


def test_nobody_else_accepts_for_the_responsible_person(ministry: Ministry) -> None:
    assert ministry.accept(ministry.granted(), OFFICER) == Refuse("machine.other-person")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"zones": ["mof.gov.la"]}, "enrolment.name-outside-zone"),
        ({"zones": ["google.com"]}, "enrolment.name-outside-zone"),
        ({"zones": ["gov.la"]}, "enrolment.name-outside-zone"),
        ({"zones": [], "hosts": []}, "machine.names-not-for-profile"),
        ({"common_names": ["gateway"]}, "machine.names-not-for-profile"),
        ({"person": STRANGER}, "machine.person-left"),
        ({"person": OFFICER}, "machine.identity-lapsed"),
        ({"person": "99999999"}, "duty.person-unknown"),
        ({"organisation": "NONE"}, "change.body-unknown"),
        ({"desk": "nowhere"}, "duty.desk-unknown"),
        ({"profile": "organisation-seal"}, "change.unfit"),
        ({"profile": "officer-signing"}, "change.unfit"),
        ({"protocols": ["telnet"]}, "change.unfit"),
        ({"protocols": []}, "change.unfit"),
        ({"protocols": "acme"}, "change.unfit"),
        ({"most": 0}, "change.unfit"),
        ({"most": True}, "change.unfit"),
        ({"new_keys": "yes"}, "change.unfit"),
        ({"until": "2040-01-01"}, "change.unfit"),
        ({"zones": ["mtc.gov.la\n"]}, "change.unfit"),
    ],
)
def test_what_cannot_be_allowed_is_not_even_planned(ministry: Ministry, changed: dict[str, Any], code: str) -> None:
    drafted = ministry.drafted(**GRANT | changed)

    assert isinstance(drafted, Refuse | Unfit)
    assert drafted.code == code


def test_the_responsible_person_neither_plans_nor_approves_his_own_allowance(ministry: Ministry) -> None:
    plan = ministry.drafted(**GRANT)
    assert isinstance(plan, Plan)
    signed = ministry.ca.sign(HOLDER, changing(PLAN, plan.digest, plan.planned_at))

    assert changes.plan(ministry.ca.ledger, plan, signed) == Refuse("change.own-duty")


def test_the_planner_does_not_approve(ministry: Ministry) -> None:
    plan = ministry.drafted(**GRANT)
    assert isinstance(plan, Plan)
    planned = changes.plan(
        ministry.ca.ledger, plan, ministry.ca.sign(FIRST, changing(PLAN, plan.digest, plan.planned_at))
    )
    assert isinstance(planned, str)
    signed = ministry.ca.sign(FIRST, changing(APPROVE, plan.digest, ministry.ca.ledger.clock.now()))

    assert changes.approve(ministry.ca.ledger, plan.digest, signed) == Refuse("change.own-plan")


def test_an_allowance_that_ended_gives_nothing_more(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    ministry.end(allowance)

    assert ministry.ask(allowance, "www.mtc.gov.la", code=code) == Refuse("machine.allowance-ended")


def test_an_end_between_asking_and_issuing_stops_it(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked = str(ministry.ask(allowance, "www.mtc.gov.la"))
    ministry.end(allowance)

    turn = ministry.ca.room().turn()

    assert (turn.issued, turn.refused) == ([], [(asked, "machine.allowance-ended")])
    with ministry.ca.ledger.read() as session:
        assert outcome(session, asked) == Refused("machine.allowance-ended")


def test_when_the_responsible_person_is_cut_off_the_allowance_is_dead(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    now = ministry.ca.ledger.clock.now()
    signed = ministry.ca.sign(FIRST, revoking("person.revoke", HOLDER, "keyCompromise", now))
    assert not isinstance(revoke_person(ministry.ca.ledger, HOLDER, "keyCompromise", signed), Refuse)

    assert ministry.ask(allowance, "www.mtc.gov.la", code=code) == Refuse("enrolment.person-cut-off")


def left(ministry: Ministry, number: str) -> None:
    now = ministry.ca.ledger.clock.now()
    over = AppointmentTerm(
        id=f"left-{number}", appointment_id=f"a-{number}-MTC", number=2, valid_from=now, valid_to=now, acting=False,
        decree="13/MOHA",
    )  # fmt: skip
    ministry.ca.ledger.entries([Deed(Registered(over.id), TEST, [over])])


def test_when_the_responsible_person_leaves_the_organisation_nothing_more_is_issued(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked = str(ministry.ask(allowance, "www.mtc.gov.la"))
    left(ministry, HOLDER)

    assert ministry.ca.room().turn().refused == [(asked, "machine.person-left")]


def test_when_the_confirming_officer_leaves_another_officers_word_counts(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    left(ministry, OFFICER)
    assert ministry.ask(allowance, "www.mtc.gov.la", code=code) == Refuse("machine.confirmation-lapsed")
    appoint(ministry.ca.ledger, SECOND, "MTC")

    assert ministry.confirm(allowance, SECOND) == Allow()
    assert isinstance(ministry.ask(allowance, "www.mtc.gov.la", code=code), str)


def test_an_officer_of_another_desk_makes_no_secret(ministry: Ministry) -> None:
    register_person(ministry.ca.ledger, "10000099")
    allowance = ministry.allowed()

    refused = make(ministry.ca.ledger, ministry.doors, allowance.id, Protocol.EST, "p10000099")

    assert refused == Refuse("change.no-duty")
