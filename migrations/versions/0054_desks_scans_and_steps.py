"""What one paper or one allowance led to is read in the order of the requests."""

from alembic import op

revision = "0054"
down_revision = "0053"

_INDEXES = (("carried_evidence", "evidence_id"), ("machine_request", "allowance_id"))


def upgrade() -> None:
    for table, root in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{root}_enrolment_id"), table, [root, "enrolment_id"], unique=False)
        op.drop_index(op.f(f"ix_{table}_{root}"), table_name=table)
