import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.data.people import officers
from ledger.spelling import (
    digits,
    fold,
    fold_name,
    fold_username,
    is_lao,
    is_roman,
    prepare_password,
    sort_key,
    stored,
)

LOOK_ALIKES = [
    ("ຄ\u0eb3ມ່ວນ", "ຄ\u0ecd\u0eb2ມ່ວນ"),
    ("\u0edcອງ", "\u0eab\u0e99ອງ"),
    ("\u0eddອກ", "\u0eab\u0ea1ອກ"),
    ("ນ\u0ec9\u0eb3ທາ", "ນ\u0ecd\u0ec9\u0eb2ທາ"),
    ("ຫ\u0ebcວງພະບາງ", "ຫ\u0ea5ວງພະບາງ"),
    ("\u0ec0\u0ec0ສງ", "\u0ec1ສງ"),
    ("ປ\u0ec9\u0eb5", "ປ\u0eb5\u0ec9"),
    ("ຈ\u0eb8\u0ec9ຍ", "ຈ\u0ec9\u0eb8ຍ"),
    ("ສົມ\u200bບູນ", "ສົມບູນ"),
    ("ສົມ  ບູນ", " ສົມ ບູນ "),
]
PROVINCES = [
    "ຄຳມ່ວນ",
    "ຈຳປາສັກ",
    "ສະຫວັນນະເຂດ",
    "ສາລະວັນ",
    "ຊຽງຂວາງ",
    "ເຊກອງ",
    "ໄຊສົມບູນ",
    "ໄຊຍະບູລີ",
    "ນະຄອນຫຼວງວຽງຈັນ",
    "ບໍ່ແກ້ວ",
    "ບໍລິຄຳໄຊ",
    "ຜົ້ງສາລີ",
    "ວຽງຈັນ",
    "ຫົວພັນ",
    "ຫຼວງນ້ຳທາ",
    "ຫຼວງພະບາງ",
    "ອັດຕະປື",
    "ອຸດົມໄຊ",
]
FORMS: list[Literal["NFC", "NFD", "NFKC", "NFKD"]] = ["NFC", "NFD", "NFKC", "NFKD"]
LAO = st.text(st.characters(min_codepoint=0x0E80, max_codepoint=0x0EFF), max_size=12)


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
def test_spellings_that_look_alike_fold_to_one_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_vowels_that_only_sound_alike_stay_apart() -> None:
    assert len({fold("ໃຈ"), fold("ໄຈ"), fold("ລາວ"), fold("ຣາວ")}) == 4


def test_a_thousand_different_names_fold_to_a_thousand_keys() -> None:
    names = {(line["given_lo"], line["family_lo"]) for line in officers(3000, seed=5)}

    keys = {fold_name(*name) for name in sorted(names)[:1000]}

    assert len(keys) == 1000


@given(LAO)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(LAO, st.sampled_from(FORMS))
def test_the_normal_form_of_the_input_does_not_show_in_the_key(
    text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)


@pytest.mark.parametrize("name", ["ໜູ່ ຄຳ", "ໝອກນ້ຳ", "ຫຼວງ", "ແສງ"])
def test_the_stored_form_is_what_was_written(name: str) -> None:
    assert stored(name) == unicodedata.normalize("NFC", name)


def test_the_stored_form_has_no_invisible_characters() -> None:
    assert stored("\ufeff ສົມ\u200b\u202eບູນ\u200d ") == "ສົມບູນ"


@pytest.mark.parametrize("typed", ["໑໒໓໔໕໖", "๑๒๓๔๕๖", "໑2໓4໕6"])
def test_lao_and_thai_digits_are_ascii_digits(typed: str) -> None:
    assert digits(typed) == "123456"


def test_digits_of_other_scripts_are_left_to_be_refused() -> None:
    assert digits("١٢") == "١٢"


def test_a_user_name_is_the_same_from_any_keyboard() -> None:
    assert fold_username(" Some\u200bchai ໑໒ ") == "somechai12"


def test_a_password_matches_in_whichever_order_its_marks_were_typed() -> None:
    assert prepare_password("ນ\u0ec9\u0eb3Ab 9") == prepare_password("ນ\u0ecd\u0ec9\u0eb2Ab 9")


def test_a_password_keeps_case_spaces_and_digits() -> None:
    assert prepare_password("Ab  ໙") == "Ab  ໙"


def test_the_provinces_sort_in_lao_order() -> None:
    assert sorted(sorted(PROVINCES), key=sort_key) == PROVINCES


def test_code_point_order_is_not_lao_order() -> None:
    assert sorted(PROVINCES) != PROVINCES


def test_tones_decide_only_between_words_that_are_otherwise_equal() -> None:
    assert sorted(["ຂ້າວ", "ຂາວ", "ຂາຍ", "ຂ່າວ"], key=sort_key) == ["ຂາຍ", "ຂາວ", "ຂ່າວ", "ຂ້າວ"]


@pytest.mark.parametrize(("text", "verdict"), [("ສົມ ພອນ", True), ("Somphone", False), ("", False), ("ສົມ1", False)])
def test_a_lao_name_is_of_lao_letters(text: str, verdict: bool) -> None:
    assert is_lao(text) is verdict


@pytest.mark.parametrize(("text", "verdict"), [("O'Brien-Ké", True), ("ສົມ", False), ("", False), ("A<b", False)])
def test_a_roman_name_is_of_latin_letters(text: str, verdict: bool) -> None:
    assert is_roman(text) is verdict
