"""Following: each committed entry once, none lost, whatever the order of commits."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, insert

from ledger.entry import Entry
from ledger.follow import Follower, Start, follow
from ledger.incarnation import begin_incarnation
from ledger.ledger import Ledger
from ledger.log import Leaf
from ledger.seal import seal
from tests.doubles import SteadyChance, TurnedClock
from tests.ledger.doubles import TESTER, PersonNoted, SeedSigner, StopAtFirstWait, note_people


def ids(entries: Sequence[Entry]) -> list[str]:
    return [entry.id for entry in entries]


def begin_unfinished(ledger: Ledger, connection: Connection) -> str:
    """Writes an entry into a transaction of `connection` that stays open. Its id."""
    open_entry = ledger._transaction(ledger.clock.now())
    row = ledger._entry_row(PersonNoted("p"), TESTER, None, open_entry)
    connection.execute(insert(Entry), row)
    return open_entry.entry_id


def test_each_entry_is_passed_on_once(ledger: Ledger) -> None:
    follower = Follower(ledger)
    first = note_people(ledger, 1, 2)

    looks = [ids(follower.look()), ids(follower.look())]

    second = note_people(ledger, 3)
    assert looks == [first, []]
    assert ids(follower.look()) == second


def test_a_further_incarnation_is_followed_without_a_gap(ledger: Ledger) -> None:
    note_people(ledger, 1)
    follower = Follower(ledger, Start.NOW)

    begin_incarnation(ledger, "promotion", TESTER)
    later = note_people(ledger, 2)

    looks = [ids(follower.look()), ids(follower.look())]
    assert looks[0][1:] == later
    assert looks[1] == []


def test_another_follower_goes_on_from_there_by_itself(ledger: Ledger) -> None:
    follower = Follower(ledger)
    first = note_people(ledger, 1)
    assert ids(follower.look())[-1:] == first

    other = follower.another()
    second = note_people(ledger, 2)
    looks = [ids(follower.look()), ids(follower.look())]
    third = note_people(ledger, 3)

    assert looks == [second, []]
    assert ids(other.look()) == [*second, *third]


def test_a_follower_may_start_with_what_comes_after_it(ledger: Ledger) -> None:
    note_people(ledger, 1, 2)
    follower = Follower(ledger, Start.NOW)

    later = note_people(ledger, 3)

    assert ids(follower.look()) == later


def test_a_look_says_how_fresh_it_is(ledger: Ledger, clock: TurnedClock) -> None:
    follower = Follower(ledger)
    before = follower.fresh_at

    clock.turn(seconds=3)
    follower.look()

    assert before is None
    assert follower.fresh_at == clock.now()


@pytest.mark.postgresql_only("SQLite has one writer at a time")
@pytest.mark.parametrize("start", list(Start))
def test_an_entry_that_commits_after_a_later_one_is_not_lost(ledger: Ledger, start: Start) -> None:
    follower = Follower(ledger, start)
    with ledger.writing.connect() as slow, slow.begin():
        slow_entry = begin_unfinished(ledger, slow)
        quick_entry = note_people(ledger, 1)
        during = ids(follower.look())
        again = ids(follower.look())

    assert during == quick_entry
    assert again == []
    assert ids(follower.look()) == [slow_entry]
    assert ids(follower.look()) == []


@pytest.mark.postgresql_only("SQLite has one writer at a time")
def test_a_start_in_the_midst_of_a_transaction_meets_its_entry(ledger: Ledger) -> None:
    with ledger.writing.connect() as slow, slow.begin():
        slow_entry = begin_unfinished(ledger, slow)
        note_people(ledger, 1)
        follower = Follower(ledger, Start.NOW)

    assert ids(follower.look()) == [slow_entry]


@pytest.mark.postgresql_only("SQLite has one writer at a time")
def test_nothing_is_sealed_past_a_transaction_that_is_open(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    with ledger.writing.connect() as slow, slow.begin():
        slow_entry = begin_unfinished(ledger, slow)
        quick_entry = note_people(ledger, 1)
        during = seal(ledger, SeedSigner(), outside, ledger.clock.now())

    after = seal(ledger, SeedSigner(), outside, ledger.clock.now())

    with ledger.read() as session:
        leaves = [session.get_one(Leaf, number).entry_id for number in range(2)]
    assert during is None
    assert after is not None
    assert leaves == [slow_entry, *quick_entry]


def test_a_thread_follows_until_it_is_told_to_stop(ledger: Ledger) -> None:
    stop, met, seen = threading.Event(), threading.Event(), []

    def apply(entries: Sequence[Entry]) -> None:
        seen.extend(ids(entries))
        if seen:
            met.set()

    thread = threading.Thread(target=follow, args=(Follower(ledger), apply, stop, 0.01))
    thread.start()
    entries = note_people(ledger, 1)
    assert met.wait(5)
    stop.set()
    thread.join(5)

    assert seen == entries
    assert not thread.is_alive()


def test_whoever_breaks_on_entries_is_given_them_again(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    stop, told = threading.Event(), list[list[str]]()

    def breaks_once(entries: Sequence[Entry]) -> None:
        told.append(ids(entries))
        if len(told) == 1:
            raise ValueError("no such thing")
        stop.set()

    follower = Follower(ledger, Start.NOW)
    [noted] = note_people(ledger, 1)
    follow(follower, breaks_once, stop, every=0.01)

    assert told == [[noted], [noted]]
    assert "no such thing" in caplog.text


def test_what_is_followed_is_told_too_that_nothing_is_new(ledger: Ledger) -> None:
    told: list[Sequence[Entry]] = []

    follow(Follower(ledger, Start.NOW), told.append, StopAtFirstWait())

    assert told == [[]]


def test_a_follower_whose_database_is_away_is_not_fresh(
    clock: TurnedClock, chance: SteadyChance, caplog: pytest.LogCaptureFixture
) -> None:
    follower = Follower(Ledger("sqlite:////no-such-folder/laotrust.db", clock, chance, "0.1.0", "ocsp"))

    follow(follower, lambda _: None, StopAtFirstWait())

    assert follower.fresh_at is None
    assert "cannot be followed" in caplog.text
