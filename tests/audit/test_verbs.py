"""The verbs of the log, as an operator calls them."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from scripts.__main__ import main
from signers.file import generate
from tests.ledger.doubles import note_people, without_guards
from web.home import Home


@pytest.fixture
def operator(ledger: Ledger, home: Home, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", ledger.url)
    runner = CliRunner()

    def call(*words: str) -> Result:
        return runner.invoke(main, [*words, "--home", str(home.path)])

    return call


def test_a_good_ledger_is_reported_as_good(operator: Any, entries: list[str]) -> None:
    result = operator("ledger-verify", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["good"], report["entries"], report["outside_size"]) == (True, 12, 12)


def test_a_bad_ledger_is_refused_and_its_first_bad_row_named(operator: Any, ledger: Ledger, entries: list[str]) -> None:
    without_guards(ledger)("UPDATE entry SET actor = 'x' WHERE id = :id", id=entries[3])

    result = operator("ledger-verify")

    assert result.exit_code == 1
    assert f"entry {entries[3]}: edited" in result.stdout


def test_a_proof_written_to_a_file_is_checked_offline(operator: Any, tmp_path: Path, entries: list[str]) -> None:
    file = tmp_path / "entry.tlog-proof"

    made = operator("ledger-prove", entries[4], "--out", str(file))
    checked = operator("checkpoint-verify", str(file), "--json")

    assert made.exit_code == 0
    assert json.loads(checked.stdout)["entry"]["id"] == entries[4]


def test_the_newest_checkpoint_outside_is_checked_offline(operator: Any, home: Home, entries: list[str]) -> None:
    result = operator("checkpoint-verify", str(home.checkpoints / "newest.note"), "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["size"] == 12


def test_a_changed_checkpoint_is_refused(operator: Any, home: Home, tmp_path: Path, entries: list[str]) -> None:
    changed = tmp_path / "changed.note"
    changed.write_text((home.checkpoints / "newest.note").read_text().replace("\n12\n", "\n13\n"))

    result = operator("checkpoint-verify", str(changed))

    assert result.exit_code == 1
    assert "pki.signature-invalid" in result.output


def test_a_file_of_another_kind_is_refused_with_what_to_give_instead(
    operator: Any, tmp_path: Path, entries: list[str]
) -> None:
    other = tmp_path / "other.note"
    other.write_text("something else\n")

    result = operator("checkpoint-verify", str(other), "--json")

    assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, "checkpoint.unreadable")


def test_a_file_that_is_no_database_is_refused_in_a_sentence(operator: Any, tmp_path: Path, entries: list[str]) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"something else" * 1000)

    result = operator("ledger-verify", "--database", str(other), "--json")

    assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, "LedgerUnavailable")


def test_an_unknown_entry_is_refused(operator: Any, entries: list[str]) -> None:
    result = operator("ledger-prove", "nobody")

    assert result.exit_code == 1
    assert "entry.unknown" in result.output


@pytest.mark.sqlite_only("a file that was copied")
def test_a_copy_is_verified_without_being_touched(
    operator: Any, ledger: Ledger, tmp_path: Path, entries: list[str]
) -> None:
    copy = tmp_path / "copy.db"
    source, target = sqlite3.connect(str(ledger.writing.url.database)), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    before = copy.read_bytes()

    result = operator("ledger-verify", "--database", str(copy), "--json")

    assert json.loads(result.stdout)["good"] is True
    assert copy.read_bytes() == before


@pytest.fixture
def checkpoint_key(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint key in a file, as the ceremony makes it."""
    passphrase = home.path / "checkpoint.pass"
    uri = generate(home.path / "checkpoint.key.pem", SignatureAlgorithm.ED25519, passphrase)
    monkeypatch.setenv("LAOTRUST_KEYS_CHECKPOINT", uri)


def test_sealing_once_seals_what_is_there(operator: Any, ledger: Ledger, checkpoint_key: None) -> None:
    note_people(ledger, 1, 2)

    first = json.loads(operator("ledger-seal", "--once", "--json").stdout)
    second = json.loads(operator("ledger-seal", "--once", "--json").stdout)

    assert (first["sealed"], second["sealed"]) == (2, None)
    assert json.loads(operator("ledger-verify", "--json").stdout)["good"] is True


def test_a_database_that_was_brought_back_is_not_sealed(operator: Any, ledger: Ledger, checkpoint_key: None) -> None:
    note_people(ledger, 1, 2)
    operator("ledger-seal", "--once")
    for table in ("checkpoint", "tree_head", "tree_node", "leaf"):
        without_guards(ledger)(f"DELETE FROM {table}")

    result = operator("ledger-seal", "--once")

    assert result.exit_code == 1
    assert "an older or another state was brought back" in result.output
