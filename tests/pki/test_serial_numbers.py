import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.certificate import CHANCE_OCTETS, dense_number, serial_number
from pki.errors import PkiError

DENSE = st.integers(min_value=1, max_value=2**39 - 1)
CHANCE = st.binary(min_size=CHANCE_OCTETS, max_size=CHANCE_OCTETS)


@given(DENSE, CHANCE)
def test_a_serial_number_is_positive_and_within_twenty_octets(dense: int, chance: bytes) -> None:
    assert 0 < serial_number(dense, chance) < 1 << 159


@given(DENSE, CHANCE)
def test_the_dense_number_is_read_back(dense: int, chance: bytes) -> None:
    assert dense_number(serial_number(dense, chance)) == dense


@given(DENSE, DENSE, CHANCE, CHANCE)
def test_two_dense_numbers_never_make_one_serial(first: int, second: int, chance: bytes, other: bytes) -> None:
    assert (serial_number(first, chance) == serial_number(second, other)) == ((first, chance) == (second, other))


@given(DENSE, CHANCE)
def test_all_the_chance_is_in_the_serial(dense: int, chance: bytes) -> None:
    assert serial_number(dense, chance).to_bytes(20, "big").endswith(chance)


def test_at_least_sixty_four_bits_are_random() -> None:
    assert CHANCE_OCTETS * 8 >= 64


@pytest.mark.parametrize("dense", [-1, 0, 2**39])
def test_a_dense_number_out_of_range_is_refused(dense: int) -> None:
    with pytest.raises(ValueError, match="serial number"):
        serial_number(dense, bytes(CHANCE_OCTETS))


@pytest.mark.parametrize("octets", [0, 8, CHANCE_OCTETS - 1, CHANCE_OCTETS + 1])
def test_other_counts_of_random_octets_are_refused(octets: int) -> None:
    with pytest.raises(ValueError, match="serial number"):
        serial_number(1, bytes(octets))


@pytest.mark.parametrize("serial", [0, -1, -(1 << 100), 1, (1 << 96) - 1, 1 << 135, 1 << 4000])
def test_a_strangers_serial_number_is_not_taken_for_ours(serial: int) -> None:
    with pytest.raises(PkiError) as caught:
        dense_number(serial)

    assert caught.value.code == "pki.serial-foreign"
