"""What an organisation lets its own services know of its officers unasked is agreed on by two persons, and ended so."""

from datetime import timedelta
from typing import Any

import pytest

from ca.governance.kind import Unfit
from ca.governance.provenance import Provenance
from ca.governance.unproven import unbelieved
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.preapproval import Preapproval, preapprovals
from tests.ca.governance.conftest import THIRD, Office
from tests.doubles import START, TurnedClock
from tests.idp.posts import open_office
from tests.recorded import TESTER, Noted

GIVEN: dict[str, Any] = {"organisation": "MTC", "scopes": ["profile", "organisation"], "legal_basis": "Decision 12/MTC"}


@pytest.fixture
def ministry(operated: Office) -> Office:
    """An office with a CA operator, and a ministry in the register."""
    open_office(operated.ledger, START - timedelta(days=100))
    return operated


def running(office: Office) -> list[str]:
    with office.ledger.read() as session:
        return [one.scopes for one in preapprovals(session, ["o-mtc"], office.ledger.clock.now())]


def test_two_persons_agree_on_it_and_on_its_end(ministry: Office, clock: TurnedClock) -> None:
    before = running(ministry)
    ministry.agreed("preapproval.grant", approver=THIRD, **GIVEN)
    holds = running(ministry)
    clock.turn(days=1)

    ministry.agreed("preapproval.end", approver=THIRD, organisation="MTC", legal_basis="Decision 13/MTC")

    assert (before, holds, running(ministry)) == ([], ["organisation profile"], [])


def test_it_holds_for_as_long_as_it_says(ministry: Office, clock: TurnedClock) -> None:
    ministry.agreed("preapproval.grant", approver=THIRD, **GIVEN, until=f"{START + timedelta(days=2):%Y-%m-%d}")
    holds = running(ministry)
    clock.turn(days=4)

    assert (holds, running(ministry)) == (["organisation profile"], [])


@pytest.mark.parametrize("scopes", [[], ["openid"], ["profile", "x"], "profile", [1], [["profile"]]])
def test_it_is_about_scopes_that_there_are_and_some_of_them(ministry: Office, scopes: Any) -> None:
    assert isinstance(ministry.plan(THIRD, "preapproval.grant", **GIVEN | {"scopes": scopes}), Unfit)


def test_there_is_one_at_a_time_for_an_organisation_that_there_is(ministry: Office) -> None:
    unknown = ministry.plan(THIRD, "preapproval.grant", **GIVEN | {"organisation": "X"})
    none = ministry.plan(THIRD, "preapproval.end", organisation="MTC", legal_basis="Decision 13/MTC")
    ministry.agreed("preapproval.grant", approver=THIRD, **GIVEN)

    again = ministry.plan(THIRD, "preapproval.grant", **GIVEN)

    assert (unknown, none, again) == (
        Refuse("change.body-unknown"), Refuse("preapproval.none"), Refuse("preapproval.there-already"),
    )  # fmt: skip


def test_one_that_nobody_agreed_on_is_listed_and_is_in_nobody_s_way(ministry: Office, clock: TurnedClock) -> None:
    planted = Preapproval(
        id="planted", organisation_id="o-mtc", scopes="email", valid_from=clock.now(), valid_to=None, legal_basis="-"
    )
    ministry.ledger.entries([Deed(Noted("planted"), TESTER, [planted])])

    with ministry.ledger.read() as session:
        found = [(one.kind, one.id) for one in unbelieved(Provenance(session))]
    ministry.agreed("preapproval.grant", approver=THIRD, **GIVEN)
    ministry.agreed("preapproval.end", approver=THIRD, organisation="MTC", legal_basis="Decision 13/MTC")

    assert found == [("preapproval", "planted")]
    assert running(ministry) == []
