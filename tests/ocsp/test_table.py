from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ocsp.table
from ocsp.table import StatusTable, is_pending, key_of, outcome_of, state_of, status_of
from pki.status import REASON_CODES, CertificateStatus, Good, Held, Pending, Revoked

AT = datetime(2026, 11, 24, 2, 0, 7, 123456, tzinfo=UTC)
DIGEST = bytes(range(32))
moments = st.datetimes(datetime(1970, 1, 1), datetime(4000, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
statuses = st.one_of(
    st.just(Good(DIGEST.hex())),
    st.just(Pending()),
    st.builds(Held, moments),
    st.builds(Revoked, moments, st.sampled_from(sorted(REASON_CODES))),
)


@given(statuses)
def test_a_status_comes_back_as_it_was_put(status: CertificateStatus) -> None:
    table = StatusTable()

    table.put(b"k" * 21, DIGEST, state_of(status))

    found = table.find(b"k" * 21)
    assert found is not None
    assert status_of(found) == status


@given(st.lists(st.tuples(st.integers(0, 40), statuses)))
def test_the_table_is_a_dictionary_that_tells_what_was_there_before(puts: list[tuple[int, CertificateStatus]]) -> None:
    table = StatusTable()
    model: dict[int, bytes] = {}

    befores = [table.put(bytes(20) + bytes([key]), DIGEST, state_of(status)) for key, status in puts]

    expected = []
    for key, status in puts:
        expected.append(model.get(key))
        model[key] = DIGEST + state_of(status)
    assert befores == expected
    assert len(table) == len(model)
    assert {key[-1]: table.find(key) for key in table.keys()} == model  # noqa: SIM118 - it is no dictionary


def test_ten_thousand_rows_in_a_table_that_expected_none_take_less_than_120_octets_each() -> None:
    table = StatusTable()
    keys = [(number * 0x9E3779B97F4A7C15).to_bytes(21, "big") for number in range(10_000)]
    for key in keys:
        table.put(key, DIGEST, state_of(Good("")))

    assert all(table.find(key) == DIGEST + state_of(Good("")) for key in keys)
    assert table.find(bytes(20) + b"\x01") is None
    assert table.octets / len(table) < 120


@given(st.lists(st.integers(0, 1 << 160), unique=True, max_size=60), st.integers(1, 9), st.sampled_from([0, 60]))
def test_rows_that_come_at_once_are_found_like_those_that_come_singly(
    numbers: list[int], at_once: int, expected: int
) -> None:
    singly, together = StatusTable(), StatusTable(expected)
    keys = [number.to_bytes(21, "big") for number in numbers]
    records = [bytes([place]) * 32 + state_of(Good("")) for place in range(len(keys))]
    for key, record in zip(keys, records, strict=True):
        singly.put(key, record[:32], record[32:])

    rows = [key + record for key, record in zip(keys, records, strict=True)]
    for start in range(0, len(rows), at_once):
        together.extend(b"".join(rows[start : start + at_once]))
    together.put(b"\xff" * 21, DIGEST, state_of(Pending()))

    assert [together.find(key) for key in keys] == [singly.find(key) for key in keys] == records
    assert together.find(b"\xff" * 21) == DIGEST + state_of(Pending())
    assert len(together) == len(singly) + 1


def test_many_rows_at_once_are_all_found_though_the_index_has_to_grow() -> None:
    table = StatusTable()
    keys = [(number * 0x9E3779B97F4A7C15).to_bytes(21, "big") for number in range(5_000)]

    for start in range(0, len(keys), 500):
        table.extend(b"".join(key + DIGEST + state_of(Good("")) for key in keys[start : start + 500]))

    assert all(table.find(key) == DIGEST + state_of(Good("")) for key in keys)
    assert table.find(b"\xff" * 21) is None


def test_no_row_waits_for_the_index_to_be_made_anew_and_all_are_found_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, named, widths = StatusTable(), [0], set()
    name = ocsp.table._name

    def counted(index: "array[int]", rows: bytes, first: int) -> None:
        named[-1] += len(rows) // (21 + 32 + 8)
        name(index, rows, first)

    monkeypatch.setattr("ocsp.table._name", counted)
    keys = [(number * 0x9E3779B97F4A7C15).to_bytes(21, "big") for number in range(6_000)]
    records = [number.to_bytes(32, "big") + state_of(Good("")) for number in range(6_000)]
    for number, (key, record) in enumerate(zip(keys, records, strict=True)):
        named.append(0)
        table.put(key, record[:32], record[32:])
        widths.add(len(table._index))
        assert table.find(keys[0]) == records[0]
        assert table.find(keys[number // 2]) == records[number // 2]
        assert table.find(key) == record
        assert table.find(b"\xff" * 21) is None
        assert len(table) <= 0.8 * len(table._index)

    assert [table.find(key) for key in keys] == records
    assert len(widths) >= 3
    assert max(named) == 8


@pytest.mark.parametrize("number", [-1, 1 << 167, 1 << 400])
def test_a_number_that_no_certificate_can_have_has_no_key(number: int) -> None:
    assert key_of(number) is None


@pytest.mark.parametrize(
    ("status", "word"),
    [(Good(DIGEST.hex()), "good"), (Held(AT), "held"), (Revoked(AT, "superseded"), "revoked"), (Pending(), "pending")],
)
def test_a_record_says_what_it_is_in_a_word(status: CertificateStatus, word: str) -> None:
    record = DIGEST + state_of(status)

    assert outcome_of(record) == word
    assert is_pending(record) == (word == "pending")


def test_a_time_is_kept_to_the_microsecond() -> None:
    told = status_of(DIGEST + state_of(Held(AT + timedelta(microseconds=1))))

    assert told == Held(AT + timedelta(microseconds=1))
