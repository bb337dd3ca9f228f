"""Verification: what is right passes, and each way of tampering is named."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.entry import Entry
from ledger.incarnation import begin_incarnation
from ledger.ledger import Ledger
from ledger.outside import Outside
from ledger.purged import Purged
from ledger.seal import seal
from ledger.verification import Report, Wrong, read_only, rows, verify_ledger
from scripts.story.forging import take_guards_away
from scripts.story.tamper import TAMPERINGS, Tampering, tamper
from tests.doubles import SteadyChance
from tests.ledger.doubles import TESTER, SeedSigner, note_people, without_guards
from tests.stocked import Stock, Stocked


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def forty(ledger: Ledger, beside: Path) -> None:
    """Forty entries under five checkpoints."""
    for start in range(0, 40, 8):
        note_people(ledger, *range(start, start + 8))
        seal(ledger, SeedSigner(), beside / "checkpoints", ledger.clock.now())


@pytest.fixture
def stocked(stock: Stock, database_engine: str) -> Stocked:
    return stock(database_engine, "forty", forty)


@pytest.fixture
def filled(ledger: Ledger, stocked: Stocked, chance: SteadyChance, outside: Path) -> Ledger:
    shutil.copytree(stocked.beside / "checkpoints", outside)
    chance.resume(stocked.chance)
    return ledger


def verified(ledger: Ledger, outside: Path) -> Report:
    return verify_ledger(ledger.reading, outside)


def verified_copy(copy: Path, outside: Path) -> Report:
    engine = read_only(copy)
    report = verify_ledger(engine, outside)
    engine.dispose()
    return report


def first_wrong(report: Report) -> tuple[Wrong, str, str]:
    assert report.first is not None
    return report.first.wrong, report.first.table, report.first.key


def test_a_ledger_as_it_was_written_is_good(filled: Ledger, outside: Path) -> None:
    report = verified(filled, outside)

    assert report.faults == []
    assert (report.entries, report.facts, report.leaves, report.checkpoints) == (40, 40, 40, 5)
    assert (report.unsealed, report.outside_size) == (0, 40)


def test_an_empty_ledger_is_good(ledger: Ledger, outside: Path) -> None:
    assert verified(ledger, outside).good


def test_unsealed_entries_are_reported_and_are_no_fault(filled: Ledger, outside: Path) -> None:
    note_people(filled, 41, 42)

    report = verified(filled, outside)

    assert report.good
    assert (report.entries, report.unsealed) == (42, 2)


def test_a_ledger_of_several_incarnations_is_good(filled: Ledger, outside: Path) -> None:
    begin_incarnation(filled, "restore", TESTER)
    note_people(filled, 41)
    begin_incarnation(filled, "migration", TESTER)
    note_people(filled, 42)
    checkpoint = seal(filled, SeedSigner(), outside, filled.clock.now())

    report = verified(filled, outside)

    assert report.faults == []
    assert checkpoint is not None
    assert checkpoint.size == report.entries == 44


def test_the_report_has_a_form_for_programs(filled: Ledger, outside: Path) -> None:
    without_guards(filled)("DELETE FROM person WHERE id = 'p000003'")

    report = json.loads(json.dumps(verified(filled, outside).as_json()))

    assert report["good"] is False
    assert report["first"]["table"] == "person"
    assert report["first"]["wrong"] == "deleted"


def test_progress_is_told(filled: Ledger, outside: Path) -> None:
    told: list[int] = []

    verify_ledger(filled.reading, outside, told.append)

    assert sum(told) == 40


def test_a_change_in_an_unsealed_entry_is_a_fault(filled: Ledger, outside: Path) -> None:
    entry = note_people(filled, 41)[0]
    without_guards(filled)("UPDATE entry SET kind = 'test.other' WHERE id = :id", id=entry)

    assert first_wrong(verified(filled, outside)) == (Wrong.EDITED, "entry", entry)


@pytest.mark.parametrize(
    ("statement", "wrong", "table"),
    [
        ("UPDATE entry SET actor = 'x' WHERE position = 12", Wrong.EDITED, "entry"),
        ("UPDATE entry SET at = at + 1 WHERE position = 12", Wrong.EDITED, "entry"),
        ("UPDATE entry SET request_id = 'r' WHERE position = 12", Wrong.EDITED, "entry"),
        ("UPDATE person SET number = '99' WHERE id = 'p000011'", Wrong.EDITED, "person"),
        ("DELETE FROM person WHERE id = 'p000011'", Wrong.DELETED, "person"),
        ("DELETE FROM tree_node WHERE number = 15", Wrong.DELETED, "tree_node"),
        ("UPDATE tree_head SET at = at + 1000000 WHERE size = 16", Wrong.EDITED, "tree_head"),
        ("UPDATE checkpoint SET note = '' WHERE size = 16", Wrong.FORGED, "checkpoint"),
        ("DELETE FROM checkpoint WHERE size = 16", Wrong.DELETED, "checkpoint"),
        ("DELETE FROM leaf WHERE number = 11", Wrong.DELETED, "leaf"),
        ("DELETE FROM leaf WHERE number >= 33", Wrong.TRUNCATED, "leaf"),
    ],
)
def test_one_statement_of_an_administrator_is_named_on_both_engines(
    filled: Ledger, outside: Path, statement: str, wrong: Wrong, table: str
) -> None:
    without_guards(filled)(statement)

    assert first_wrong(verified(filled, outside))[:2] == (wrong, table)


@pytest.mark.sqlite_only("tampers with the embedded database's file")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name.replace(" ", "-"))
def test_each_way_of_tampering_is_named(filled: Ledger, outside: Path, tmp_path: Path, tampering: Tampering) -> None:
    copy = tmp_path / "copy.db"
    backup(filled, copy)
    tamper(str(copy), tampering)

    report = verified_copy(copy, outside)

    assert first_wrong(report)[0] is tampering.expected, report.faults[:3]


@pytest.mark.sqlite_only("tampers with the embedded database's file")
def test_a_rewritten_leaf_is_named_as_one_when_its_node_is_read_before_its_head(
    ledger: Ledger, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for numbers in (range(16), range(16, 40)):
        note_people(ledger, *numbers)
        seal(ledger, SeedSigner(), outside, ledger.clock.now())
    copy, rewriting = tmp_path / "copy.db", next(each for each in TAMPERINGS if each.name.endswith("with its leaf"))
    backup(ledger, copy)
    tamper(str(copy), rewriting)
    monkeypatch.setattr(rows, "CHUNK", 33)  # the node of leaves 16 to 31 is whole by then, its head is of 40

    report = verified_copy(copy, outside)

    assert first_wrong(report)[0] is Wrong.REWRITTEN


@pytest.mark.sqlite_only("tampers with the embedded database's file")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name.replace(" ", "-"))
def test_each_way_is_named_also_on_a_copy_that_is_older_than_the_newest_checkpoint(
    filled: Ledger, outside: Path, tmp_path: Path, tampering: Tampering
) -> None:
    copy = tmp_path / "copy.db"
    backup(filled, copy)
    tamper(str(copy), tampering)
    note_people(filled, 41, 42)
    seal(filled, SeedSigner(), outside, filled.clock.now())

    report = verified_copy(copy, outside)

    assert first_wrong(report)[0] is tampering.expected, report.faults[:3]


@pytest.mark.sqlite_only("SQLite keeps whatever type it is given")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET at = 'soon' WHERE position = 3",
        "UPDATE entry SET body = '{' WHERE position = 3",
        "UPDATE entry SET body = NULL WHERE position = 3",
        "UPDATE entry SET salt = hex(salt) WHERE position = 3",
        "UPDATE entry SET facts = '[]' WHERE position = 3",
        "UPDATE entry SET facts = replace(facts, '{', '{  ') WHERE position = 3",
        "UPDATE entry SET facts = 'x' WHERE position = 3",
        "UPDATE entry SET writer = 'laotrust_idp' WHERE position = 3",
        "UPDATE entry SET incarnation = 7 WHERE position = 3",
        "UPDATE entry SET digest = hex(digest) WHERE position = 3",
        "UPDATE leaf SET digest = hex(digest) WHERE number = 2",
        "UPDATE person SET number = x'00' WHERE id = 'p000002'",
        "UPDATE tree_head SET root = 'x' WHERE size = 8",
        "UPDATE checkpoint SET note = x'00' WHERE size = 8",
        "UPDATE tree_node SET hash = 'x' WHERE number = 15",
    ],
)
def test_values_of_a_wrong_type_are_named_and_stop_nothing(
    filled: Ledger, outside: Path, tmp_path: Path, statement: str
) -> None:
    copy = tmp_path / "copy.db"
    backup(filled, copy)
    loosen(copy)
    database = sqlite3.connect(copy)
    with database:
        database.execute(statement)
    database.close()

    assert not verified_copy(copy, outside).good


def test_without_the_folder_outside_nothing_can_be_trusted(filled: Ledger, outside: Path) -> None:
    shutil.rmtree(outside)

    assert first_wrong(verified(filled, outside))[0] is Wrong.FORGED


def test_a_broken_checkpoint_outside_is_a_fault(filled: Ledger, outside: Path) -> None:
    (outside / "newest.note").write_text("no note")

    assert first_wrong(verified(filled, outside))[:2] == (Wrong.FORGED, "outside")


@pytest.mark.parametrize("size", ["none", "9" * 5000], ids=["no number", "a long number"])
def test_what_is_no_checkpoint_among_those_outside_is_a_fault(filled: Ledger, outside: Path, size: str) -> None:
    every = outside / "every.notes"
    every.write_bytes(f"log\n{size}\n\f\n".encode() + every.read_bytes())

    assert first_wrong(verified(filled, outside))[:2] == (Wrong.FORGED, "outside")


@pytest.mark.sqlite_only("the copy is a file that anybody can open")
def test_a_dropped_table_is_named(filled: Ledger, outside: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(filled, copy)
    sqlite3.connect(copy).execute("DROP TABLE leaf").connection.close()

    report = verified_copy(copy, outside)

    assert first_wrong(report) == (Wrong.DELETED, "leaf", "all")


def test_the_notes_outside_may_not_end_before_the_newest(filled: Ledger, outside: Path) -> None:
    octets = (outside / "every.notes").read_bytes()
    (outside / "every.notes").write_bytes(octets[: len(octets) // 2])

    assert first_wrong(verified(filled, outside)) == (Wrong.FORGED, "outside", "newest")


@pytest.mark.parametrize("lost", ["newest.note", "every.notes"])
def test_either_file_outside_tells_the_newest_checkpoint(filled: Ledger, outside: Path, lost: str) -> None:
    newest = Outside(outside).newest()
    (outside / lost).unlink()

    report = verified(filled, outside)

    assert (report.good, report.outside_size) == (True, newest and newest.size)


def test_a_purged_row_is_excused_by_the_entry_that_names_it(filled: Ledger, outside: Path) -> None:
    entry = note_people(filled, 50)[0]
    with filled.read() as session:
        named = session.get_one(Entry, entry).facts
    filled.record(Purged("personal", tuple(f"{name}={told}" for name, told in named.items())), TESTER)
    without_guards(filled)("DELETE FROM person WHERE id = 'p000050'")

    report = verified(filled, outside)

    assert report.good
    assert report.purged == 1


def backup(ledger: Ledger, copy: Path) -> None:
    """A copy of the embedded database as it is now."""
    source, target = sqlite3.connect(str(ledger.writing.url.database)), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()


def loosen(copy: Path) -> None:
    """Takes all guards and NOT NULL away, as whoever holds the file can."""
    database = sqlite3.connect(copy, isolation_level=None)
    take_guards_away(database)
    database.execute("COMMIT")
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'")
    database.execute("PRAGMA writable_schema = RESET")
    database.close()
