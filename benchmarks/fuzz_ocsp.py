"""`.venv/bin/python -m benchmarks.fuzz_ocsp [-runs=10000000]`: guided by coverage, finds octets that do harm.

Starts from the corpus that is kept and adds to it what reached new code (at its end). Options
are libFuzzer's.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["pki", "ocsp"]):
    from tests.ocsp.fuzzing import SEEDS, read_as_der, read_as_http
    from tests.ocsp.test_fuzzing import CORPUS

_INSIDE = "--inside"
LONGEST_KEPT = 600
"""Octets of an input that is kept: the corpus is read in every test run."""


def main(options: list[str]) -> int:
    """Runs until as many executions as asked for are done; returns libFuzzer's exit code."""
    with TemporaryDirectory(prefix="laotrust-fuzz-") as name:
        folder = Path(name)
        known = [bytes.fromhex(line) for line in CORPUS.read_text().split()] if CORPUS.exists() else []
        for number, octets in enumerate((*SEEDS, *known)):
            (folder / str(number)).write_bytes(octets)
        # libFuzzer ends its process itself, so it has one of its own.
        command = [sys.executable, "-m", "benchmarks.fuzz_ocsp", _INSIDE, name, "-max_len=640", *options]
        done = subprocess.run(command, check=False)  # noqa: S603
        sys.stderr.write(f"{_keep(folder)} inputs are kept\n")
        return done.returncode


def _keep(folder: Path) -> int:
    """What a run left in its folder joins the corpus; how many inputs there are."""
    inputs = {file.read_bytes().hex() for file in folder.iterdir() if 0 < file.stat().st_size <= LONGEST_KEPT}
    known = set(CORPUS.read_text().split()) if CORPUS.exists() else set()
    CORPUS.write_text("\n".join(sorted(inputs | known, key=lambda line: (len(line), line))) + "\n")
    return len(inputs | known)


def _one(octets: bytes) -> None:
    read_as_der(octets)
    read_as_http(octets)


if __name__ == "__main__":
    if _INSIDE in sys.argv:
        atheris.Setup([option for option in sys.argv if option != _INSIDE], _one)
        atheris.Fuzz()
    sys.exit(main(sys.argv[1:]))
