"""What must be signed before machines may ask, who may sign it, and what ends it."""

from typing import Any

import pytest
from cryptography import x509

from ca.endings.revocation import act_for as revoking
from ca.endings.revocation import revoke_person
from ca.governance import changes
from ca.governance.plan import APPROVE, PLAN, Plan
from ca.governance.plan import act_for as changing
from ca.machines.doors import make
from ca.machines.fates import Fate, Issued, Refused, Waiting, outcome
from ca.machines.rules import Protocol
from ca.registration.progress import states
from ca.registration.states import State
from ledger.decision import Allow, Refuse
from ledger.ledger import Deed
from ledger.people import AppointmentTerm
from tests.ca.conftest import FIRST, SECOND, TEST
from tests.ca.events import Registered
from tests.ca.machines.ministry import GRANT, HOLDER, OFFICER, STRANGER, Ministry
from tests.ca.registration.offices import appoint

SAME = pytest.mark.sqlite_only("the rules are the same on both engines")


def fate(ministry: Ministry, asked: str) -> tuple[Fate, State]:
    with ministry.ca.ledger.read() as session:
        return outcome(session, asked), states(session, [asked], ministry.ca.ledger.clock.now())[asked]


def test_a_machine_has_its_certificate_without_anybody_deciding(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked = ministry.ask(allowance, "www.mtc.gov.la", "localhost")
    assert isinstance(asked, str), asked
    assert fate(ministry, asked) == (Waiting(), State.APPROVED)

    turn = ministry.ca.room().turn()

    assert turn.refused == []
    [certificate] = turn.issued
    parsed = x509.load_der_x509_certificate(certificate.der)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la", "localhost"]
    came, state = fate(ministry, asked)
    assert isinstance(came, Issued)
    assert (came.certificate.sha256, state) == (certificate.sha256, State.ISSUED)


@SAME
def test_without_the_word_of_organisation_and_person_nothing_is_asked_for(ministry: Ministry) -> None:
    allowance = ministry.granted()

    assert ministry.ask(allowance, "www.mtc.gov.la") == Refuse("machine.not-confirmed")
    assert ministry.confirm(allowance) == Allow()
    assert ministry.ask(allowance, "www.mtc.gov.la") == Refuse("machine.not-accepted")
    assert ministry.accept(allowance) == Allow()
    assert isinstance(ministry.ask(allowance, "www.mtc.gov.la"), str)


@SAME
def test_only_an_officer_of_the_organisation_speaks_for_it_and_only_the_person_accepts(ministry: Ministry) -> None:
    allowance = ministry.granted()

    assert ministry.confirm(allowance, STRANGER) == Refuse("confirmation.other-organisation")
    assert ministry.confirm(allowance, HOLDER) == Refuse("confirmation.own-request")
    assert ministry.accept(allowance, OFFICER) == Refuse("machine.other-person")


UNFIT: list[tuple[dict[str, Any], str]] = [
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
]


@SAME
def test_what_cannot_be_allowed_is_not_even_planned(ministry: Ministry) -> None:
    codes = [getattr(ministry.drafted(**GRANT | changed), "code", "planned") for changed, _ in UNFIT]

    assert codes == [code for _, code in UNFIT]


@SAME
def test_neither_the_responsible_person_nor_the_planner_approves(ministry: Ministry) -> None:
    plan, ledger = ministry.drafted(**GRANT), ministry.ca.ledger
    assert isinstance(plan, Plan)
    own = ministry.ca.sign(HOLDER, changing(PLAN, plan.digest, plan.planned_at))
    planned = ministry.ca.sign(FIRST, changing(PLAN, plan.digest, plan.planned_at))
    again = ministry.ca.sign(FIRST, changing(APPROVE, plan.digest, ledger.clock.now()))

    assert changes.plan(ledger, plan, own) == Refuse("change.own-duty")
    assert isinstance(changes.plan(ledger, plan, planned), str)
    assert changes.approve(ledger, plan.digest, again) == Refuse("change.own-plan")


@SAME
def test_an_end_between_asking_and_issuing_stops_it_and_all_that_is_asked_later(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked, code = str(ministry.ask(allowance, "www.mtc.gov.la")), ministry.secret(allowance)
    ministry.end(allowance)

    turn = ministry.ca.room().turn()

    assert (turn.issued, turn.refused) == ([], [(asked, "machine.allowance-ended")])
    with ministry.ca.ledger.read() as session:
        assert outcome(session, asked) == Refused("machine.allowance-ended")
    assert ministry.ask(allowance, "www.mtc.gov.la", code=code) == Refuse("machine.allowance-ended")


@SAME
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


@SAME
def test_when_the_responsible_person_leaves_the_organisation_nothing_more_is_issued(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    asked = str(ministry.ask(allowance, "www.mtc.gov.la"))
    left(ministry, HOLDER)

    assert ministry.ca.room().turn().refused == [(asked, "machine.person-left")]


@SAME
def test_when_the_confirming_officer_leaves_another_officers_word_counts(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    left(ministry, OFFICER)
    assert ministry.ask(allowance, "www.mtc.gov.la", code=code) == Refuse("machine.confirmation-lapsed")
    appoint(ministry.ca.ledger, SECOND, "MTC")

    assert ministry.confirm(allowance, SECOND) == Allow()
    assert isinstance(ministry.ask(allowance, "www.mtc.gov.la", code=code), str)


@SAME
def test_who_is_no_officer_of_the_desk_makes_no_secret(ministry: Ministry) -> None:
    allowance, ca = ministry.allowed(), ministry.ca

    refused = make(
        ca.ledger, ministry.doors, allowance.id, Protocol.EST, f"p{OFFICER}", lambda act: ca.sign(OFFICER, act)
    )

    assert refused == Refuse("change.no-duty")
