"""No fact escapes verification, whichever tables the entries name: moved, slipped in, doubled, of another type."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from ledger.entry import Entry
from ledger.ledger import Deed, Ledger
from ledger.people import Organisation, Person, PersonDetail
from ledger.purged import Purged
from ledger.seal import seal
from ledger.verification import Report, Wrong, rows, strays
from ledger.verification.strays import tables_with_strays
from scripts.story.forging import redigest, take_guards_away
from tests.ledger.doubles import TESTER, PersonNoted, SeedSigner, Tamper, note_people, without_guards
from tests.ledger.test_verify import backup, first_wrong, loosen, verified, verified_copy

ORGANISATION = 15
"""The person in whose entry the one organisation is registered."""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def mixed(ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Twenty sealed entries and five unsealed ones, each of a person; the organisation `p000003` is in the last chunk.

    A chunk has four entries, and a look for strays goes over four rows.
    """
    monkeypatch.setattr(rows, "CHUNK", 4)
    monkeypatch.setattr(strays, "STRIDE", 4)
    note_people(ledger, *range(ORGANISATION))
    facts = [Person(id="p000015", number="10000015"), Organisation(id="p000003", code="MTC")]
    ledger.entries([Deed(PersonNoted("p000015"), TESTER, facts)])
    note_people(ledger, *range(ORGANISATION + 1, 20))
    seal(ledger, SeedSigner(), outside, ledger.clock.now())
    note_people(ledger, *range(20, 25))
    return ledger


@pytest.fixture
def administrator(mixed: Ledger) -> Tamper:
    return without_guards(mixed)


def entry_of(ledger: Ledger, person: int) -> str:
    with ledger.read() as session:
        return session.get_one(Person, f"p{person:06}").entry_id


def named(report: Report) -> set[tuple[Wrong, str, str]]:
    return {(fault.wrong, fault.table, fault.key) for fault in report.faults}


def test_every_fact_of_an_honest_ledger_is_looked_at(mixed: Ledger, outside: Path) -> None:
    report = verified(mixed, outside)

    assert report.good
    assert (report.entries, report.facts, report.unsealed) == (25, 26, 5)


def test_a_table_is_asked_only_for_entries_that_name_it(mixed: Ledger, outside: Path) -> None:
    asked: list[str] = []
    event.listen(mixed.reading, "before_cursor_execute", lambda *told: asked.append(told[2]))

    verified(mixed, outside)

    assert sum('FROM "organisation" WHERE entry_id' in statement for statement in asked) == 1
    assert not [statement for statement in asked if 'FROM "duty" WHERE entry_id' in statement]


@pytest.mark.parametrize("to", [1, 22], ids=["sealed", "unsealed"])
def test_a_fact_that_moved_to_an_entry_of_another_chunk_is_named(
    mixed: Ledger, outside: Path, administrator: Tamper, to: int
) -> None:
    there = entry_of(mixed, to)
    administrator("UPDATE organisation SET entry_id = :there", there=there)

    report = verified(mixed, outside)

    assert named(report) == {
        (Wrong.REORDERED, "organisation", "p000003"),
        (Wrong.EDITED, "organisation", "p000003"),
    }


def test_a_key_that_an_entry_names_in_one_table_is_not_named_in_another(
    mixed: Ledger, outside: Path, administrator: Tamper
) -> None:
    """Entry 3 names `person/p000003`, but not `organisation/p000003`."""
    there = entry_of(mixed, 3)
    administrator("UPDATE organisation SET entry_id = :there", there=there)

    assert first_wrong(verified(mixed, outside)) == (Wrong.REORDERED, "organisation", "p000003")


@pytest.mark.parametrize("person", [2, 23], ids=["sealed", "unsealed"])
def test_a_row_in_a_table_that_its_entry_does_not_name_is_named(
    mixed: Ledger, outside: Path, administrator: Tamper, person: int
) -> None:
    slipped_in = "INSERT INTO succession (id, organisation_id, successor_id, at, entry_id)"
    administrator(f"{slipped_in} VALUES ('s1', 'p000003', 'p000003', 0, :there)", there=entry_of(mixed, person))

    assert named(verified(mixed, outside)) == {(Wrong.INSERTED, "succession", "s1")}


