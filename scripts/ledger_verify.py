"""`ledger-verify`: everything the ledger says of itself, computed again."""

from pathlib import Path

import click
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.orm import Session

import migrations.tables  # noqa: F401 - loads every table
from ledger.entry import Entry
from ledger.verification import Report, read_only, verify_ledger
from scripts.cli import Exit, Outcome, Run, verb


@verb("audit", example="python -m scripts ledger-verify --database /backup/laotrust.db")
@click.option(
    "--database",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify this copy of an embedded database against the home's checkpoints.",
)
def ledger_verify(run: Run, *, database: Path | None) -> Outcome:
    """Recomputes every entry, fact, leaf, proof and checkpoint, and names the first bad row.

    Keys and the newest checkpoint come from the home, never from the database. Entries that are not sealed yet
    are counted and are no fault.
    """
    engine = read_only(database) if database else run.ledger.reading
    with run.progress("entries", _count(engine)) as advance:
        report = verify_ledger(engine, run.home.checkpoints, advance)
    return Outcome(report.as_json(), _lines(report), Exit.DONE if report.good else Exit.REFUSED)


def _count(engine: Engine) -> int:
    with Session(engine) as session:
        if not inspect(session.connection()).has_table(Entry.__tablename__):
            return 0
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def _lines(report: Report) -> list[str]:
    counted = (
        f"{report.entries} entries, {report.facts} facts, {report.leaves} leaves, {report.checkpoints} checkpoints; "
        f"{report.unsealed} entries are not sealed yet."
    )
    if report.good:
        return [counted, "All is as it was written."]
    number = len(report.faults) + report.further_faults
    return [counted, f"{number} rows are wrong. The first:", str(report.first), *map(str, report.faults[1:10])]
