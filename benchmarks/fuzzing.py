"""What every fuzz programme does: it starts from the corpus that is kept and adds to it what reached new code."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

_INSIDE = "--inside"
LONGEST_KEPT = 600
"""Octets of an input that is kept: the corpus is read in every test run."""


def main(
    module: str, corpus: Path, seeds: Sequence[bytes], one: Callable[[bytes], None], longest: int = 2048,
    judge: Callable[[Sequence[bytes]], Sequence[str]] = lambda _new: (),
) -> int:  # fmt: skip
    """Runs until as many executions as asked for on the command line are done; returns libFuzzer's exit code.

    libFuzzer ends its process itself, so it has one of its own, in which `one` is called with octet after octet. At
    the end `judge` sees what is new in the corpus, for checks that are too slow for each input; 1 if it objects.
    """
    if _INSIDE in sys.argv:
        atheris.Setup([option for option in sys.argv if option != _INSIDE], one)
        atheris.Fuzz()
    with TemporaryDirectory(prefix="laotrust-fuzz-") as name:
        folder = Path(name)
        for number, octets in enumerate((*seeds, *_known(corpus))):
            (folder / str(number)).write_bytes(octets)
        command = [sys.executable, "-m", module, _INSIDE, name, f"-max_len={longest}", *sys.argv[1:]]
        known, done = set(_known(corpus)), subprocess.run(command, check=False)  # noqa: S603
        sys.stderr.write(f"{_keep(folder, corpus)} inputs are kept\n")
        objections = judge([octets for octets in _known(corpus) if octets not in known])
        sys.stderr.writelines(f"{one}\n" for one in objections)
        return done.returncode or bool(objections)


def _known(corpus: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in corpus.read_text().split()] if corpus.exists() else []


def _keep(folder: Path, corpus: Path) -> int:
    """What a run left in its folder joins the corpus; how many inputs there are."""
    read = [file.read_bytes() for file in folder.iterdir()]
    inputs = {octets.hex() for octets in (*read, *_known(corpus)) if 0 < len(octets) <= LONGEST_KEPT}
    corpus.write_text("\n".join(sorted(inputs, key=lambda line: (len(line), line))) + "\n")
    return len(inputs)
