"""Runs the one line of revisions on the connection that `migrations.run` gives."""

from typing import Any

from alembic import context

import migrations.tables  # noqa: F401 - loads every table
from ledger.base import Base
from migrations.operations import add_guards


def _with_guards(_context: Any, _revision: Any, directives: list[Any]) -> None:
    for script in directives:
        add_guards(script, Base.metadata)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    process_revision_directives=_with_guards,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
