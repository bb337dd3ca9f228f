"""The verb `migrate`."""

from migrations.run import migrate as bring_up
from scripts.cli import Outcome, Run, verb


@verb("migrate", example="python -m scripts migrate --home var/demo")
def migrate(run: Run) -> Outcome:
    """Brings the database to the newest schema, with its guards and, on PostgreSQL, its roles.

    On PostgreSQL, LAOTRUST_DATABASE_URL names the owner of the database, whom no process uses.
    """
    run.home.path.mkdir(parents=True, exist_ok=True)
    revision = bring_up(run.ledger.url)
    return Outcome({"revision": revision}, [f"The database is at revision {revision}."])
