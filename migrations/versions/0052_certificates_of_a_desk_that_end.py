"""The tables of certificates that end because a desk was not to be trusted."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "desk_revocation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("desk_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_revocation_desk_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_desk_revocation_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_revocation")),
    )
    op.create_index(op.f("ix_desk_revocation_entry_id"), "desk_revocation", ["entry_id"], unique=False)
    op.create_table(
        "desk_revocation_end",
        sa.Column("revocation_id", sa.String(length=64), nullable=False),
        sa.Column("certificates", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_desk_revocation_end_entry_id")),
        sa.ForeignKeyConstraint(
            ["revocation_id"], ["desk_revocation.id"], name=op.f("fk_desk_revocation_end_revocation_id")
        ),
        sa.PrimaryKeyConstraint("revocation_id", name=op.f("pk_desk_revocation_end")),
    )
    op.create_index(op.f("ix_desk_revocation_end_entry_id"), "desk_revocation_end", ["entry_id"], unique=False)
    op.guard("desk_revocation", key="id")
    op.guard("desk_revocation_end", key="revocation_id")
    op.guard_log()
