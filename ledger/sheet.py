"""Lists as people hand them in: CSV with one header, read row by row, each field a value or a fault with its code.

What a house takes begins its codes (`register.file-header`), so that its own words say what to do.
"""

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from typing import Any, TypeVar
from zipfile import ZipExtFile

from ledger.dates import DateUnfit
from ledger.spelling import stored

MOST_LINES = 1_000_000
MOST_LETTERS = 200
"""In one field; longer is a fault of the line."""
_LONGEST_HEADER = 64 * 1024
_LONGEST_CELL = 64 * 1024
"""Letters of a cell that are looked at: of what is longer so many are too many for any field."""
csv.field_size_limit(16 * 1024 * 1024)  # a cell is a fault of its line; beyond this the file is none of lines
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_T = TypeVar("_T")


class FileUnfit(Exception):
    """The file as a whole cannot be read. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unfit(Exception):
    """A field does not hold what it should. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reason:
    """Why a line is not simply taken: the field, and a public code."""

    field: str
    code: str


@dataclass(frozen=True)
class Row:
    """One line: its number as a spreadsheet counts (the header is 1), its fields cleaned; `whole` if all are there."""

    line: int
    fields: dict[str, str]
    whole: bool = True


@dataclass
class Reading:
    """A row's fields while they are read; `house` begins the codes of what any list can be faulty by."""

    fields: Mapping[str, str]
    house: str
    faults: list[Reason] = field(default_factory=list)

    def needed(self, name: str, parse: Callable[[str], _T]) -> _T | None:
        """The field's value; a fault if it is empty or unfit."""
        if not self.fields[name]:
            self.faults.append(Reason(name, f"{self.house}.missing"))
            return None
        return self.given(name, parse)

    def given(self, name: str, parse: Callable[[str], _T]) -> _T | None:
        """The field's value, None if it is empty; a fault if it is unfit."""
        text = self.fields[name]
        if not text:
            return None
        if len(text) > MOST_LETTERS:
            self.faults.append(Reason(name, f"{self.house}.too-long"))
            return None
        try:
            return parse(text)
        except (Unfit, DateUnfit) as fault:
            self.faults.append(Reason(name, fault.code))
            return None


def rows(
    raw: BufferedReader | ZipExtFile, columns: Sequence[str], house: str, needed: Collection[str] | None = None
) -> Iterator[Row]:
    """The lines of the list, one by one, empty lines left out. Raises FileUnfit, also half-way.

    The header names `columns` in any order, without those that are not `needed` (all are unless given). A byte-order
    mark of UTF-8 and semicolons for commas are taken; another encoding is not.
    """
    if raw.peek(2)[:2] in _UTF16:
        raise FileUnfit(f"{house}.file-encoding")
    text = TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    try:
        yield from _rows(text, columns, house, columns if needed is None else needed)
    except UnicodeDecodeError as fault:
        raise FileUnfit(f"{house}.file-encoding") from fault
    except csv.Error as fault:
        raise FileUnfit(f"{house}.file-csv") from fault
    finally:
        text.detach()  # whoever opened it closes it


def _rows(text: TextIOWrapper, columns: Sequence[str], house: str, needed: Collection[str]) -> Iterator[Row]:
    header = text.readline(_LONGEST_HEADER)
    if "\0" in header:
        raise FileUnfit(f"{house}.file-encoding")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if len(set(names)) != len(names) or not set(needed) <= set(names) <= set(columns):
        raise FileUnfit(f"{house}.file-header" if header.strip() else f"{house}.file-empty")
    lines = 0
    for number, values in enumerate(_values(csv.reader(text, delimiter=delimiter, strict=True)), 2):
        if any(value.strip() for value in values):
            lines += 1
            if lines > MOST_LINES:
                raise FileUnfit(f"{house}.file-too-long")
            fields = dict.fromkeys(columns, "") | dict(zip(names, map(_cell, values), strict=False))
            yield Row(number, fields, len(values) == len(names))
    if not lines:
        raise FileUnfit(f"{house}.file-empty")


def _values(reader: Any) -> Iterator[list[str]]:
    """The cells of each line; of one whose quotation marks are wrong one alone, as many as no list has.

    Raises csv.Error where such marks have swallowed other lines, or all that follows.
    """
    while True:
        before = reader.line_num
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if reader.line_num != before + 1 or "expected after" not in str(fault):
                raise
            yield ['"']


def _cell(value: str) -> str:
    return stored(value[:_LONGEST_CELL])
