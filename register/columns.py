"""An HR list as it comes: CSV in UTF-8 with one header, a line for each person in each post with each mandate.

`list` officers or citizens · `number` 8 digits, permanent, never used for another · `title`, `given_lo`,
`family_lo`, `given_en`, `family_en` as the person spells them (no rule makes one from the other; a family name may
be missing) · `born` a date of the Christian era · `mail` under a domain of the organisation · `phone` · then, for
officers: `organisation` its code · `post_code` organisation/…/post · `post_lo`, `post_en` · `acting` yes or no ·
`decree` · `valid_from` first day, `valid_to` last day, both included, in Lao time; empty = no end known ·
`mandate` what the person may do in this post (empty leaves mandates as they are) · `limit_lak` whole kip, empty =
no limit. Dates are 2025-12-29, 29/12/2025 or 29 ທັນວາ 2025.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path

from ledger.spelling import stored

PERSON_COLUMNS = (
    "list", "number", "title", "given_lo", "family_lo", "given_en", "family_en", "born", "mail", "phone",
)  # fmt: skip
POST_COLUMNS = (
    "organisation", "post_code", "post_lo", "post_en", "acting", "decree", "valid_from", "valid_to", "mandate",
    "limit_lak",
)  # fmt: skip
COLUMNS = PERSON_COLUMNS + POST_COLUMNS
MOST_LINES = 1_000_000
MOST_LETTERS = 200
"""In one field; longer is a fault of the line."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class FileUnfit(Exception):
    """The file as a whole cannot be read. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Row:
    """One line: its number in the file (the header is line 1) and its fields, cleaned; `whole` if none is missing."""

    line: int
    fields: dict[str, str]
    whole: bool = True


def rows(path: Path) -> Iterator[Row]:
    """The lines of the list, one by one, empty lines left out. Raises FileUnfit, also half-way.

    A byte-order mark of UTF-8 and semicolons for commas are taken; another encoding or header is not.
    """
    with path.open("rb") as raw:
        if raw.peek(2)[:2] in _UTF16:
            raise FileUnfit("register.file-encoding")
        text = TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        try:
            yield from _rows(text)
        except UnicodeDecodeError as fault:
            raise FileUnfit("register.file-encoding") from fault
        except csv.Error as fault:
            raise FileUnfit("register.file-csv") from fault


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's octets, hex."""
    digest = sha256()
    with path.open("rb") as raw:
        while part := raw.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _rows(text: TextIOWrapper) -> Iterator[Row]:
    header = text.readline()
    if "\0" in header:
        raise FileUnfit("register.file-encoding")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if sorted(names) != sorted(COLUMNS):
        raise FileUnfit("register.file-header" if header.strip() else "register.file-empty")
    lines = 0
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    for values in reader:
        if any(value.strip() for value in values):
            lines += 1
            if lines > MOST_LINES:
                raise FileUnfit("register.file-too-long")
            fields = dict.fromkeys(COLUMNS, "") | dict(zip(names, map(stored, values), strict=False))
            yield Row(reader.line_num + 1, fields, len(values) == len(names))
    if not lines:
        raise FileUnfit("register.file-empty")
