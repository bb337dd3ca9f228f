"""PostgreSQL keeps what an entry names as it is: its guard looks that up once for each fact, and unpacked it each time.

What was written before stays packed; either is read the same.
"""

from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE entry ALTER COLUMN facts SET STORAGE EXTERNAL")
