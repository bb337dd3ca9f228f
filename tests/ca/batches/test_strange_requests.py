"""A person's request with attributes that nobody reads: he is refused with words, and those beside him go on."""

import pytest
from hypothesis import HealthCheck, given, settings

from ca.batches.apply import apply_plan
from ca.batches.outcomes import outcomes
from ca.batches.plan import load_plan, make_plan
from ca.batches.source import opened
from ca.tables.batches import EnrolmentBatch
from ledger.decision import Refuse
from tests.ca.batches.lists import desk_of, line, pem, written
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.pki.attributed import UNREADABLE, asking
from tests.pki.test_request_attributes import ASKED
from web.words import WORDS

GOOD, BAD = "10000017", "10000021"
MALFORMED = "enrolment.request-malformed"


@pytest.fixture
def office(ca: PracticeCa) -> PracticeCa:
    for number in (GOOD, BAD):
        register_person(ca.ledger, number)
    return ca


@pytest.mark.parametrize("attributes", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_it_is_refused_with_a_sentence(office: PracticeCa, attributes: bytes) -> None:
    outcome = office.hand_in(office.application(BAD, request=asking(attributes)))

    assert outcome == Refuse(MALFORMED)
    assert all(WORDS[MALFORMED])


def test_the_good_line_beside_it_is_taken_up(office: PracticeCa) -> None:
    bad = line(office, BAD, request=pem(asking(UNREADABLE["two values"])))
    folder = office.home.path / "plans" / "batches"
    with opened(written(office.home.path / "list.csv", [line(office, GOOD), bad])) as source:
        plan = load_plan(folder, make_plan(desk_of(office), source, folder).digest)

    batch = apply_plan(desk_of(office), plan, lambda act: office.sign(FIRST, act))

    assert isinstance(batch, EnrolmentBatch)
    with office.ledger.read() as session:
        done = list(outcomes(session, batch, office.ledger.clock.now()))
    assert [(one.line, one.state, one.code) for one in done] == [
        (2, "identity-checked", None),
        (3, "refused", MALFORMED),
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ASKED)
def test_whatever_a_request_asks_for_it_is_taken_or_refused(office: PracticeCa, attributes: bytes) -> None:
    assert isinstance(office.hand_in(office.application(BAD, request=asking(attributes))), str | Refuse)
