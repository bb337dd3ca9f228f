"""What one paper or allowance led to is read in the order of the requests; a scan leads to persons.

A step keeps which reports its letters were about.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

_INDEXES = (("carried_evidence", "evidence_id"), ("machine_request", "allowance_id"))


def upgrade() -> None:
    for table, root in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{root}_enrolment_id"), table, [root, "enrolment_id"], unique=False)
        op.drop_index(op.f(f"ix_{table}_{root}"), table_name=table)
    op.add_column("ending_request_step", sa.Column("told_before", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_ending_request_step_step_told_before"), "ending_request_step", ["step", "told_before"], unique=False
    )
    op.create_index(op.f("ix_evidence_scan_sha256"), "evidence_scan", ["sha256"], unique=False)
