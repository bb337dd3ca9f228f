"""The process beside the room finds what the room would find, and the room does without it when it is gone."""

import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest

from ca.issuance.aside import Aside, Company, Findings, bench_of, findings_of
from ca.issuance.batching import in_batches
from ca.issuance.honour import examine
from ca.issuance.second_judge import Finding, verdicts
from ca.issuance.signing_room import BatchBroken, SigningRoom
from ca.profiles import PROFILES
from ledger.certificates import Certificate
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.specimens import specimens
from tests.doubles import START

PEOPLE = ("10000017", "10000018", "10000019")


@pytest.fixture
def asked(ca: PracticeCa) -> list[str]:
    """Three approved requests."""
    for number in PEOPLE:
        register_person(ca.ledger, number)
    return [ca.approved(number) for number in PEOPLE]


@pytest.fixture
def aside(ca: PracticeCa) -> Iterator[Aside]:
    room = ca.room()
    beside = Aside(ca.ledger, {key.id: key.spki for key in room.issuing.values()}, practice=True)
    yield beside
    beside.close()


def when_it_is_up(aside: Aside, ca: PracticeCa, ids: list[str]) -> None:
    until = time.monotonic() + 60
    while not aside.ask(ids, ca.ledger.clock.now()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_it_finds_what_the_room_finds(ca: PracticeCa, aside: Aside, asked: list[str]) -> None:
    issuers = {key.id: key.spki for key in ca.room().issuing.values()}

    when_it_is_up(aside, ca, asked)
    found = aside.answer()

    with ca.ledger.read() as session:
        here = findings_of(examine(session, asked, ca.ledger.clock.now(), issuers, practice=True))
    assert found == here
    assert {one.enrolment_id for one in here.wanted} == set(asked)


def test_it_answers_nothing_once_it_is_gone(ca: PracticeCa, aside: Aside, asked: list[str]) -> None:
    when_it_is_up(aside, ca, asked)

    aside._process.kill()
    aside._process.join()

    assert not (aside.answer() and aside.answer())
    assert not aside.ask(asked, ca.ledger.clock.now())


def test_one_that_stands_still_is_waited_for_so_long_and_no_longer(
    ca: PracticeCa, aside: Aside, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.aside.PATIENCE", 0.2)
    when_it_is_up(aside, ca, [])
    aside.answer()
    os.kill(int(aside._process.pid or 0), signal.SIGSTOP)
    aside.ask(asked, ca.ledger.clock.now())

    found = aside.answer()

    assert (found, aside.ask(asked, ca.ledger.clock.now())) == (None, False)
    assert not aside._process.is_alive()


def alone() -> tuple[Aside, Connection]:
    """One that is up, and the end of the line at which the test answers."""
    ours, theirs = Pipe()
    made = Aside.__new__(Aside)
    made._line, made._process, made._up, made._gone = ours, Process(target=print), True, False  # type: ignore[assignment]
    made._asked = deque()
    made._process.start()
    return made, theirs


def answering(said: object, *further: object) -> Aside:
    """One that was asked about `a` and `b` and says so; then about `c`, and says what is further."""
    made, theirs = alone()
    made.ask(["a", "b"], START)
    theirs.send(said)
    for one in further:
        made.ask(["c"], START)
        theirs.send(one)
    return made


WRONG = {
    "about another": Findings([], [], [("c", "x")]),
    "of one two things": Findings([], [], [("a", "y"), ("a", "x")]),
    "a decision about another": Findings([], [("d", "c", "x")], []),
    "a decision twice": Findings([], [("d", "a", "x"), ("d", "a", "y")], []),
    "something else": ["a"],
    "no text where one is due": Findings([], [], [("a",)]),  # type: ignore[list-item]
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG)
def test_what_it_was_not_asked_is_no_answer(said: object) -> None:
    aside = answering(said)

    found = aside.answer()

    assert (found, aside.ask(["a"], START)) == (None, False)


def test_two_questions_are_answered_in_their_order() -> None:
    first, second = Findings([], [], [("b", "x")]), Findings([], [], [("c", "x")])
    aside = answering(first, second)

    found = aside.answer(), aside.answer()
    aside.close()

    assert found == (first, second)


def test_once_it_said_something_wrong_nothing_that_it_says_counts() -> None:
    aside = answering(["a"], Findings([], [], [("c", "x")]))

    found = aside.answer(), aside.answer()

    assert (found, aside.gone) == ((None, None), True)


def test_several_decisions_about_one_request_are_an_answer() -> None:
    said = Findings([], [("d", "a", "x"), ("e", "a", "y")], [("b", "y"), ("a", "z")])
    aside = answering(said)

    found = aside.answer()
    aside.close()

    assert found == said


def spoilt_and_sound() -> list[bytes]:
    sound = specimens().leaf("officer-signing")
    return [sound.replace(b"\x13\x02LA", b"\x13\x02L@"), sound]


def test_the_second_judge_finds_there_what_he_finds_here(ca: PracticeCa, aside: Aside) -> None:
    when_it_is_up(aside, ca, [])

    hear = bench_of(aside)(spoilt_and_sound())
    aside.ask([], ca.ledger.clock.now())
    found = aside.answer(), hear(), aside.answer()

    nothing = Findings([], [], [])
    assert found == (nothing, verdicts(spoilt_and_sound()), nothing)
    assert [bool(one) for one in found[1]] == [True, False]
    assert not aside.gone


WORD = Finding("ERROR", "x", "")


@pytest.mark.parametrize(
    ("said", "gone"),
    [(None, False), ([[]], True), ([[WORD], [], []], True), ([[], "x"], True), ([["x"], []], True), ("ab", True)],
    ids=["it could not", "too few", "too many", "no list", "no finding", "something else"],
)
def test_what_the_second_judge_does_not_say_there_he_is_asked_here(said: object, gone: bool) -> None:
    aside, theirs = alone()

    hear = bench_of(aside)(spoilt_and_sound())
    theirs.send(said)
    found = hear()

    assert (found, aside.gone) == (verdicts(spoilt_and_sound()), gone)
    aside.close()


def test_more_than_a_line_takes_is_judged_here() -> None:
    aside, _ = alone()
    many = [specimens().leaf("officer-signing")] * 60

    found = bench_of(aside)(many)()

    assert (found, aside.owes) == ([[]] * 60, False)
    aside.close()


def test_it_is_not_told_where_keys_are(ca: PracticeCa, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAOTRUST_KEYS_OFFICERS", "file:/somewhere")
    aside = Aside(ca.ledger, {}, practice=True)

    environment = Path(f"/proc/{aside._process.pid}/environ")
    when_it_is_up(aside, ca, asked)
    told = environment.read_bytes()
    aside.close()

    assert b"LAOTRUST_" not in told
    assert os.environ["LAOTRUST_KEYS_OFFICERS"] == "file:/somewhere"


class Beside(Aside):
    """Waits until it is up, so that it is asked for certain; `deaf` is gone when its answer is due."""

    answered = 0
    deaf = False

    def ask(self, ids: object, now: object) -> bool:
        while not self._up and self._process.is_alive():
            self._up = self._line.recv() == "ready"
        asked = super().ask(ids, now)  # type: ignore[arg-type]
        if self.deaf:
            self._process.kill()
            self._process.join()
        return asked

    def answer(self):  # type: ignore[no-untyped-def]
        found = super().answer()
        type(self).answered += found is not None
        return found


@pytest.mark.parametrize(("deaf", "answers"), [(False, 2), (True, 0)])
def test_many_batches_are_issued_with_it_and_without_it(
    deaf: bool, answers: int, ca: PracticeCa, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.signing_room.Aside", Beside)
    monkeypatch.setattr("ca.issuance.aside._FROM", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(Beside, "answered", 0)
    monkeypatch.setattr(Beside, "deaf", deaf)
    one_at_a_time = SigningRoom(**{**vars(ca.room()), "batch": 1})

    done = one_at_a_time.turn()

    with ca.ledger.read() as session:
        assert session.query(Certificate).filter(Certificate.id.in_([one.id for one in done.issued])).count() == 3
    assert (len(done.issued), done.refused, Beside.answered) == (3, [], answers)


class Sitting:
    """Stands where the process beside would be: it is there, and may be gone."""

    gone = owes = closed = False

    def ask(self, ids: object, now: object) -> bool:
        self.owes = True
        return True

    def answer(self) -> None:
        self.owes = False

    def judge(self, certificates: object) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def sat(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whoever was started, on a machine with two cores."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return []


def starting(sat: list[Any]) -> Callable[[], Any]:
    def start() -> Any:
        sat.append(Sitting())
        return sat[-1]

    return start


def test_one_that_is_kept_is_there_before_and_after_a_list(sat: list[Any]) -> None:
    company = Company(starting(sat))

    company.keep()
    before = company.beside(1)
    company.part(more=False)

    assert ([before], company.beside(1)) == (sat, before)
    assert not sat[0].closed


def test_one_that_was_started_for_a_long_list_goes_with_it(sat: list[Any]) -> None:
    company = Company(starting(sat))

    few, many = company.beside(4), company.beside(5)
    company.part(more=True)
    meanwhile = sat[0].closed
    company.part(more=False)

    assert (few, [many], meanwhile, sat[0].closed) == (None, sat, False, True)


def test_one_that_is_gone_is_followed_by_another(sat: list[Any]) -> None:
    company = Company(starting(sat))
    company.keep()
    sat[0].gone = True

    after = company.beside(1)

    assert (sat[0].closed, [after]) == (True, sat[1:])


def test_where_there_is_one_core_there_is_none(sat: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    company = Company(starting(sat))

    company.keep()

    assert (company.beside(100), sat) == (None, [])


def test_a_room_in_company_has_it_until_the_end(
    ca: PracticeCa, asked: list[str], sat: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.signing_room.Aside", lambda *_, **__: starting(sat)())
    room = ca.room()

    with room.in_company():
        done = room.turn()
        during = [one.closed for one in sat]

    assert (len(done.issued), during, sat[0].closed) == (3, [False], True)


def test_an_answer_that_a_broken_turn_left_is_nobody_s(
    ca: PracticeCa, asked: list[str], sat: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.signing_room.Aside", lambda *_, **__: starting(sat)())
    monkeypatch.setattr(SigningRoom, "_begin", broken)
    one_at_a_time = SigningRoom(**{**vars(ca.room()), "batch": 1})

    with one_at_a_time.in_company():
        with pytest.raises(BatchBroken):
            one_at_a_time.turn()
        left = [one.closed for one in sat]

    assert left == [True]


def broken(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize(("waiting", "sizes"), [(1, [1]), (4, [4]), (5, [2, 2, 1]), (8, [2, 2, 4]), (11, [2, 2, 4, 3])])
def test_of_many_the_first_two_batches_are_half_as_long(waiting: int, sizes: list[int]) -> None:
    ids = [str(number) for number in range(waiting)]

    batches = in_batches(ids, 4)

    assert [len(some) for some in batches] == sizes
    assert [one for some in batches for one in some] == ids


def test_a_turn_takes_so_many_batches_and_says_that_more_wait(
    ca: PracticeCa, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.signing_room.MOST_BATCHES", 1)
    one_at_a_time = SigningRoom(**{**vars(ca.room()), "batch": 1})

    first = one_at_a_time.turn()
    second = one_at_a_time.turn()

    assert (len(first.issued), first.more) == (2, True)
    assert (len(second.issued), second.more) == (1, False)


def test_a_profile_that_comes_from_another_process_is_the_one_that_is_known_here() -> None:
    come = [pickle.loads(ForkingPickler.dumps(profile)) for profile in PROFILES.values()]

    assert all(one is known for one, known in zip(come, PROFILES.values(), strict=True))
