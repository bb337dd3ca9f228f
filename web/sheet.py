"""A sheet of our papers: A4, Lao and Latin letters, one look.

Lao letters come from Noto Sans Lao, Latin ones from Noto Sans (`web/fonts`, OFL). A practice system's paper carries
the band ຝຶກ / PRACTICE on each page.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from ledger.clock import VIENTIANE
from web.lao import with_safe_breaks

FONTS = Path(__file__).parent / "fonts"
_INK, _MUTED, _LINE, _BLUE, _RED, _GOLD = "#14213d", "#57606f", "#c9d1dc", "#002868", "#b5121b", "#ffe9a8"
_MARGIN = 22.0
_MOTTO = ("ສາທາລະນະລັດ ປະຊາທິປະໄຕ ປະຊາຊົນລາວ", "ສັນຕິພາບ ເອກະລາດ ປະຊາທິປະໄຕ ເອກະພາບ ວັດທະນະຖາວອນ")


class Sheet(FPDF):
    """An A4 sheet of the family: its fonts, band, page numbers and a few ways to set text."""

    def __init__(self, created: datetime, *, practice: bool) -> None:
        super().__init__(format="A4")
        self._practice, self._created = practice, created.astimezone(VIENTIANE)
        for style, weight in (("", "Regular"), ("B", "Bold")):
            self.add_font("lao", style, FONTS / f"NotoSansLao-{weight}.ttf")
            self.add_font("latin", style, FONTS / f"NotoSans-{weight}.ttf")
        self.set_fallback_fonts(["latin"], exact_match=True)
        self.set_text_shaping(True)
        self.set_creation_date(created)
        self.set_lang("lo")
        self.set_creator("laotrust")
        self.set_margin(_MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.set_font("lao", size=12)
        self.add_page()

    def header(self) -> None:
        """The practice band, if this is practice."""
        if not self._practice:
            return
        self.set_fill_color(_GOLD)
        self.rect(0, 0, self.w, 9, style="F")
        self.set_xy(0, 1)
        self._set("lao", 11, _INK, bold=True)
        self.cell(self.w, 7, "ຝຶກ / PRACTICE", align="C")
        self.set_xy(_MARGIN, 16)

    def footer(self) -> None:
        """Page number and moment of making."""
        self.set_y(-15)
        self._set("lao", 9, _MUTED)
        self.cell(0, 6, f"{self._created:%d/%m/%Y %H:%M} (+07:00)", align="L")
        self.set_x(_MARGIN)
        self.cell(0, 6, f"ໜ້າ {self.page_no()}", align="R")

    def line_of(
        self, text: str, size: float, *, bold: bool = False, align: str = "L", colour: str = _INK, after: float = 0
    ) -> None:
        """A paragraph over the whole width, `after` millimetres above what comes next."""
        self._set("lao", size, colour, bold=bold)
        self.multi_cell(0, size * 0.62, with_safe_breaks(text), align=align, new_x="LMARGIN", new_y="NEXT")
        self.ln(after)

    def motto(self) -> None:
        """The state's name and motto, as on every official document."""
        for text, size in zip(_MOTTO, (13, 11), strict=True):
            self.line_of(text, size, bold=True, align="C")
        self.set_draw_color(_RED)
        middle = self.w / 2
        self.line(middle - 22, self.get_y() + 1.5, middle + 22, self.get_y() + 1.5)
        self.ln(8)

    def letterhead(self) -> None:
        """The centre's name over a red rule."""
        self.line_of("ສູນລັດຖະບານເອເລັກໂຕຣນິກ · e-Government Center", 11, bold=True, colour=_BLUE)
        self.set_draw_color(_RED)
        self.line(_MARGIN, self.get_y() + 1, self.w - _MARGIN, self.get_y() + 1)
        self.ln(6)

    def two_sides(self, left: Sequence[str], right: Sequence[str], *, bold: bool = False) -> None:
        """Two columns of lines, side by side."""
        top, half = self.get_y(), self.epw / 2
        self._set("lao", 11.5, _INK, bold=bold)
        for column, lines in enumerate((left, right)):
            self.set_y(top)
            for line in lines:
                self.set_x(_MARGIN + column * half)
                self.multi_cell(half, 7, with_safe_breaks(line), align="LC"[column], new_x="LEFT", new_y="NEXT")
        self.set_y(top + 7 * max(len(left), len(right), 1))

    def finding(self, sentence: str, *, good: bool | None) -> None:
        """The sentence that matters, beside a mark that differs by shape as well as by colour."""
        self.set_fill_color({True: "#1a6b2d", False: _RED, None: "#8a6d00"}[good])
        x, y = _MARGIN, self.get_y() + 1.5
        if good is None:
            self.polygon(((x, y + 5), (x + 5, y + 5), (x + 2.5, y)), style="F")
        elif good:
            self.ellipse(x, y, 5, 5, style="F")
        else:
            self.rect(x, y, 5, 5, style="F")
        self.set_left_margin(_MARGIN + 8)
        self.line_of(sentence, 13, bold=True)
        self.set_left_margin(_MARGIN)
        self.ln(4)

    def row(self, label: str, value: str) -> None:
        """A label and its value, over a thin line, on one page."""
        texts = ((48, with_safe_breaks(label), _MUTED), (self.epw - 50, with_safe_breaks(value), _INK))
        self._set("lao", 10.5, _INK)
        tall = max(self._height(width, text) for width, text, _ in texts)
        if self.will_page_break(tall + 1.4):
            self.add_page()
        top = self.get_y()
        for left, (width, text, colour) in zip((_MARGIN, _MARGIN + 50), texts, strict=True):
            self._set("lao", 10.5, colour)
            self.set_xy(left, top)
            self.multi_cell(width, 6.6, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self.set_y(top + tall + 0.6)
        self.set_draw_color(_LINE)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())
        self.ln(0.8)

    def _height(self, width: float, text: str) -> float:
        """Millimetres that the text needs in a column of this width, in the font that is set."""
        height = self.multi_cell(width, 6.6, text, align="L", dry_run=True, output="HEIGHT")
        assert isinstance(height, int | float)
        return height

    def _set(self, family: str, size: float, colour: str, *, bold: bool = False) -> None:
        self.set_font(family, "B" if bold else "", size)
        self.set_text_color(colour)
