"""`.venv/bin/python -m benchmarks.fuzz_ocsp [-runs=10000000]`: guided by coverage, finds octets that do harm.

Options are libFuzzer's. At its end `openssl ocsp`, which takes a process for each, reads what is new in the corpus.
"""

import sys

import atheris

from benchmarks import fuzzing

with atheris.instrument_imports(include=["pki", "ocsp", "web"]):
    from tests.ocsp.fuzzing import SEEDS, read_as_der, read_as_http
    from tests.ocsp.second_reader import disagreements
    from tests.ocsp.test_fuzzing import CORPUS


def _one(octets: bytes) -> None:
    read_as_der(octets)
    read_as_http(octets)


if __name__ == "__main__":
    sys.exit(fuzzing.main("benchmarks.fuzz_ocsp", CORPUS, SEEDS, _one, judge=disagreements))
