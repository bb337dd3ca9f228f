"""`.venv/bin/python -m benchmarks.fuzz_machines [-runs=1000000]`: the same for what machines send: CMP, SCEP, ACME."""

import sys

import atheris

from benchmarks import fuzzing

with atheris.instrument_imports(include=["pki"]):
    from tests.ca.machines.fuzzing import CORPUS, SEEDS, read_as_machines

if __name__ == "__main__":
    sys.exit(fuzzing.main("benchmarks.fuzz_machines", CORPUS, SEEDS, read_as_machines))
