"""Nothing outside a folder or zip is read, and no zip unpacks to more than requests."""

import struct
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from ca.batches.columns import COLUMNS, NEEDED
from ca.batches.source import MOST_LIST, MOST_MEMBERS, opened
from ledger.sheet import FileUnfit, Unfit, rows
from pki.request import MOST_OCTETS
from web.words import WORDS

Packing = Callable[[ZipFile], None]


def packed(path: Path, *packing: Packing) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr("list.csv", "number\r\n")
        for pack in packing:
            pack(zipped)
    return path


def member(name: str, octets: bytes = b"x", **attributes: int) -> Packing:
    def pack(zipped: ZipFile) -> None:
        info = ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        zipped.writestr(info, octets)

    return pack


@pytest.mark.parametrize(
    ("packing", "code"),
    [
        (member("../outside.csr"), "batch.zip-name"),
        (member("/etc/outside.csr"), "batch.zip-name"),
        (member("C:\\outside.csr"), "batch.zip-name"),
        (member("link.csr", b"/etc/passwd", external_attr=0o120777 << 16), "batch.zip-name"),
        (member("other.csv"), "batch.no-one-list"),
        (member("odd.csr", compress_type=ZIP_BZIP2), "batch.zip-unreadable"),
    ],
    ids=["upwards", "absolute", "drive", "link", "second list", "other packing"],
)
def test_a_zip_that_nobody_packs_by_mistake_is_refused(tmp_path: Path, packing: Packing, code: str) -> None:
    path = packed(tmp_path / "list.zip", packing)

    with pytest.raises(FileUnfit) as refused, opened(path):
        pass

    assert (refused.value.code, code in WORDS) == (code, True)


def altered(path: Path, at: int, octets: bytes) -> Path:
    """The zip with these octets in the only record of its directory."""
    whole = bytearray(path.read_bytes())
    record = whole.rindex(b"PK\x01\x02") + at
    whole[record : record + len(octets)] = octets
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("at", "octets", "code"),
    [
        (8, struct.pack("<H", 1), "batch.zip-encrypted"),
        (24, struct.pack("<I", MOST_LIST + 1), "batch.zip-too-large"),
        (0, b"XX", "batch.zip-unreadable"),
    ],
    ids=["encrypted", "a list of a gigabyte", "broken"],
)
def test_a_zip_whose_directory_says_so_is_refused(tmp_path: Path, at: int, octets: bytes, code: str) -> None:
    path = altered(packed(tmp_path / "list.zip"), at, octets)

    with pytest.raises(FileUnfit) as refused, opened(path):
        pass

    assert (refused.value.code, code in WORDS) == (code, True)


def test_a_zip_of_too_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ca.batches.source.MOST_MEMBERS", 2)
    path = packed(tmp_path / "list.zip", member("a.csr"), member("b.csr"))

    with pytest.raises(FileUnfit) as refused, opened(path):
        pass

    assert (refused.value.code, MOST_MEMBERS) == ("batch.zip-too-large", 250_000)


def test_a_bomb_is_unpacked_no_further_than_a_request_is_long(tmp_path: Path) -> None:
    path = packed(tmp_path / "list.zip", lambda zipped: zipped.writestr("bomb.csr", bytes(64 * 1024 * 1024)))

    with opened(path) as source:
        octets = source.file("bomb.csr")

    assert path.stat().st_size < 100_000
    assert len(octets) == MOST_OCTETS + 1


def test_a_list_that_is_broken_half_way_is_none(tmp_path: Path) -> None:
    text = ",".join(COLUMNS).encode() + b"\r\n" + b"".join(b"%d,,\r\n" % number for number in range(20_000))
    path = tmp_path / "list.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr("list.csv", text)
    whole = path.read_bytes()
    middle = whole.index(b"list.csv") + len("list.csv") + 200
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])

    with pytest.raises(FileUnfit) as refused, opened(path) as source, source.listed() as listed:
        list(rows(listed, COLUMNS, "batch", NEEDED))

    assert refused.value.code == "batch.zip-unreadable"


def test_a_broken_member_is_a_fault_of_its_line_alone(tmp_path: Path) -> None:
    path = packed(tmp_path / "list.zip", member("broken.csr", b"0123456789"), member("whole.csr", b"whole"))
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"012345678X"))

    with opened(path) as source:
        with pytest.raises(Unfit) as refused:
            source.file("broken.csr")
        whole = source.file("whole.csr")

    assert (refused.value.code, whole) == ("batch.file-unreadable", b"whole")


@pytest.mark.parametrize("before", ["", "./", "folder\\", "folder/"], ids=["plain", "dot", "windows", "folder"])
def test_a_file_beside_the_list_is_found_however_the_zip_was_packed(tmp_path: Path, before: str) -> None:
    with ZipFile(tmp_path / "list.zip", "w") as zipped:
        zipped.writestr(f"{before}list.csv", "number\r\n")
        zipped.writestr(f"{before}._list.csv", "what macOS adds")
        zipped.writestr(f"{before}one.csr", b"whole")

    with opened(tmp_path / "list.zip") as source:
        assert source.file("one.csr") == b"whole"


def test_links_in_a_circle_are_a_fault_of_their_line_and_what_a_desktop_adds_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("number\r\n")
    (tmp_path / "._list.csv").write_bytes(b"\0\5\x16\7")
    (tmp_path / "circle.csr").symlink_to("circle.csr")

    with opened(tmp_path) as source, pytest.raises(Unfit) as refused:
        source.file("circle.csr")

    assert refused.value.code == "batch.file-missing"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "link.csr", "sub/../../secret", "C:secret", "."])
def test_a_name_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "handed in"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link.csr").symlink_to(tmp_path / "secret")
    (folder / "list.csv").write_text("number\r\n")

    with opened(folder) as source, pytest.raises(Unfit) as refused:
        source.file(name)

    assert refused.value.code in {"batch.file-outside", "batch.file-missing"}
