"""What waits for the signing room: the queue, told by entries alone, is what the whole tables say at every step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ca.configuration import DEFAULT
from ca.issuance.queue import Needed, Queue, Watch, waiting
from ca.tables.endings import Replacement
from ca.tables.registration import Decision, DishonouredDecision, Enrolment, EnrolmentEnd
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyUse, Revocation
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger, LedgerUnavailable, Taken
from ledger.people import Person
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ledger.doubles import counted_trips
from tests.recorded import RecordedIssuer

OFFICERS, HOLDER = ("officer-1", "officer-2", "officer-3"), "holder"
NUMBERS = count(1)
ACTS = ["enrol", "say_yes", "say_yes", "say_no", "dishonour", "end", "intend", "certify", "abandon", "wish"]
MOVES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), min_size=20, max_size=40)
FEW = settings(
    max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@dataclass
class History:
    """One thing after the other happens to enrolments; a move that is about nothing there is left out."""

    ledger: Ledger
    enrolments: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)
    certified: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        place = next(NUMBERS)
        self.issuer = RecordedIssuer(self.ledger, f"issuer-{place}")
        self.people = [f"{name}-{place}" for name in (*OFFICERS, HOLDER)]
        self.write(*(Person(id=one, number=one) for one in self.people))

    def write(self, *facts: Fact) -> bool:
        """False if it was done before."""
        try:
            self.ledger.entries([Deed(Registered("h"), TEST, facts)])
        except Taken:
            return False
        return True

    def go(self, move: str, place: int) -> None:
        about = {"enrol": [""], "dishonour": self.decisions, "certify": self.intents, "abandon": self.intents}
        things = about.get(move, self.enrolments)
        if things:
            getattr(self, move)(things[place % len(things)], place)

    def enrol(self, _: str = "", __: int = 0) -> str:
        key = self.ledger.new_id()
        used = KeyUse(key_sha256=sha256(key.encode()).hexdigest(), subject=self.people[-1])
        self.write(
            used,
            Enrolment(
                id=key, person_id=self.people[-1], profile="officer-signing", request=b"", key_sha256=used.key_sha256,
                evidence_digest="00" * 32, digest="11" * 32,
            ),
        )  # fmt: skip
        self.enrolments.append(key)
        return key

    def say_yes(self, enrolment: str, place: int, *, approved: bool = True) -> None:
        decision = Decision(
            id=self.ledger.new_id(), enrolment_id=enrolment, officer_id=self.people[place % len(OFFICERS)],
            approved=approved, desk=None, act_at=self.ledger.clock.now(), act_certificate="00" * 32, act_signature=b"",
        )  # fmt: skip
        key = decision.id
        if self.write(decision):
            self.decisions.append(key)

    def say_no(self, enrolment: str, place: int) -> None:
        self.say_yes(enrolment, place, approved=False)

    def dishonour(self, decision: str, _: int) -> None:
        self.write(DishonouredDecision(decision_id=decision, code="act.stale"))

    def end(self, enrolment: str, _: int = 0) -> None:
        self.write(EnrolmentEnd(enrolment_id=enrolment, code="decision.no"))

    def intend(self, enrolment: str, _: int) -> None:
        key, number = self.ledger.new_id(), next(self.issuer.numbers)
        self.intents.append(key)
        self.write(
            Intent(
                id=key, issuer_id=self.issuer.id, serial_number=f"{number:x}", dense_number=number,
                profile="officer-signing", tbs=b"", enrolment_id=enrolment, person_id=self.people[-1],
            )
        )  # fmt: skip

    def certify(self, intent: str, _: int) -> None:
        now, digest = self.ledger.clock.now(), sha256(intent.encode()).hexdigest()
        certificate = Certificate(
            id=intent, issuer_id=self.issuer.id, serial_number=digest[:20], sha256=digest, key_sha256=digest,
            der=b"", profile="officer-signing", person_id=self.people[-1], not_before=now,
            not_after=now + timedelta(days=1),
        )  # fmt: skip
        if self.write(certificate):
            self.certified.append(intent)

    def wish(self, enrolment: str, place: int) -> None:
        """The holder of a certificate asks for this one in its place."""
        if self.certified:
            old = self.certified[place % len(self.certified)]
            self.write(
                Replacement(
                    enrolment_id=enrolment, certificate_id=old, person_id=self.people[-1],
                    act_at=self.ledger.clock.now(), act_certificate="00" * 32, act_signature=b"",
                )
            )  # fmt: skip

    def abandon(self, intent: str, _: int) -> None:
        self.write(Revocation(certificate_id=intent, at=self.ledger.clock.now(), reason="cessationOfOperation"))

    def whole(self) -> list[str]:
        """What the tables say without any memory."""
        with self.ledger.read() as session:
            return waiting(session, Needed.by(DEFAULT))


@FEW
@given(moves=MOVES, pause=st.integers(1, 4))
def test_the_queue_is_what_the_tables_say_after_any_history(
    ledger: Ledger, moves: Sequence[tuple[str, int]], pause: int
) -> None:
    history, queue = History(ledger), Queue(ledger)

    for number, (move, place) in enumerate(moves):
        history.go(move, place)
        if number % pause == 0:
            assert queue.look() == history.whole()

    last = history.enrol()
    history.say_yes(last, 0)
    assert last not in queue.look()
    history.say_yes(last, 1)
    assert last in queue.look() == history.whole()


def test_a_request_that_follows_a_certificate_waits_with_the_decisions_that_it_needs_anew(ledger: Ledger) -> None:
    history, queue = History(ledger), Queue(ledger)
    history.intend(history.enrol(), 0)
    history.certify(history.intents[0], 0)
    enrolment = history.enrol()
    history.wish(enrolment, 0)
    assert queue.look() == []

    history.say_yes(enrolment, 0)

    assert DEFAULT.decisions_needed_rekey == 1
    assert queue.look() == [enrolment]


def test_an_intent_that_is_abandoned_lets_its_enrolment_wait_again(ledger: Ledger) -> None:
    history, queue = History(ledger), Queue(ledger)
    enrolment = history.enrol()
    history.say_yes(enrolment, 0)
    history.say_yes(enrolment, 1)
    history.intend(enrolment, 0)
    assert queue.look() == []

    history.abandon(history.intents[0], 0)

    assert queue.look() == [enrolment]


def test_a_queue_whose_look_failed_asks_the_whole_tables(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    history, queue = History(ledger), Queue(ledger)
    queue.look()
    enrolment = history.enrol()
    history.say_yes(enrolment, 0)
    history.say_yes(enrolment, 1)

    with monkeypatch.context() as away:
        away.setattr("ca.issuance.queue.waiting", _unavailable)
        with pytest.raises(LedgerUnavailable):
            queue.look()

    assert queue.look() == [enrolment]


def test_when_fewer_decisions_are_needed_what_had_too_few_waits(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, queue = History(ledger), Queue(ledger)
    enrolment = history.enrol()
    history.say_yes(enrolment, 0)
    assert queue.look() == []

    monkeypatch.setattr(Needed, "by", lambda _: Needed(1, 0, 1))

    assert queue.look() == [enrolment]


def test_a_watch_sees_what_came_after_it_and_does_not_forget_it(ledger: Ledger) -> None:
    history = History(ledger)
    enrolment = history.enrol()
    watch = Watch(ledger)
    history.say_yes(enrolment, 0)
    assert not watch.undone()

    history.end(enrolment)

    assert watch.undone()
    assert watch.undone()
    assert not Watch(ledger).undone()


def test_a_watch_sees_what_came_after_the_look_that_found_the_request(ledger: Ledger) -> None:
    history, queue = History(ledger), Queue(ledger)
    enrolment = history.enrol()
    history.say_yes(enrolment, 0)
    history.say_yes(enrolment, 1)
    assert queue.look() == [enrolment]
    unconcerned = queue.watch()
    assert not unconcerned.undone()

    history.end(enrolment)

    assert queue.watch().undone()
    assert unconcerned.undone()
    assert queue.look() == []
    assert not queue.watch().undone()


def _unavailable(*_: object) -> list[str]:
    raise LedgerUnavailable("away")


@pytest.mark.postgresql_only("a question to SQLite has no way to go")
def test_a_look_and_a_watch_whose_questions_were_foreseen_ask_nothing_more(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, queue = History(ledger), Queue(ledger)
    history.enrol()
    queue.look()
    watch, trips = queue.watch(), counted_trips(monkeypatch)
    verified_before = 1
    """Which configuration counts; a look asks it once a snapshot."""

    with ledger.one_snapshot(), ledger.read() as session:
        Facts.foresee(session, queue.asks())
        queue.look()
        looked = trips.taken
        Facts.foresee(session, watch.asks())
        assert not watch.undone()

    assert (looked, trips.taken) == (1 + verified_before, 2 + verified_before)
