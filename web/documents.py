"""Paper: PDF documents with Lao shaped properly, the same octets for the same arguments.

What shapes the letters is loaded with the first paper: most processes make none, and it is a tenth of a start.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.clock import VIENTIANE

if TYPE_CHECKING:
    from web.sheet import Sheet

_MUTED, _BLUE = "#57606f", "#002868"


@dataclass(frozen=True)
class Section:
    """A heading of a report and, under it, rows of label and value."""

    title: str
    rows: Sequence[tuple[str, str]]


def decree(
    title: str,
    number: str,
    paragraphs: Iterable[str],
    organisation: str,
    *,
    created: datetime,
    place: str = "ນະຄອນຫຼວງວຽງຈັນ",
    signer: Sequence[str] = (),
    practice: bool = True,
) -> bytes:
    """An official document on A4: motto, organisation and number, title, body, place for `signer` (lines of text).

    `created` (aware) is the document's date and its creation time.
    """
    sheet = _sheet(created, practice=practice)
    sheet.set_title(f"{title} {number}")
    sheet.motto()
    local = created.astimezone(VIENTIANE)
    sheet.two_sides((organisation,), (f"ເລກທີ {number}", f"{place}, ວັນທີ {local:%d/%m/%Y}"))
    sheet.ln(6)
    sheet.line_of(title, 17, bold=True, align="C", after=5)
    for paragraph in paragraphs:
        sheet.line_of(paragraph, 12, after=3)
    sheet.ln(8)
    sheet.two_sides((), tuple(signer), bold=True)
    return bytes(sheet.output())


@dataclass(frozen=True)
class Passage:
    """A part of a paper: a heading (`level` 1 to 3), else a paragraph, or an item of a list."""

    text: str
    level: int = 0
    item: bool = False


def paper(title: str, below: str, passages: Iterable[Passage], *, created: datetime, practice: bool = True) -> bytes:
    """A text of several pages on A4 under the centre's name; `below` says which version it is, beneath the title."""
    sheet = _sheet(created, practice=practice)
    sheet.set_title(title)
    sheet.letterhead()
    sheet.line_of(title, 17, bold=True, after=1)
    sheet.line_of(below, 9, colour=_MUTED, after=4)
    for one in passages:
        if one.level:
            sheet.line_of(one.text, (15, 13, 11)[one.level - 1], bold=True, colour=_BLUE, after=1)
        else:
            sheet.line_of(f"– {one.text}" if one.item else one.text, 10.5, after=0.5 if one.item else 2)
    return bytes(sheet.output())


def report(
    title: str,
    sentence: str,
    sections: Sequence[Section],
    *,
    created: datetime,
    good: bool | None = None,
    verify_with: str = "",
    practice: bool = True,
) -> bytes:
    """A report for people on A4: what was found in one sentence, then the particulars.

    `good` colours the finding's mark: True a round one, False a square one, None a triangle (cannot tell).
    `verify_with` is the command that verifies what the report says.
    """
    sheet = _sheet(created, practice=practice)
    sheet.set_title(title)
    sheet.letterhead()
    sheet.line_of(title, 17, bold=True, after=3)
    sheet.finding(sentence, good=good)
    for section in sections:
        sheet.line_of(section.title, 13, bold=True, colour=_BLUE, after=1)
        for label, value in section.rows:
            sheet.row(label, value)
        sheet.ln(4)
    if verify_with:
        sheet.line_of("ກວດຄືນດ້ວຍຕົນເອງ / Verify this yourself:", 10, colour=_MUTED, after=1)
        sheet.line_of(verify_with, 10, after=0)
    return bytes(sheet.output())


def _sheet(created: datetime, *, practice: bool) -> "Sheet":
    from web.sheet import Sheet  # noqa: PLC0415 - see above

    return Sheet(created, practice=practice)
