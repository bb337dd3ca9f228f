"""Sets of numbers as gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import ParseError
from pki.gaps import decode_gaps, encode_gaps
from tests.far import scattered

MOST = 10_000


@given(st.sets(st.integers(1, MOST)))
def test_any_set_comes_back(numbers: set[int]) -> None:
    rising = tuple(sorted(numbers))

    assert decode_gaps(encode_gaps(rising), MOST) == rising


@given(st.sets(st.integers(1, 1 << 39), max_size=20))
def test_numbers_far_apart_come_back(numbers: set[int]) -> None:
    rising = tuple(sorted(numbers))

    assert decode_gaps(encode_gaps(rising), 1 << 39) == rising


@given(st.binary(max_size=40))
def test_octets_of_strangers_are_read_in_one_form_or_refused(octets: bytes) -> None:
    try:
        numbers = decode_gaps(octets, MOST)
    except ParseError:
        return

    assert decode_gaps(encode_gaps(numbers), MOST) == numbers


def test_two_percent_of_thirty_five_thousand_take_no_more_than_one_percent_above_their_entropy() -> None:
    numbers = scattered(700, of=35_000)

    assert len(encode_gaps(numbers)) <= 625


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x01", b"\x01\x00", b"\x01\x29\x00", b"\x00\x00", b"\x01\x00\x00\x00", b"\x01\x00\x01", b"\x01\x00\xff"],
    ids=["nothing", "no code", "no bits", "parameter", "more", "filled up too far", "filled with ones", "no end"],
)
def test_a_code_that_is_not_the_one_form_is_refused(octets: bytes) -> None:
    with pytest.raises(ParseError):
        decode_gaps(octets, MOST)


def test_a_number_above_the_bound_is_refused() -> None:
    with pytest.raises(ParseError):
        decode_gaps(encode_gaps((1, MOST + 1)), MOST)
