"""The revisions make what the tables say, on both engines, with a guard on every table.

When one of these fails because tables have changed: `python -m migrations NUMBER "what it brings"`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

import migrations.tables  # noqa: F401 - loads every table
from ledger.base import Base
from migrations.guards import guards_of
from migrations.run import migrate

TABLES = sorted(Base.metadata.tables)
ON_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
ON_POSTGRESQL = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """To a migrated database, as its owner."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_the_migrated_schema_is_what_the_tables_say(connection: Connection) -> None:
    assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.sqlite_only("its triggers have other names")
def test_every_table_is_guarded_on_sqlite(connection: Connection) -> None:
    triggers = set(connection.scalars(text(ON_SQLITE)))

    wanted = {f"{table}{suffix}" for table in TABLES for suffix in ("_no_update", "_no_delete", "_insert", "_rowid")}
    assert wanted | {"entry_stamp", "entry_order", "leaf_complete"} == triggers


@pytest.mark.postgresql_only("its triggers have other names")
def test_every_table_is_always_guarded_on_postgresql(connection: Connection) -> None:
    triggers = set(connection.scalars(text(ON_POSTGRESQL)))

    wanted = {f"{table}{suffix}" for table in TABLES for suffix in ("_no_update", "_no_delete", "_no_truncate")}
    facts = {f"{guard.table}_insert" for guard in guards_of(Base.metadata.sorted_tables) if guard.fact}
    assert wanted | facts | {"entry_stamp", "entry_complete"} == triggers


@pytest.mark.postgresql_only("on SQLite the log asks")
def test_every_table_of_facts_is_asked_at_commit_by_a_statement_of_its_own(connection: Connection) -> None:
    source = connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'laotrust_complete'"))

    facts = [guard for guard in guards_of(Base.metadata.sorted_tables) if guard.fact]
    asked = [f"""FROM public."{guard.table}" WHERE "{guard.key}" = ANY (named.keys)""" for guard in facts]
    assert [one for one in asked if one not in source] == []
    assert (source.count("WHEN '"), "EXECUTE" in source) == (len(facts), False)


@pytest.mark.sqlite_only("the guards look every key up on SQLite alone")
@pytest.mark.parametrize("guard", guards_of(Base.metadata.sorted_tables), ids=lambda guard: guard.table)
def test_every_key_is_looked_up_before_a_row_goes_in(connection: Connection, guard) -> None:  # type: ignore[no-untyped-def]
    source = connection.scalar(text(f"SELECT sql FROM sqlite_master WHERE name = '{guard.table}_insert'"))

    assert [columns for columns in ((guard.key,), *guard.unique) if f"{', '.join(columns)} exists" not in source] == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert migrate(database_url) == migrate(database_url)


def test_a_new_database_file_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'new.db'}")

    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
