"""Runs the one line of revisions on the connection that `migrations.run` gives."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.dialects.postgresql import JSONB

from ledger.base import Base, Instant
from migrations.operations import add_guards
from migrations.tables import tables_of


def _with_guards(_context: Any, _revision: Any, directives: list[Any]) -> None:
    for script in directives:
        add_guards(script, Base.metadata)


def _type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A revision says what the database has, and does not change when our own types do."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, JSONB):
        return "postgresql.JSONB()"
    return False


def _wanted(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001 - Alembic's
    """With `only` (modules), the tables of those modules; else all."""
    only = context.config.attributes.get("only")
    return not only or kind != "table" or name in tables_of(only)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_wanted,
    render_item=_type,
    process_revision_directives=_with_guards,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
