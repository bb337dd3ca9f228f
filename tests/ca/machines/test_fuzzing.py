"""Whatever octets come to a door for machines, nothing but a fault of ours is raised."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ca.machines.fuzzing import CORPUS, SEEDS, read_as_machines
from tests.ocsp.test_fuzzing import mutated


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.sampled_from(SEEDS).flatmap(mutated)))
def test_any_octets_are_read_without_harm(octets: bytes) -> None:
    read_as_machines(octets)


def test_the_corpus_is_read_without_harm() -> None:
    lines = CORPUS.read_text().split()

    for line in lines:
        read_as_machines(bytes.fromhex(line))

    assert len(lines) > 20
