import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import pytest
from sqlalchemy import select

from ledger.entry import Entry, fact_hash
from ledger.event import Actor, Event, Id
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import Person, PersonDetail
from ledger.prepared import TOGETHER

DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonRegistered(Event):
    kind: ClassVar[str] = "person.registered"
    person: Id


def test_an_entry_names_its_facts_and_their_hashes(ledger: Ledger) -> None:
    person = Person(id="p1", number="10000001")
    with ledger.entry(PersonRegistered("p1"), DESK) as tx:
        tx.add(person)

    with ledger.read() as session:
        entry = session.scalars(select(Entry)).one()
        stored = session.scalars(select(Person)).one()
    assert entry.facts == {"person/p1": fact_hash(stored)}
    assert json.loads(entry.body) == {"person": "p1"}
    assert stored.entry_id == entry.id


def test_a_key_that_may_exist_once_is_taken_the_second_time(ledger: Ledger) -> None:
    with ledger.entry(PersonRegistered("p1"), DESK) as tx:
        tx.add(Person(id="p1", number="10000001"))

    with pytest.raises(Taken) as clash, ledger.entry(PersonRegistered("p2"), DESK) as tx:
        tx.add(Person(id="p2", number="10000001"))

    assert (clash.value.table, clash.value.columns, clash.value.key) == ("person", ("number",), "10000001")
    with ledger.read() as session:
        assert len(session.scalars(select(Entry)).all()) == 1


def test_many_entries_are_one_transaction(ledger: Ledger) -> None:
    deeds = [Deed(PersonRegistered(f"p{n}"), DESK, [Person(id=f"p{n}", number=f"1000000{n % 3}")]) for n in range(4)]

    with pytest.raises(Taken):
        ledger.entries(deeds)

    with ledger.read() as session:
        assert session.scalars(select(Entry)).all() == []


@pytest.mark.parametrize("number", [1, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 3])
def test_however_many_rows_go_in_together_each_is_there_in_its_order(ledger: Ledger, number: int) -> None:
    ids = ledger.entries([Deed(PersonRegistered(key), DESK, [Person(id=key, number=key)]) for key in people(number)])

    with ledger.read() as session:
        entries = session.scalars(select(Entry).order_by(Entry.position)).all()
        found = {one.entry_id: one for one in session.scalars(select(Person))}

    assert [one.id for one in entries] == ids
    assert [one.facts for one in entries] == [{f"person/{found[one].id}": fact_hash(found[one])} for one in ids]
    assert [found[one].id for one in ids] == people(number)


@pytest.mark.parametrize("place", [0, TOGETHER - 1, 2 * TOGETHER])
def test_one_row_that_is_taken_keeps_all_of_its_statement_out(ledger: Ledger, place: int) -> None:
    facts = [Person(id=key, number=key) for key in people(2 * TOGETHER + 1)]
    ledger.entries([Deed(PersonRegistered("p"), DESK, [Person(id="p", number=facts[place].number)])])

    with pytest.raises(Taken) as clash:
        ledger.entries([Deed(PersonRegistered("p"), DESK, facts)])

    assert (clash.value.columns, clash.value.key) == (("number",), facts[place].number)
    with ledger.read() as session:
        assert session.scalars(select(Person.id)).all() == ["p"]


def people(number: int) -> list[str]:
    return [f"{place:08}" for place in range(number)]


def test_a_personal_fact_gets_a_salt_of_its_own(ledger: Ledger) -> None:
    with ledger.entry(PersonRegistered("p1"), DESK) as tx:
        tx.add(Person(id="p1", number="10000001"))
        detail = PersonDetail(id="d1", person_id="p1", number=1, given_lo="ສົມພອນ", given_en="Somphone", search_key="x")
        detail.source = "officers"
        tx.add(detail)

    with ledger.read() as session:
        assert len(session.scalars(select(PersonDetail)).one().salt) == 16


def test_threads_that_write_wait_for_each_other_before_the_one_writer_of_sqlite(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda n: ledger.record(PersonRegistered(f"p{n}"), DESK), range(32)))

    with ledger.read() as session:
        assert len(session.scalars(select(Entry)).all()) == 32
    kept = ledger.writing.pool.checkedin()  # type: ignore[attr-defined]
    assert kept == 1 or ledger.writing.dialect.name == "postgresql"
