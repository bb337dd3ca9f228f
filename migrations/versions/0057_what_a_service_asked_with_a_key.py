"""The key that came with what a service asks a person, and must come with each poll."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.add_column("backchannel_request", sa.Column("bound_to", sa.String(length=64), nullable=True))
