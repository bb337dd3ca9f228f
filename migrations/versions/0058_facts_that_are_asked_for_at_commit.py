"""At commit the facts of an entry are asked for by statements that PostgreSQL has planned already."""

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.guard_log()
