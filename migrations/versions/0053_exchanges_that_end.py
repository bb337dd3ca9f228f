"""The table of exchanges whose token was revoked by the service that had it."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.create_table(
        "exchange_end",
        sa.Column("exchange_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_exchange_end_entry_id")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_exchange_end_exchange_id")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchange_end")),
    )
    op.create_index(op.f("ix_exchange_end_entry_id"), "exchange_end", ["entry_id"], unique=False)
    op.guard("exchange_end", key="exchange_id")
    op.guard_log()
