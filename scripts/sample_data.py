"""`sample-data`: a made-up HR list, the same for the same seed, with faults at a rate."""

import csv
from collections import Counter
from pathlib import Path

import click

from examples.data.dirt import lines
from register.columns import COLUMNS
from scripts.cli import Outcome, Run, verb


@verb("register", "python -m scripts sample-data --officers 200 --citizens 100 --dirt 0.07 --out list.csv")
@click.option("--officers", default=200, show_default=True, type=click.IntRange(0, 900_000))
@click.option("--citizens", default=100, show_default=True, type=click.IntRange(0, 900_000))
@click.option(
    "--dirt", "rate", default=0.07, show_default=True, type=click.FloatRange(0, 0.5), help="Share of faulty lines."
)
@click.option("--seed", default=1, show_default=True, help="Another seed, other people.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV to write.")
def sample_data(run: Run, officers: int, citizens: int, rate: float, seed: int, out: Path) -> Outcome:
    """Writes an HR list of made-up officers and citizens, for `register-plan`. No real person is meant."""
    faults: Counter[str] = Counter()
    with run.progress("writing", officers + citizens) as seen, out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for sample in lines(officers, citizens, rate, seed):
            writer.writerow(sample.row)
            faults.update([sample.fault] if sample.fault else [])
            seen(1)
    total, faulty = officers + citizens, sum(faults.values())
    return Outcome(
        {"file": str(out), "lines": total, "faulty": faulty, "faults": dict(faults)},
        [f"{out}: {total} lines, {faulty} of them faulty"],
    )
