from pathlib import Path

import pytest

from ledger.sealed_fields import FieldKeyUnfit, FieldUnreadable, SealedFields
from tests.doubles import SteadyChance

CONTEXT = "evidence_number/e1"
NUMBER = "ບປ 12-0345678"


def _key(path: Path, seed: int) -> str:
    path.write_text(SteadyChance(seed)(32).hex() + "\n")
    return f"file:{path}"


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return _key(tmp_path / "fields", 1)


def test_a_sealed_value_is_read_by_its_key_alone(uri: str) -> None:
    sealed = SealedFields.open(uri).seal(NUMBER, CONTEXT)

    assert NUMBER.encode() not in sealed
    assert SealedFields.open(uri).unseal(sealed, CONTEXT) == NUMBER


def test_a_key_file_may_hold_the_octets_themselves(uri: str, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(SteadyChance(1)(32))

    sealed = SealedFields.open(f"file:{tmp_path / 'raw'}").seal(NUMBER, CONTEXT)

    assert SealedFields.open(uri).unseal(sealed, CONTEXT) == NUMBER


@pytest.mark.parametrize("place", [0, 1, 6, 20, -1])
def test_a_changed_octet_is_noticed_wherever_it_is(uri: str, place: int) -> None:
    fields = SealedFields.open(uri)
    sealed = bytearray(fields.seal(NUMBER, CONTEXT))

    sealed[place] ^= 1

    with pytest.raises(FieldUnreadable):
        fields.unseal(bytes(sealed), CONTEXT)


def test_a_value_moved_to_another_row_is_not_read(uri: str) -> None:
    fields = SealedFields.open(uri)
    sealed = fields.seal(NUMBER, CONTEXT)

    with pytest.raises(FieldUnreadable):
        fields.unseal(sealed, "evidence_number/e2")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01abcd"])
def test_too_little_is_unreadable(uri: str, sealed: bytes) -> None:
    with pytest.raises(FieldUnreadable):
        SealedFields.open(uri).unseal(sealed, CONTEXT)


def test_equal_values_have_equal_indexes_under_one_key_only(uri: str, tmp_path: Path) -> None:
    fields, other = SealedFields.open(uri), SealedFields.open(_key(tmp_path / "other", 2))

    assert fields.index(NUMBER) == SealedFields.open(uri).index(NUMBER)
    assert len({fields.index(NUMBER), fields.index("1"), other.index(NUMBER)}) == 3


def test_two_seals_of_one_value_differ(uri: str) -> None:
    fields = SealedFields.open(uri)

    assert fields.seal(NUMBER, CONTEXT) != fields.seal(NUMBER, CONTEXT)


def test_a_new_key_reads_what_the_older_one_sealed(uri: str, tmp_path: Path) -> None:
    older = SealedFields.open(uri)
    sealed = older.seal(NUMBER, CONTEXT)

    fields = SealedFields.open(_key(tmp_path / "newer", 2), uri)

    assert fields.unseal(sealed, CONTEXT) == NUMBER
    assert older.index(NUMBER) in fields.indexes(NUMBER)
    with pytest.raises(FieldUnreadable):
        older.unseal(fields.seal(NUMBER, CONTEXT), CONTEXT)


def test_a_line_above_the_older_ones_is_the_new_key_for_whoever_opens_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fields"
    older = SealedFields.open(_key(file, 1))
    sealed, before = older.seal(NUMBER, CONTEXT), file.read_text()

    file.write_text(f"{SteadyChance(2)(32).hex()}\n\n{before}")
    fields = SealedFields.open(f"file:{file}")

    assert fields.unseal(sealed, CONTEXT) == NUMBER
    assert fields.indexes(NUMBER) == [SealedFields.open(_key(tmp_path / "new", 2)).index(NUMBER), older.index(NUMBER)]
    with pytest.raises(FieldUnreadable):
        older.unseal(fields.seal(NUMBER, CONTEXT), CONTEXT)


@pytest.mark.parametrize(
    "octets", [b"", b"short", b"\xff" * 31, b"zz" * 32, b"00" * 31, b"00" * 32 + b"\n" + b"00" * 31]
)
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "fields").write_bytes(octets)

    with pytest.raises(FieldKeyUnfit):
        SealedFields.open(f"file:{tmp_path / 'fields'}")


@pytest.mark.parametrize("uri", ["file:/nowhere/fields", "pkcs11:token=t", "/plain/path"])
def test_a_uri_that_names_no_key_is_refused(uri: str) -> None:
    with pytest.raises(FieldKeyUnfit):
        SealedFields.open(uri)
