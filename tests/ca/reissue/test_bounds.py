"""What a campaign is about and what it is not: others' members, deadlines that are over, new ones that end again."""

from datetime import timedelta

import pytest

from ca.reissue.preview import Preview, preview
from ca.reissue.progress import State
from ca.reissue.selection import Selection
from ledger.certificates import Certificate, Revocation
from ledger.decision import Refuse
from tests.ca.conftest import FIRST, PracticeCa
from tests.ca.following import Holder, reason, write
from tests.ca.reissue.day import Day
from tests.ca.reissue.test_campaigns import SIGNING, letters


@pytest.fixture
def day(ca: PracticeCa) -> Day:
    return Day(ca)


@pytest.fixture
def holder(day: Day) -> Holder:
    return Holder.of(day.ca)


@pytest.fixture
def old(day: Day, holder: Holder) -> Certificate:
    """Of the issuer that is followed by its next generation afterwards."""
    made = holder.first()
    day.roll_over()
    return made


def test_a_preview_and_a_plan_are_about_what_no_other_campaign_has(day: Day, holder: Holder, old: Certificate) -> None:
    day.start(**SIGNING)
    with day.ca.ledger.read() as session:
        shown = preview(session, Selection(issuers=("officers",)), day.ca.ledger.clock.now())
    again = day.office.plan(FIRST, "reissue.start", **day.given(**SIGNING))

    second = day.start(issuers=["officers"])

    assert isinstance(shown, Preview)
    assert ([one.affected.certificate_id for one in shown.theirs], shown.elsewhere) == (list(day.states(second)), 1)
    assert again == Refuse("reissue.nobody")


def test_a_deadline_that_is_over_is_refused(day: Day, old: Certificate) -> None:
    now = day.ca.ledger.clock.now().isoformat()

    assert day.office.plan(FIRST, "reissue.start", **day.given(**SIGNING, deadline=now)) == Refuse(
        "reissue.deadline-past"
    )


def test_what_will_be_issued_is_not_replaced_beforehand(day: Day, old: Certificate) -> None:
    ahead = (day.ca.ledger.clock.now() + timedelta(days=1)).isoformat()

    refused = day.office.plan(FIRST, "reissue.start", **day.given(**SIGNING) | {"before": ahead})

    assert refused == Refuse("reissue.before-ahead")


@pytest.mark.parametrize(
    "unfit",
    [{"wave": 10**30}, {"pause_seconds": 10**15}, {"issuers": [["officers"]]},
     {"deadline": "9999-12-31T23:59:59-12:00"}, {"before": "0001-01-01T00:00:00+14:00"}],
    ids=["wave", "pause", "issuers", "deadline", "before"],
)  # fmt: skip
def test_what_no_campaign_could_go_on_with_is_no_plan(day: Day, old: Certificate, unfit: dict[str, object]) -> None:
    refused = day.office.plan(FIRST, "reissue.start", **day.given(**SIGNING) | unfit)

    assert isinstance(refused, Refuse)
    assert refused.code == "change.unfit"


def test_who_refuses_the_new_one_is_asked_again_and_is_not_held_to_have_come(
    day: Day, holder: Holder, old: Certificate
) -> None:
    campaign = day.start(**SIGNING)
    day.advance(steps=2)
    new = day.replaced(holder, old, confirming=False)
    day.later(1)

    ended(day, new)
    refused = (day.states(campaign)[old.id], len(day.score(campaign).not_come), day.score(campaign).failures)
    before = len(letters(day.ca, holder.number))
    day.advance(steps=3)
    asked = (day.states(campaign)[old.id], len(letters(day.ca, holder.number)) - before)
    day.replaced(holder, old)
    day.ca.room().turn()

    assert refused == (State.FAILED, 1, {"reissue.successor-ended": 1})
    assert asked == (State.TOLD, 1)
    assert (day.states(campaign)[old.id], day.score(campaign).recovered) == (State.REPLACED, 1)
    assert (day.score(campaign).lost, day.score(campaign).doubled) == (0, 0)


def ended(day: Day, certificate: Certificate) -> None:
    now = day.ca.ledger.clock.now()
    write(day.ca, Revocation(certificate_id=certificate.id, at=now, reason="cessationOfOperation"))


def test_what_becomes_of_the_new_one_later_is_no_loss_of_the_campaigns(
    day: Day, holder: Holder, old: Certificate
) -> None:
    campaign = day.start(**SIGNING)
    new = day.replaced(holder, old)
    day.ca.room().turn()
    day.later(30 * 24 * 3600)

    ended(day, new)

    assert (reason(day.ca, old), reason(day.ca, new)) == ("superseded", "cessationOfOperation")
    assert (day.score(campaign).lost, day.score(campaign).replaced, day.score(campaign).failures) == (0, 1, {})
