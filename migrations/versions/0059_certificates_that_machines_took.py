"""The table of certificates that machines said they took."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.create_table(
        "machine_acceptance",
        sa.Column("certificate_id", sa.String(length=64), nullable=False),
        sa.Column("replaces_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_machine_acceptance_certificate_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_machine_acceptance_entry_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["certificate.id"], name=op.f("fk_machine_acceptance_replaces_id")),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_machine_acceptance")),
    )
    op.create_index(op.f("ix_machine_acceptance_entry_id"), "machine_acceptance", ["entry_id"], unique=False)
    op.create_index(op.f("ix_machine_acceptance_replaces_id"), "machine_acceptance", ["replaces_id"], unique=False)
    op.guard("machine_acceptance", key="certificate_id")
    op.guard_log()
