"""Replay marks may go when they are past: the database does not grow with every assertion and proof."""

from alembic import op

revision = "0049"
down_revision = "0047"


def upgrade() -> None:
    op.expiring("replay_mark", column="not_after")
