"""`reissue-report`: the score of a campaign, for programs and for people."""

from pathlib import Path

import click

from ca.reissue.running import campaign_of
from ca.reissue.score import QUANTILES, Score, score, values_of
from ca.tables.reissue import Reissue
from ledger.decision import Refuse
from ledger.verification import verify_ledger
from scripts.cli import Exit, Outcome, Run, verb
from scripts.reissue_status import lines_of, not_come
from web.documents import Section
from web.documents import report as paper
from web.home import Mode


@verb("audit", example="python -m scripts reissue-report 0199c0de-… --pdf report.pdf")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="The report for people, to this file.")
@click.argument("reissue")
def reissue_report(run: Run, *, reissue: str, pdf: Path | None) -> Outcome | Refuse:
    """Scores the campaign REISSUE from the ledger alone, which is verified first.

    How many were replaced, the time to 50, 90 and 99 of a hundred, what failed and why, and that none is lost and none
    doubled. The PDF says the same in Lao and English. Exits with 1 if anything is lost, doubled or does not verify.
    """
    with run.ledger.read() as session:
        row = session.get(Reissue, reissue)
        if row is None:
            return Refuse("reissue.unknown")
        found = score(session, campaign_of(session, row), run.clock.now())
    faults = len(verify_ledger(run.ledger.reading, run.home.checkpoints).faults)
    good = not faults and not found.lost and not found.doubled
    if pdf is not None:
        pdf.write_bytes(as_paper(found, ledger_good=not faults, practice=run.home.mode() is Mode.PRACTICE))
    values = {**values_of(found), "listed": not_come(run, found), "ledger_verified": not faults, "good": good}
    said = f"  lost {found.lost}, doubled {found.doubled}; the ledger {'verifies' if not faults else 'does NOT verify'}"
    return Outcome(values, [*lines_of(found), said], Exit.DONE if good else Exit.REFUSED)


def as_paper(found: Score, *, ledger_good: bool, practice: bool) -> bytes:
    """The report as a PDF."""
    campaign = found.progress.campaign
    counts = [(f"{state.value}", str(count)) for state, count in found.progress.counts().items()]
    machines = [("ຢືນຢັນໃບໃໝ່ແລ້ວ / said that they took the new one", f"{found.confirmed} / {len(found.machines)}")]
    times = [(f"{percent} %", _said(found, percent)) for percent in QUANTILES]
    kept = [
        ("ສູນຫາຍ / lost", str(found.lost)),
        ("ຊ້ຳ / doubled", str(found.doubled)),
        ("ບັນຊີ / ledger", "ຖືກຕ້ອງ / verified" if ledger_good else "ຜິດ / DOES NOT VERIFY"),
    ]
    failed = [(code, str(count)) for code, count in found.failures.items()] or [("-", "0")]
    sections = [
        Section("ສິ່ງທີ່ຖືກກະທົບ / What was affected", [("ເລືອກ / selection", str(campaign.selection)), *counts]),
        *([Section("ເຄື່ອງ / Machines", machines)] if found.machines else []),
        Section("ເວລາ / Time from the start", times),
        Section("ສິ່ງທີ່ຖືກປະຕິເສດ / What was refused", failed),
        Section("ບໍ່ມີຫຍັງສູນຫາຍ / Nothing is lost", kept),
    ]
    sentence = (
        f"ປ່ຽນແລ້ວ {found.replaced} ໃນ {found.due} ໃບ ({found.percent:.1f} %). "
        f"{found.replaced} of {found.due} certificates are replaced."
    )
    return paper(
        "ລາຍງານການປ່ຽນໃບຢັ້ງຢືນ", sentence, sections, created=found.at, practice=practice,
        good=ledger_good and not found.lost and not found.doubled,
        verify_with=f"python -m scripts reissue-report {campaign.row.id}",
    )  # fmt: skip


def _said(found: Score, percent: int) -> str:
    after = found.after(percent)
    return "-" if after is None else f"{after.total_seconds():,.1f} s"
