"""`op.guard(...)`: puts a table under guard in a revision; autogenerate writes it after each new table."""

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import CreateTableOp, MigrationScript
from sqlalchemy import MetaData, text

from migrations.guards import (
    Guard,
    erasing_statements,
    expiring_statements,
    guard_of,
    log_statements,
    preparation,
    statements,
)


@Operations.register_operation("guard")
class GuardTable(MigrateOperation):
    """The table refuses changes, second keys, and facts that no open entry names."""

    def __init__(self, guard: Guard) -> None:
        self.guarded = guard

    @classmethod
    def guard(
        cls, operations: Operations, table: str, key: str, unique: Sequence[tuple[str, ...]] = (), *, fact: bool = True
    ) -> None:
        """Puts `table` under guard."""
        operations.invoke(cls(Guard(table, key, tuple(unique), fact)))


@Operations.register_operation("prepare_guards")
class PrepareGuards(MigrateOperation):
    """The functions exist that all guards of PostgreSQL call."""

    @classmethod
    def prepare_guards(cls, operations: Operations) -> None:
        """Makes the functions that all guards share."""
        operations.invoke(cls())


@Operations.register_operation("guard_log")
class GuardLog(MigrateOperation):
    """The log asks for the facts of each entry that it takes, in every table that there is now."""

    @classmethod
    def guard_log(cls, operations: Operations) -> None:
        """To be called after the last `op.guard` of a revision."""
        operations.invoke(cls())


@Operations.register_operation("erasable")
class ErasableRows(MigrateOperation):
    """Single rows of a guarded table may go, each under a purge entry that names it."""

    def __init__(self, table: str, key: str) -> None:
        self.table, self.key = table, key

    @classmethod
    def erasable(cls, operations: Operations, table: str, key: str) -> None:
        """Makes the rows of `table` erasable."""
        operations.invoke(cls(table, key))


@Operations.implementation_for(ErasableRows)
def _erasable(operations: Operations, operation: ErasableRows) -> None:
    for statement in erasing_statements(operations.get_bind().dialect.name, operation.table, operation.key):
        operations.execute(text(statement))


@Operations.register_operation("expiring")
class ExpiringRows(MigrateOperation):
    """Rows of a guarded table that holds no facts may go an hour after the moment in one of their columns."""

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column

    @classmethod
    def expiring(cls, operations: Operations, table: str, column: str) -> None:
        """Lets rows of `table` go once they are past."""
        operations.invoke(cls(table, column))


@Operations.implementation_for(ExpiringRows)
def _expiring(operations: Operations, operation: ExpiringRows) -> None:
    for statement in expiring_statements(operations.get_bind().dialect.name, operation.table, operation.column):
        operations.execute(text(statement))


@Operations.implementation_for(GuardLog)
def _guard_log(operations: Operations, _operation: GuardLog) -> None:
    for statement in log_statements(operations.get_bind()):
        operations.execute(text(statement))


@Operations.implementation_for(GuardTable)
def _guard(operations: Operations, operation: GuardTable) -> None:
    for statement in statements(operations.get_bind().dialect.name, operation.guarded):
        operations.execute(text(statement))


@Operations.implementation_for(PrepareGuards)
def _prepare(operations: Operations, _operation: PrepareGuards) -> None:
    for statement in preparation(operations.get_bind().dialect.name):
        operations.execute(text(statement))


@renderers.dispatch_for(GuardTable)
def _render_guard(_context: Any, operation: GuardTable) -> str:
    guard = operation.guarded
    unique = f", unique={list(guard.unique)!r}" if guard.unique else ""
    fact = "" if guard.fact else ", fact=False"
    return f"op.guard({guard.table!r}, key={guard.key!r}{unique}{fact})".replace("'", '"')


@renderers.dispatch_for(PrepareGuards)
def _render_prepare(_context: Any, _operation: PrepareGuards) -> str:
    return "op.prepare_guards()"


@renderers.dispatch_for(GuardLog)
def _render_log(_context: Any, _operation: GuardLog) -> str:
    return "op.guard_log()"


def add_guards(script: MigrationScript, metadata: MetaData) -> None:
    """Adds to a generated revision a guard for each table that it makes."""
    upgrade = script.upgrade_ops
    if upgrade is None:
        return
    made = [part.table_name for part in upgrade.ops if isinstance(part, CreateTableOp)]
    if "entry" in made:
        upgrade.ops.append(PrepareGuards())
    upgrade.ops.extend(GuardTable(guard_of(metadata.tables[name])) for name in made)
    if made:
        upgrade.ops.append(GuardLog())

