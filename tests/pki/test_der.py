"""DER, judged by asn1crypto and by octets that no reader may take."""

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.errors import ParseError


@given(st.integers(min_value=-(1 << 200), max_value=1 << 200))
def test_integers_are_those_of_another_implementation_and_come_back(number: int) -> None:
    encoded = der.integer(number)

    assert encoded == core.Integer(number).dump()
    assert der.read_integer(der.children(encoded)[0]) == number


@given(st.binary(max_size=70_000))
def test_octet_strings_of_every_length_are_those_of_another_implementation(content: bytes) -> None:
    assert der.octet_string(content) == core.OctetString(content).dump()


@pytest.mark.parametrize("dotted", ["2.5.4.3", "0.4.0.194121.1.1", "1.3.6.1.5.5.7.3.36", "2.999.1", f"2.25.{2**127}"])
def test_identifiers_come_back(dotted: str) -> None:
    encoded = der.oid(dotted)

    assert der.read_oid(der.children(encoded)[0]) == dotted


@pytest.mark.parametrize("dotted", ["2.5.4.3", "0.4.0.194121.1.1", "2.999.1"])
def test_identifiers_are_those_of_another_implementation(dotted: str) -> None:
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.frozensets(st.integers(min_value=0, max_value=8), min_size=1))
def test_named_bits_come_back(bits: frozenset[int]) -> None:
    assert der.read_named_bits(der.children(der.named_bits(bits))[0]) == bits


@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC), b"\x17\x0d260102030405Z"),
    ],
)
def test_times_change_their_type_in_2050(moment: datetime, encoded: bytes) -> None:
    assert der.time(moment) == encoded
    assert der.read_time(der.children(encoded)[0]) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "encoded",
    [b"\x30", b"\x30\x01", b"\x30\x80\x00\x00", b"\x04\x81\x01a", b"\x04\x82\x00\x81" + b"a" * 129, b"\x1f\x81\x00\x00",
     b"\x04\x85\x00\x00\x00\x00\x01a", b"\x04\x84\xff\xff\xff\xff"],
)  # fmt: skip
def test_lengths_and_tags_that_der_forbids_are_refused(encoded: bytes) -> None:
    with pytest.raises(ParseError):
        der.children(encoded)


@pytest.mark.parametrize(
    ("encoded", "read"),
    [
        (b"\x02\x02\x00\x01", der.read_integer),
        (b"\x02\x02\xff\xff", der.read_integer),
        (b"\x02\x00", der.read_integer),
        (b"\x01\x01\x01", der.read_boolean),
        (b"\x06\x02\x80\x01", der.read_oid),
        (b"\x06\x01\x80", der.read_oid),
        (b"\x06\x00", der.read_oid),
        (b"\x03\x02\x00\x80", der.read_named_bits),
        (b"\x03\x02\x01\x80", der.read_bits),
        (b"\x17\x0d261301000000Z", der.read_time),
        (b"\x17\x0b2601010000Z", der.read_time),
        (b"\x18\x1120260101000000.5Z", der.read_time),
        (b"\x0c\x01\xff", der.read_text),
        (b"\x13\x01\xff", der.read_text),
        (b"\x04\x01a", der.read_text),
    ],
)
def test_values_not_in_their_one_form_are_refused(encoded: bytes, read) -> None:  # type: ignore[no-untyped-def]
    element = der.children(encoded)[0]

    with pytest.raises(ParseError):
        read(element)


READERS = (
    der.read_integer, der.read_boolean, der.read_oid, der.read_bits, der.read_named_bits, der.read_time, der.read_text
)  # fmt: skip


@given(st.binary(max_size=200))
def test_whatever_octets_come_reading_raises_parse_errors_alone(octets: bytes) -> None:
    outcomes = [_outcome(read, octets) for read in READERS]

    assert all(outcomes)


def _outcome(read, octets: bytes) -> str:  # type: ignore[no-untyped-def]
    try:
        return "".join(str(read(element)) for element in der.children(octets)) or "nothing"
    except ParseError:
        return "refused"
