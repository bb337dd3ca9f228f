"""`drill-reissue`: a whole nation's certificates are replaced, while devices fail and processes are killed."""

import time
from collections.abc import Callable

import click
from sqlalchemy import select

from ca.reissue.running import campaign_of
from ca.reissue.score import Score, score, values_of
from ca.tables.reissue import Reissue
from ledger.seal import seal
from ledger.verification import verify_ledger
from migrations.run import migrate
from scripts.cli import Outcome, Run, verb
from scripts.drill import reported
from scripts.reissuing.founding import BROKEN, Practice
from scripts.reissuing.nation import OPERATOR, WHOLE, Nation
from scripts.reissuing.running import Processes, Watched, watch
from signers import open_signer
from web.home import Home

_WAVES = 20
"""Waves that the whole campaign has."""


@verb("govern", example="python -m scripts drill-reissue --certificates 200 --kills 5 --json")
@click.option(
    "--certificates", default=1000, show_default=True, type=click.IntRange(60, WHOLE), help="Of the practice nation."
)
@click.option("--kills", type=click.IntRange(0, 1000), help="Processes killed meanwhile; else 1 in 20, 50 at most.")
@click.option("--failing", default=10, show_default=True, type=click.IntRange(0, 100), help="Of a hundred devices.")
@click.option("--seed", default=1, show_default=True, help="The same seed kills at the same points of the work.")
def drill_reissue(run: Run, *, certificates: int, kills: int | None, failing: int, seed: int) -> Outcome:
    """Breaks every issuer of a practice nation under HOME/drills, and replaces all certificates in one campaign.

    One in ten devices fails the first time (a broken request, a weak key, an old key), and signing room, sealer, worker
    and devices are killed by SIGKILL and started again. Then lost, doubled and the pace are counted from the ledger
    alone, which is verified. Nothing of the installation in HOME itself is touched; 88300 is the whole country.
    """
    home = Home(run.home.path / "drills" / f"{run.clock.now():%Y%m%dT%H%M%S%f}-reissue")
    home.path.mkdir(parents=True, mode=0o700)
    (home.path / "base-port").write_text("8440\n")
    migrate(home.database_url)
    practice = Practice(run, home, Nation(certificates, seed))
    began = time.monotonic()
    practice.found(_told(run))
    founded = time.monotonic() - began
    practice.break_issuers()
    reissue_id = _started(practice, certificates)
    batch = max(5, min(250, certificates // 40))
    processes = Processes(practice, failing, batch)
    planned = min(50, certificates // 20) if kills is None else kills
    try:
        with run.progress("replaced", certificates) as advance:
            watched = watch(processes, reissue_id, planned, advance)
    finally:
        processes.stop()
    return _outcome(practice, reissue_id, processes, watched, founded)


def _told(run: Run) -> Callable[[str], None]:
    return lambda sentence: run.console.print(sentence, markup=False) if not run.as_json else None


def _started(practice: Practice, certificates: int) -> str:
    """Two persons agreed on the campaign; its id."""
    given: dict[str, object] = {
        "issuers": list(BROKEN),
        "before": practice.run.clock.now().isoformat(),
        "wave": max(1, -(-certificates // _WAVES)),
    }
    practice.agree("reissue.start", given, practice.holder(OPERATOR))
    with practice.ledger.read() as session:
        return session.scalars(select(Reissue.id)).one()


def _outcome(
    practice: Practice, reissue_id: str, processes: Processes, watched: Watched, founded: float
) -> Outcome:
    recovered = practice.room().recover()
    home = practice.home
    seal(practice.ledger, open_signer(home.key_uri("checkpoint")), home.checkpoints, practice.run.clock.now())
    with practice.ledger.read() as session:
        campaign = campaign_of(session, session.get_one(Reissue, reissue_id))
        found = score(session, campaign, practice.run.clock.now())
    verified = verify_ledger(practice.ledger.reading, home.checkpoints)
    missing = practice.nation.certificates - _replaced(found)
    lost, doubled = found.lost + missing, found.doubled
    steps = {
        "every certificate that was to be replaced is": watched.complete and not missing,
        "none is lost": not lost,
        "none is doubled": not doubled,
        "each that failed came through in a later wave": found.recovered == _failed(found),
        "the ledger verifies": not verified.faults,
    }
    counted = {**values_of(found), "lost": lost, "doubled": doubled}
    values = {
        **counted,
        "per_second": round(_replaced(found) / watched.seconds, 2) if watched.seconds else 0.0,
        "certificates": practice.nation.certificates,
        "founded_seconds": round(founded, 1),
        "campaign_seconds": round(watched.seconds, 1),
        "kills": len(processes.kills),
        "killed": [{"process": name, "after_seconds": after} for name, after in processes.kills],
        "failed_first": _failed(found),
        "abandoned_at_the_end": recovered,
        "entries": verified.entries,
    }
    practice.close()
    return reported(home, practice.run, "drill-reissue", steps, values)


def _replaced(found: Score) -> int:
    """Members that came by their own keys and are replaced."""
    return sum(one.state.value == "replaced" for one in found.progress.standings)


def _failed(found: Score) -> int:
    return sum(bool(one.failures) for one in found.progress.standings)
