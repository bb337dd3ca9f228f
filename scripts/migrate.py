"""The verb `migrate`."""

from ledger.incarnation import founded
from migrations.run import migrate as bring_up
from scripts.cli import Outcome, Run, verb


@verb("migrate", example="python -m scripts migrate --home var/demo")
def migrate(run: Run) -> Outcome:
    """Brings the database to the newest schema, with its guards and, on PostgreSQL, its roles.

    On PostgreSQL, LAOTRUST_DATABASE_URL names the owner of the database, whom no process uses.
    Says the name of the home, which a ceremony's plan has to name: it is given once, and stays.
    """
    run.home.path.mkdir(parents=True, exist_ok=True)
    revision = bring_up(run.ledger.url)
    home = founded(run.ledger, run.system)
    lines = [f"The database is at revision {revision}.", f"ຊື່ຂອງການຕິດຕັ້ງ / name of the home: {home}"]
    return Outcome({"revision": revision, "home": home}, lines)
