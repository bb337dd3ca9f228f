from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ocsp.fuzzing import SEEDS, read_as_der, read_as_http

CORPUS = Path(__file__).parent.parent / "vectors" / "ocsp-corpus.txt"
"""Octets, in hex, one a line, each of which once reached code that none before it had."""


def mutated(seed: bytes) -> st.SearchStrategy[bytes]:
    places = st.lists(st.tuples(st.integers(0, len(seed) - 1), st.binary(max_size=3)), max_size=4)
    return places.map(lambda changes: changed(seed, changes))


def changed(seed: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    for place, octets in changes:
        seed = seed[:place] + octets + seed[place + 1 :]
    return seed


@settings(max_examples=500)
@given(st.one_of(st.binary(max_size=300), st.sampled_from(SEEDS).flatmap(mutated)))
def test_any_octets_are_read_without_harm(octets: bytes) -> None:
    read_as_der(octets)
    read_as_http(octets)


def test_the_corpus_is_read_without_harm() -> None:
    lines = CORPUS.read_text().split()

    for line in lines:
        read_as_der(bytes.fromhex(line))
        read_as_http(bytes.fromhex(line))

    assert len(lines) > 50
