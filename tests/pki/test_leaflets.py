"""Octets as lines for QR codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import base45
from pki.errors import ParseError
from pki.leaflets import LONGEST_LINE, STATUS, TRUST, joined, lines


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_is_that_of_rfc_9285(octets: bytes, text: str) -> None:
    assert (base45.encode(octets), base45.decode(text)) == (text, octets)


@pytest.mark.parametrize(
    "text", ["GGW", ":::", "A", "a00", "::"], ids=["65536", "91124", "one letter", "small", "2024"]
)
def test_base45_refuses_what_encodes_nothing(text: str) -> None:
    with pytest.raises(ParseError):
        base45.decode(text)


@given(st.binary(min_size=1, max_size=2000), st.integers(60, 400), st.randoms(use_true_random=False))
def test_any_octets_come_back_from_their_lines_in_any_order(octets: bytes, longest: int, shuffling) -> None:  # type: ignore[no-untyped-def]
    parts = lines(STATUS, octets, max(longest, 28 + 3 * len(octets) // 2 // 30))
    shuffling.shuffle(parts)

    assert joined(STATUS, parts) == octets


def test_every_line_fits_the_largest_code() -> None:
    assert max(map(len, lines(TRUST, bytes(10_000)))) <= LONGEST_LINE


def test_a_missing_line_is_named() -> None:
    with pytest.raises(ParseError) as refused:
        joined(STATUS, lines(STATUS, bytes(9_000))[1:])

    assert refused.value.code == "leaflet.missing"


def test_lines_of_two_sets_are_mixed() -> None:
    one, other = lines(STATUS, b"a" * 5_000), lines(STATUS, b"b" * 5_000)

    with pytest.raises(ParseError) as refused:
        joined(STATUS, [one[0], other[1]])

    assert refused.value.code == "leaflet.mixed"


def test_a_trust_list_is_not_taken_for_a_digest() -> None:
    with pytest.raises(ParseError) as refused:
        joined(STATUS, lines(TRUST, b"abc"))

    assert refused.value.code == "leaflet.mixed"


@pytest.mark.parametrize("text", ["", "LAOTRUST:S1/1:00000000:", "laotrust:S1/1:00000000:BB8", "hello"])
def test_other_text_is_no_leaflet(text: str) -> None:
    with pytest.raises(ParseError) as refused:
        joined(STATUS, [text])

    assert refused.value.code == "leaflet.malformed"
