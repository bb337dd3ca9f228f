"""Requests that led to nothing may go, each under a purge entry that names it."""

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.erasable("pushed_request", key="id")
    op.erasable("device_request", key="id")
    op.erasable("backchannel_request", key="id")
