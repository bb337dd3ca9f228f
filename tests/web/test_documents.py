from datetime import UTC, datetime
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from web.documents import Section, decree, report
from web.lao import SAFE_BREAK, with_safe_breaks

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TITLE, NUMBER = "ດຳລັດວ່າດ້ວຍການມອບໝາຍໜ້າທີ່", "12/ລບ"
BODY = ["ມາດຕາ 1. ແຕ່ງຕັ້ງ ທ່ານ ສົມພອນ ວົງສາ (Somphone Vongsa) ເປັນຜູ້ອຳນວຍການ.", "ມາດຕາ 2. ມີຜົນສັກສິດ."]
ORGANISATION = "ກະຊວງເຕັກໂນໂລຊີ ແລະ ການສື່ສານ"


def a_decree(**more: object) -> bytes:
    return decree(TITLE, NUMBER, BODY, ORGANISATION, created=AT, signer=("ລັດຖະມົນຕີ",), **more)  # type: ignore[arg-type]


def test_the_same_decree_is_the_same_octets() -> None:
    first, second = a_decree(), a_decree()

    assert first == second


def test_a_decree_is_a_pdf_of_one_page_with_its_title() -> None:
    reader = PdfFileReader(BytesIO(a_decree()))

    assert reader.root["/Pages"]["/Count"] == 1
    assert reader.trailer_view["/Info"]["/Title"] == f"{TITLE} {NUMBER}"
    assert reader.root["/Lang"] == "lo"


def test_the_fonts_for_both_scripts_are_embedded() -> None:
    reader = PdfFileReader(BytesIO(a_decree()))

    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    names = {str(font.get_object()["/BaseFont"]).split("+")[1] for font in fonts.values()}
    assert {"NotoSansLao", "NotoSans"} <= names


def test_practice_shows_on_paper_too() -> None:
    practice, production = a_decree(practice=True), a_decree(practice=False)

    assert len(practice) != len(production)


def test_a_long_report_goes_on_over_several_pages() -> None:
    rows = [(f"ຂໍ້ {number}", "ກະຊວງເຕັກໂນໂລຊີ ແລະ ການສື່ສານ " * 6) for number in range(60)]

    paper = report("ລາຍງານ", "ລາຍເຊັນຖືກຕ້ອງ.", [Section("ຜູ້ເຊັນ", rows)], created=AT, good=True)

    assert PdfFileReader(BytesIO(paper)).root["/Pages"]["/Count"] > 3


def test_a_row_that_has_no_room_left_stands_whole_on_the_next_page() -> None:
    rows = [(f"ຂໍ້ {number}", "ກະຊວງເຕັກໂນໂລຊີ ແລະ ການສື່ສານ " * 8) for number in range(12)]

    paper = report("ລາຍງານ", "ລາຍເຊັນຖືກຕ້ອງ.", [Section("ຜູ້ເຊັນ", rows)], created=AT, good=True)

    assert PdfFileReader(BytesIO(paper)).root["/Pages"]["/Count"] == 2


@pytest.mark.parametrize("good", [True, False, None])
def test_a_report_is_made_whatever_was_found(good: bool | None) -> None:
    paper = report("ລາຍງານ", "ສິ່ງທີ່ພົບ", [], created=AT, good=good, verify_with="python -m scripts verify x.pdf")

    assert paper.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("ຄວາມຊ່ວຍເຫຼືອ", "ຄວາມ|ຊ່ວຍ|ເຫຼືອ"),
        ("ນະຄອນຫຼວງວຽງຈັນ", "ນະ|ຄອນ|ຫຼວງ|ວຽງ|ຈັນ"),
        ("ການອອກໃບຢັ້ງຢືນ", "ການ|ອອກ|ໃບ|ຢັ້ງ|ຢືນ"),
        ("ດຳລັດວ່າດ້ວຍ", "ດຳ|ລັດ|ວ່າ|ດ້ວຍ"),
        ("ພະນັກງານ 12 ຄົນ", "ພະ|ນັກ|ງານ 12 ຄົນ"),
        ("ໜ້າທີ່ຮັບຜິດຊອບ", "ໜ້າ|ທີ່|ຮັບ|ຜິດ|ຊອບ"),
        ("ໃຊ້ຂໍ້ມູນ", "ໃຊ້|ຂໍ້|ມູນ"),
        ("e-Document (ເອກະສານ)", "e-Document (ເອ|ກະ|ສານ)"),
        ("", ""),
    ],
)
def test_lao_may_break_between_syllables_only(text: str, broken: str) -> None:
    assert with_safe_breaks(text).replace(SAFE_BREAK, "|") == broken


def test_breaks_change_nothing_that_is_read() -> None:
    text = "ກະລຸນາລອງໃໝ່ຫຼືຕິດຕໍ່ສູນບໍລິການ ABC ໆ 12%"

    assert with_safe_breaks(text).replace(SAFE_BREAK, "") == text
