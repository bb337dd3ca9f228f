"""What is done at once is in the ledger as a whole, or not at all."""

import pytest
from sqlalchemy import event, select

from ledger.entry import Entry
from ledger.ledger import Ledger, Taken
from ledger.people import Person
from tests.ledger.doubles import TESTER, PersonNoted


def note(ledger: Ledger, person: str, number: str) -> None:
    with ledger.entry(PersonNoted(person), TESTER) as tx:
        tx.add(Person(id=person, number=number))


def noted(ledger: Ledger) -> list[str]:
    with ledger.read() as reading:
        return [entry.body for entry in reading.scalars(select(Entry).order_by(Entry.position))]


def test_several_entries_are_one_transaction(ledger: Ledger) -> None:
    commits: list[object] = []
    event.listen(ledger.writing, "commit", commits.append)

    def three() -> None:
        note(ledger, "p1", "1")
        note(ledger, "p2", "2")
        ledger.record(PersonNoted("p2"), TESTER)

    ledger.at_once(three)

    assert len(commits) == 1
    assert noted(ledger) == ['{"person":"p1"}', '{"person":"p2"}', '{"person":"p2"}']


def test_what_fails_on_its_way_leaves_nothing(ledger: Ledger) -> None:
    def fails() -> None:
        note(ledger, "p1", "1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ledger.at_once(fails)

    assert noted(ledger) == []
    note(ledger, "p1", "1")  # and nothing is gathered any more


def test_a_key_that_is_taken_is_told_where_it_is_entered(ledger: Ledger) -> None:
    note(ledger, "p0", "1")
    heard: list[str] = []

    def two_people() -> None:
        note(ledger, "p1", "2")
        try:
            note(ledger, "p2", "1")
        except Taken as clash:
            heard.append(clash.key)

    ledger.at_once(two_people)

    assert heard == ["1"]
    assert noted(ledger) == ['{"person":"p0"}', '{"person":"p1"}']
