"""The facts of all entries of a transaction are asked for together, a statement a table."""

from alembic import op

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.guard_log()
