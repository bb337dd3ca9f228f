"""`ocsp-mirror`: a keyless mirror brought up to date from what `ocsp-export` wrote, and served."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ledger.decision import Refuse
from ocsp.far.files import write_files
from ocsp.far.mirror import OLD_AFTER
from ocsp.far.shelf import Shelf, bring
from pki.age import Age, age_of
from scripts.cli import Exit, Outcome, Run, verb
from scripts.far import own_roots, roots_of
from web.lock import Busy, alone
from web.words import WORDS


@verb("ocsp", example="python -m scripts ocsp-mirror /srv/from-centre /srv/mirror --root root.pem --serve 8449")
@click.argument("source", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.argument("mirror", type=click.Path(file_okay=False, path_type=Path))
@click.option("--root", "root", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="PEM of a root to begin from; else those of the home.")  # fmt: skip
@click.option("--files", type=click.Path(file_okay=False, path_type=Path), help="Write each answer as a file here.")
@click.option("--fewer", is_flag=True, help="Take it though a CA is gone from it that MIRROR has.")
@click.option("--serve", type=click.IntRange(1, 65535), help="Then serve it at this port of 127.0.0.1.")
def ocsp_mirror(
    run: Run, *, source: Path, mirror: Path, root: tuple[Path, ...], files: Path | None, fewer: bool, serve: int | None
) -> Outcome | Refuse:
    """Brings MIRROR up to date from SOURCE, a copy of the folder of `ocsp-export`, and says how old it is.

    Takes nothing older than it had, and nothing that is not sealed; exit 3 if SOURCE was copied in part. A mirror that
    is being served takes up the new bundle by itself: run this again, without --serve, whenever SOURCE was copied.
    """
    mirror.mkdir(parents=True, exist_ok=True)
    try:
        with alone(mirror / ".lock"):  # of two at a time the older could put its bundle, or its files, over the newer's
            arrival = bring(Shelf(source), Shelf(mirror), roots_of(run, root), run.clock.now(), fewer=fewer)
            written = write_files(arrival.bundle, files) if files else 0
    except Busy:
        return Refuse("mirror.busy")
    age = run.clock.now() - arrival.bundle.made_at
    old = age_of(arrival.bundle.made_at, arrival.bundle.made_at + OLD_AFTER, run.clock.now()) is not Age.FRESH
    lao, english = WORDS["mirror.aged" if old else "mirror.fresh"]
    values = {
        "number": arrival.bundle.number, "made_at": arrival.bundle.made_at.isoformat(),
        "age_seconds": int(age.total_seconds()), "octets": arrival.octets, "by_deltas": arrival.by_deltas,
        "files_written": written, "behind": arrival.behind, "lo": lao, "en": english,
    }  # fmt: skip
    how = "deltas" if arrival.by_deltas else "the whole bundle"
    lines = [f"Number {values['number']} of {values['made_at']}; {arrival.octets} octets, by {how}.", lao, english]
    lines += WORDS["mirror.partial"] if arrival.behind else ()
    if serve is not None:
        run.console.print(*lines, sep="\n", markup=False)
        _serve(mirror, root or own_roots(run.home), serve)
    return Outcome(values, lines, Exit.PARTLY if arrival.behind else Exit.DONE)


def _serve(mirror: Path, roots: Sequence[Path], port: int) -> None:
    """This process becomes the server."""
    environment = {
        **os.environ,
        "LAOTRUST_MIRROR": str(mirror.resolve()),
        "LAOTRUST_MIRROR_ROOTS": ":".join(str(path.resolve()) for path in roots),
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "ocsp.worker.StatusWorker", "ocsp.far.app:create_app()"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own words
