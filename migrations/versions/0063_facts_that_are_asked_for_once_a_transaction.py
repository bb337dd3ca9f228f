"""The facts of all entries of a transaction are asked for together, a statement a table."""

from alembic import op

revision = "0063"
down_revision = "0060"


def upgrade() -> None:
    op.guard_log()
