"""What is needed to tell a lost answer again: of tokens that a device asked for, of a changed registration.

And which sessions are for one answer alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.add_column("device_use", sa.Column("bound_to", sa.String(length=64), nullable=True))
    op.add_column("device_use", sa.Column("at", sa.BigInteger(), nullable=True))
    for column in ("token_for_predecessor", "secret_for_predecessor"):
        op.add_column("client_version", sa.Column(column, sa.LargeBinary(), nullable=True))
    op.add_column("session", sa.Column("for_one_answer", sa.Boolean(), nullable=True))
