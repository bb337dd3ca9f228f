"""Facts that are read without the ORM's bookkeeping are the facts that were written."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import bindparam, event, select
from sqlalchemy.orm import aliased

from ledger.entry import fact_hash
from ledger.event import Actor, Event, Id
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.people import Person, PersonDetail


@dataclass(frozen=True)
class PersonNoted(Event):
    kind: ClassVar[str] = "test.person-noted"
    person: Id


OTHER = aliased(Person)
FOUND = Facts(
    select(Person, Person.number.label("called"), PersonDetail, OTHER)
    .outerjoin(PersonDetail, PersonDetail.person_id == Person.id)
    .outerjoin(OTHER, (OTHER.id != Person.id) & (OTHER.number > Person.number))
    .where(Person.id.in_(bindparam("persons", expanding=True)))
    .order_by(Person.number)
)


def test_each_part_of_a_row_is_what_was_written_and_what_is_not_there_is_none(ledger: Ledger) -> None:
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        one, two = Person(id="p1", number="1"), Person(id="p2", number="2")
        detail = PersonDetail(
            id="d1", person_id="p1", number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
            family_en=None, born="1980-01-31", mail=None, search_key="1", source="officers",
        )  # fmt: skip
        tx.add(one, two, detail)

    with ledger.read() as reading:
        rows = FOUND.rows(reading, {"persons": ["p1", "p2"]})

    first, second = rows
    read = [fact_hash(fact) for fact in (first[0], first[2], first[3])]
    assert read == [fact_hash(fact) for fact in (one, detail, two)]
    assert (first[1], first[2].given_lo, first[2].family_en) == ("1", "ສົມພອນ", None)
    assert (second[0].id, second[1:]) == ("p2", ("2", None, None))


def test_what_was_read_belongs_to_no_session(ledger: Ledger) -> None:
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id="p1", number="1"))

    with ledger.read() as reading:
        ((person, *_),) = FOUND.rows(reading, {"persons": ["p1"]})
        known = list(reading.identity_map.values())

    assert (person.number, known) == ("1", [])


def test_a_list_of_any_length_is_asked_by_one_statement_on_postgresql(ledger: Ledger) -> None:
    asked: set[str] = set()
    event.listen(ledger.reading, "before_cursor_execute", lambda _c, _k, statement, *_: asked.add(statement))

    for number in (1, 2, 3, 9):
        with ledger.read() as reading:
            FOUND.rows(reading, {"persons": [f"p{one}" for one in range(number)]})

    assert len(asked) == (1 if ledger.reading.dialect.name == "postgresql" else 4)


def test_who_is_asked_for_by_more_than_a_key_can_have_is_nobody(ledger: Ledger) -> None:
    longest = "p" * 64
    with ledger.entry(PersonNoted("p1"), Actor.system("test")) as tx:
        tx.add(Person(id=longest, number="1"))

    with ledger.read() as reading:
        assert FOUND.rows(reading, {"persons": [longest + "p"]}) == []
