"""Where a list and its requests are: a folder, a zip, or the list alone with the files beside it.

Nothing outside is ever read, nothing is unpacked to disk, and no member of a zip is read further than a request is
long, whatever the zip says of itself.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import Protocol, TypeVar
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipExtFile, ZipFile, ZipInfo, is_zipfile

from ledger.sheet import FileUnfit, Unfit
from pki.request import MOST_OCTETS

MOST_MEMBERS = 250_000
MOST_LIST = 1 << 30
"""Octets of the list in a zip, unpacked."""
_One = TypeVar("_One")
_ENCRYPTED = 0x1
_STRANGE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What a broken member of a zip ends in."""


class Source(Protocol):
    """A list, and the files that it names."""

    def listed(self) -> BufferedReader | ZipExtFile:
        """The list, to be read once and closed. Raises FileUnfit."""

    def file(self, name: str) -> bytes:
        """The octets of a file beside the list; of one too big for a request, its beginning. Raises Unfit."""


@dataclass(frozen=True)
class Folder:
    """A list in a folder; files are beside it or below."""

    path: Path
    """Of the list."""

    def listed(self) -> BufferedReader:
        """The list, to be read once and closed."""
        return self.path.open("rb")

    def file(self, name: str) -> bytes:
        """The octets of a file in the folder. Raises Unfit."""
        root = self.path.parent.resolve()
        inside = _inside(name)
        try:
            path = (root / inside).resolve()
        except RuntimeError as fault:  # links that lead in a circle, as Python says it before 3.13
            raise Unfit("batch.file-missing") from fault
        if not path.is_relative_to(root):  # a link may lead out
            raise Unfit("batch.file-outside")
        if not path.is_file():
            raise Unfit("batch.file-missing")
        with path.open("rb") as file:
            return file.read(MOST_OCTETS + 1)


@dataclass(frozen=True)
class Zipped:
    """A list in a zip; files are beside it or below."""

    zip: ZipFile
    list: ZipInfo
    members: dict[PurePosixPath, ZipInfo] = field(repr=False)

    def listed(self) -> ZipExtFile:
        """The list, to be read once and closed. Raises FileUnfit."""
        try:
            return _opened(self.zip, self.list)
        except _STRANGE as fault:
            raise FileUnfit("batch.zip-unreadable") from fault

    def file(self, name: str) -> bytes:
        """The octets of a member, unpacked no further than a request is long. Raises Unfit."""
        member = self.members.get(_inside(self.list.filename).parent / _inside(name))
        if member is None:
            raise Unfit("batch.file-missing")
        try:
            with _opened(self.zip, member) as file:
                return file.read(MOST_OCTETS + 1)
        except _STRANGE as fault:
            raise Unfit("batch.file-unreadable") from fault


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The source at `path`: a folder with one list in it, a zip of such, or a list. Raises FileUnfit."""
    if path.is_dir():
        there = [one for one in sorted(path.iterdir()) if not _furniture(one.name)]
        yield Folder(_only([one for one in there if _is_list(one.name) and one.is_file()]))
    elif path.suffix.lower() == ".zip" or is_zipfile(path):
        try:
            with ZipFile(path) as zipped:
                yield _zipped(zipped)
        except (BadZipFile, zlib.error, EOFError) as fault:  # of the list itself also half-way, where it is read
            raise FileUnfit("batch.zip-unreadable") from fault
    else:
        yield Folder(path)


def _zipped(zipped: ZipFile) -> Zipped:
    infos = [info for info in zipped.infolist() if not info.is_dir() and not _furniture(info.filename)]
    if len(infos) > MOST_MEMBERS:
        raise FileUnfit("batch.zip-too-large")
    for info in infos:
        _check(info)
    members = {_inside(info.filename): info for info in infos}
    if len(members) != len(infos):
        raise FileUnfit("batch.zip-name")
    listed = _only([info for info in infos if _is_list(info.filename)])
    if listed.file_size > MOST_LIST:
        raise FileUnfit("batch.zip-too-large")
    return Zipped(zipped, listed, members)


def _check(info: ZipInfo) -> None:
    """Raises FileUnfit for a member that nobody packs by mistake, or that we do not unpack."""
    if info.flag_bits & _ENCRYPTED:
        raise FileUnfit("batch.zip-encrypted")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise FileUnfit("batch.zip-unreadable")
    if S_ISLNK(info.external_attr >> 16):
        raise FileUnfit("batch.zip-name")
    try:
        _inside(info.filename)
    except Unfit as fault:
        raise FileUnfit("batch.zip-name") from fault


def _opened(zipped: ZipFile, member: ZipInfo) -> ZipExtFile:
    opened = zipped.open(member)
    assert isinstance(opened, ZipExtFile)
    return opened


def _inside(name: str) -> PurePosixPath:
    """The name of a file below a folder. Raises Unfit when it leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name or not path.parts:
        raise Unfit("batch.file-outside")
    return path


def _is_list(name: str) -> bool:
    return name.lower().endswith(".csv")


def _furniture(name: str) -> bool:
    """What a desktop adds to every zip, and to every stick: `._list.csv` says what macOS knows of `list.csv`."""
    own = PurePosixPath(name.replace("\\", "/")).name
    return name.startswith("__MACOSX/") or own.startswith("._") or own in {".DS_Store", "Thumbs.db"}


def _only(lists: list[_One]) -> _One:
    if len(lists) != 1:
        raise FileUnfit("batch.no-one-list")
    return lists[0]
