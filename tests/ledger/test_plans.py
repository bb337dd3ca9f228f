"""What PostgreSQL does for a statement when it knows nothing yet of what is in a table: no more than at any time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.orm import Session

from ledger.arrays import FEW
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.ledger import MOST_FACTS, Deed, Ledger
from ledger.order import _by_transaction, unsealed
from ledger.people import Person
from ledger.seal import seal
from tests.ledger.doubles import TESTER, PersonNoted, SeedSigner, note_people

CALLED = Facts(
    select(Person.number).where(Person.number.in_(bindparam("numbers", expanding=True))).order_by(Person.number)
)

EVERYBODY = Facts(select(Person.number))


def plan(reading: Session, asked: Facts, given: Mapping[str, Any]) -> str:
    text, values = asked._in_words_of(reading.connection(), given).filled(given)
    driver: Any = reading.connection().connection.driver_connection
    return "\n".join(row[0] for row in driver.execute(f"EXPLAIN {text.statement}", values))


@pytest.mark.postgresql_only("SQLite looks each value up")
def test_no_row_is_held_against_each_of_many_values(ledger: Ledger) -> None:
    numbers = [f"{10_000_100 + one}" for one in range(2 * FEW)]

    with ledger.read() as reading:
        found = plan(reading, CALLED, {"numbers": numbers})

    assert "ANY" not in found


@pytest.mark.postgresql_only("SQLite packs nothing")
def test_what_an_entry_names_need_not_be_unpacked_for_each_of_its_facts(ledger: Ledger) -> None:
    people = [Person(id=f"{number:040}", number=f"{number}") for number in range(MOST_FACTS)]
    ledger.entries([Deed(PersonNoted("0"), TESTER, people)])

    with ledger.read() as reading:
        kept, said = reading.execute(
            select(func.pg_column_size(Entry.facts), func.octet_length(cast(Entry.facts, Text)))
        ).one()

    assert kept > 0.9 * said


@pytest.mark.parametrize("many", [1, FEW, FEW + 1, 3 * FEW])
def test_of_few_values_and_of_many_the_same_is_found(ledger: Ledger, many: int) -> None:
    note_people(ledger, *range(300, 300 + 2 * FEW))
    with ledger.read() as reading:
        everybody = sorted(reading.scalars(select(Person.number)))
    asked = [*everybody[:many], "nobody", everybody[0]]

    with ledger.read() as reading:
        found = CALLED.values(reading, {"numbers": asked})

    assert found == everybody[:many]


@pytest.mark.postgresql_only("SQLite has an order of its own")
def test_a_look_for_what_is_to_be_sealed_reads_no_leaf_but_the_last(ledger: Ledger, tmp_path: Path) -> None:
    note_people(ledger, *range(300, 340))
    seal(ledger, SeedSigner(), tmp_path / "outside", ledger.clock.now())
    [new] = note_people(ledger, 341)

    with ledger.read() as reading:
        told, found = unsealed(reading, EVERYBODY, 10, "id", thorough=False)
        steps = plan(reading, _by_transaction(10, ("id",), onward=True), {})

    assert (len(told), found) == (41, [(new,)])
    assert "Seq Scan on leaf" not in steps
    assert "Anti Join" not in steps
