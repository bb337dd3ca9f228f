"""Who acted for the end of an issuer acts once more when his first act counts no more: it lapsed, or its key was lost."""

from alembic import op

revision = "0055"
down_revision = "0054"

_COLUMNS = ("closing_id", "person_id", "act_at")


def upgrade() -> None:
    before, after = op.f("uq_closing_act_closing_id_person_id"), op.f("uq_closing_act_closing_id_person_id_act_at")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(before, "closing_act", type_="unique")
        op.create_unique_constraint(after, "closing_act", list(_COLUMNS))
        return
    # SQLite makes the table anew, and its guards go with the old one (see 0021).
    op.execute('DROP TRIGGER "leaf_complete"')
    with op.batch_alter_table("closing_act", recreate="always") as table:
        table.drop_constraint(before, type_="unique")
        table.create_unique_constraint(after, list(_COLUMNS))
    op.guard("closing_act", key="id", unique=[_COLUMNS])
    op.guard_log()