def test_a_row_slipped_in_where_another_was_purged_is_named(
    mixed: Ledger, outside: Path, administrator: Tamper
) -> None:
    """The table has as many rows as the entries name."""
    entry = entry_of(mixed, 24)
    with mixed.read() as session:
        told = session.get_one(Entry, entry).facts
    mixed.record(Purged("personal", tuple(f"{name}={hashed}" for name, hashed in told.items())), TESTER)
    administrator("DELETE FROM person WHERE id = 'p000024'")
    administrator("INSERT INTO person (id, number, entry_id) VALUES ('p9', '9', :there)", there=entry_of(mixed, 0))

    report = verified(mixed, outside)

    assert named(report) == {(Wrong.INSERTED, "person", "p9")}
    assert report.purged == 1


@pytest.mark.sqlite_only("its guards are not in the way of a copy")
def test_a_fact_that_two_entries_name_is_under_one(mixed: Ledger, outside: Path, tmp_path: Path) -> None:
    """The second one is not sealed, and its digest is right."""
    copy, second = tmp_path / "copy.db", entry_of(mixed, 24)
    with mixed.read() as session:
        first = session.get_one(Entry, entry_of(mixed, ORGANISATION)).facts
        facts = {**session.get_one(Entry, second).facts, "organisation/p000003": first["organisation/p000003"]}
    backup(mixed, copy)
    with closing(opened(copy)) as database, database:
        database.execute("UPDATE entry SET facts = ? WHERE id = ?", (json.dumps(facts), second))
        redigest(database, second)

    assert named(verified_copy(copy, outside)) == {(Wrong.EDITED, "organisation", "p000003")}


@pytest.mark.sqlite_only("SQLite keeps whatever type it is given")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisation SET id = CAST(id AS BLOB)",
        "UPDATE organisation SET id = NULL",
        "UPDATE organisation SET code = CAST(code AS BLOB)",
        "UPDATE organisation SET entry_id = CAST(entry_id AS BLOB)",
        "UPDATE organisation SET entry_id = NULL",
        "UPDATE entry SET facts = CAST(facts AS BLOB) WHERE position = 16",
        "UPDATE entry SET id = CAST(id AS BLOB) WHERE position = 16",
    ],
)
def test_octets_in_the_place_of_text_are_named(mixed: Ledger, outside: Path, tmp_path: Path, statement: str) -> None:
    copy = tmp_path / "copy.db"
    backup(mixed, copy)
    loosen(copy)
    with closing(opened(copy)) as database, database:
        database.execute(statement)

    assert not verified_copy(copy, outside).good


@pytest.mark.sqlite_only("takes the primary key away")
@pytest.mark.parametrize("person", [1, ORGANISATION], ids=["under another entry", "under its own"])
def test_a_second_row_with_one_key_is_named(mixed: Ledger, outside: Path, tmp_path: Path, person: int) -> None:
    copy = tmp_path / "copy.db"
    backup(mixed, copy)
    loosen(copy)
    with closing(opened(copy)) as database, database:
        database.execute("ALTER TABLE organisation RENAME TO was")
        database.execute("CREATE TABLE organisation AS SELECT * FROM was")
        database.execute("INSERT INTO organisation SELECT * FROM was")
        database.execute(
            "UPDATE organisation SET entry_id = ? WHERE rowid = (SELECT max(rowid) FROM organisation)",
            (entry_of(mixed, person),),
        )

    assert named(verified_copy(copy, outside)) == {(Wrong.REORDERED, "organisation", "p000003")}


def test_an_entry_whose_list_of_facts_cannot_be_read_excuses_no_row(
    mixed: Ledger, outside: Path, administrator: Tamper
) -> None:
    entry = entry_of(mixed, ORGANISATION)
    administrator("UPDATE entry SET facts = '[]' WHERE id = :entry", entry=entry)

    assert named(verified(mixed, outside)) >= {
        (Wrong.EDITED, "entry", entry),
        (Wrong.INSERTED, "organisation", "p000003"),
    }


@pytest.mark.parametrize("row", [0, 3, 4, 24])
def test_a_stray_is_found_in_whichever_stride_it_is(mixed: Ledger, administrator: Tamper, row: int) -> None:
    there = entry_of(mixed, 12)
    administrator("UPDATE person SET entry_id = :there WHERE id = :key", there=there, key=f"p{row:06}")

    with mixed.read() as session:
        found = tables_with_strays(session.connection(), [Person, Organisation, PersonDetail])

    assert found == {"person"}


def opened(copy: Path) -> sqlite3.Connection:
    """The copy, by an administrator who has taken its guards away."""
    database = sqlite3.connect(copy)
    database.row_factory = sqlite3.Row
    with database:
        take_guards_away(database)
    return database
