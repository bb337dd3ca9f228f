"""Two at once: a key, a code and a confirmation count once, and a no that comes between is never overrun by a yes."""

from collections.abc import Callable, Iterator

import pytest

from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many
from ca.registration.enrolment import submit_many
from ca.registration.mail import Asked, ask, prove
from ca.registration.progress import states
from ca.registration.states import State
from ca.tables.registration import MailChallenge, MailProof
from ledger.decision import Refuse
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person, request_for
from tests.ca.failing import InterruptedLedger
from tests.ca.registration.offices import appoint, body
from tests.issuing import new_key

OFFICER = "10000017"
Interrupted = Callable[[PracticeCa, Callable[[], object]], InterruptedLedger]


@pytest.fixture
def interrupted() -> Iterator[Interrupted]:
    """Makes a second hand on the same ledger, before whose first write something else happens."""
    made: list[InterruptedLedger] = []

    def make(ca: PracticeCa, first: Callable[[], object]) -> InterruptedLedger:
        ledger = InterruptedLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
        ledger.first = first
        made.append(ledger)
        return ledger

    yield make
    for ledger in made:
        ledger.close()


def test_of_two_who_hand_in_one_key_at_once_one_is_refused_and_the_rest_of_his_batch_is_taken(
    counter: PracticeCa, interrupted: Interrupted
) -> None:
    register_person(counter.ledger, OFFICER)
    request = request_for(new_key())
    one, other, rest = (counter.application(OFFICER, request=each) for each in (request, request, b""))
    ledger = interrupted(counter, lambda: counter.hand_in(one))

    outcomes = submit_many(ledger, counter.fields, [other, rest], TEST)

    assert outcomes[0] == Refuse("enrolment.key-used")
    assert isinstance(outcomes[1], str)


def test_a_code_that_is_typed_twice_at_once_proves_once(
    counter: PracticeCa, interrupted: Interrupted, monkeypatch: pytest.MonkeyPatch
) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, OFFICER)
    appoint(counter.ledger, OFFICER, "MTC")
    monkeypatch.setattr(counter.ledger, "randomness", bytes)
    challenge = ask(counter.ledger, counter.fields, Asked(OFFICER, "s@mtc.gov.la"), TEST)
    assert isinstance(challenge, MailChallenge)
    monkeypatch.undo()
    firsts: list[object] = []

    def typed() -> None:
        firsts.append(prove(counter.ledger, counter.fields, challenge.id, "00000000", TEST))

    second = prove(interrupted(counter, typed), counter.fields, challenge.id, "00000000", TEST)

    assert [type(one) for one in firsts] == [MailProof]
    assert second == Refuse("mail.code-used")


def test_a_no_that_comes_between_ends_the_request_whatever_is_said_after_it(
    ca: PracticeCa, interrupted: Interrupted
) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.enrolment(ca.apply(OFFICER))
    signed = ca.sign(FIRST, act_for(enrolment, ca.ledger.clock.now(), approved=True, desk="center"))
    ledger = interrupted(ca, lambda: ca.vote(SECOND, enrolment.id, approved=False))

    [said] = decide_many(ledger, [Vote(enrolment.id, approved=True, signed=signed, desk="center")])

    assert isinstance(said, str)
    assert ca.room().turn().issued == []
    with ca.ledger.read() as session:
        assert states(session, [enrolment.id], ca.ledger.clock.now())[enrolment.id] is State.ENDED
