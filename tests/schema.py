"""The schema that tests run on."""

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import migrations.tables  # noqa: F401 - loads every table
from ledger.base import Base
from migrations.guards import guards_of, log_statements, preparation, statements
from migrations.roles import apply_roles


def build(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        for statement in preparation(engine.dialect.name):
            connection.execute(text(statement))
        guards = guards_of(Base.metadata.sorted_tables)
        for guard in guards:
            for statement in statements(engine.dialect.name, guard):
                connection.execute(text(statement))
        for statement in log_statements(engine.dialect.name, guards):
            connection.execute(text(statement))
        apply_roles(connection)
    engine.dispose()
