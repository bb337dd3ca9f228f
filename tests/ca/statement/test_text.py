"""The texts: RFC 3647's headings in both languages, no typed numbers, every figure printed."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ca.configuration import DEFAULT, Configuration
from ca.policy import REASONS
from ca.profiles import PROFILES
from ca.statement.disclosure import ITEMS, twin
from ca.statement.figures import PROHIBITED, Figures, figures, flat
from ca.statement.labels import LABELS
from ca.statement.text import DOCUMENTS, LANGUAGES, render, sections, source
from pki import oids
from web.home import Home

OUTLINE = [
    tuple(line.split(" ", 1)) for line in Path(__file__).with_name("rfc3647.txt").read_text().splitlines() if line
]
"""Number and title of each heading of RFC 3647 clause 6."""
FILES = sorted({file for files in DOCUMENTS.values() for file in files})
STANDARDS = re.compile(
    r"(RFC|EN) \d+( \d+-\d)?|EN \d+ \d+-\d|X\.500|X\.509 v3|PKCS#1[01]|(CRL v|OCSP v)\d|§ \d[\d.]*\d|^#+ [\dA][\d.]* ",
    re.MULTILINE,
)
CROSS = re.compile(r"§ (\d[\d.]*\d)")


@pytest.fixture
def now(tmp_path: Path) -> Figures:
    """The figures of a practice home."""
    (tmp_path / "mode").write_text("practice\n")
    (tmp_path / "base-port").write_text("8440\n")
    return figures(DEFAULT, Home(tmp_path))


def _numbers(text: str) -> list[str]:
    return [heading.number for heading, _ in sections(text)]


def test_the_english_headings_are_those_of_rfc_3647(now: Figures) -> None:
    headings = [(heading.number, heading.text) for heading, _ in sections(render("cps", now).en)]

    assert headings[:-1] == OUTLINE
    assert headings[-1][0] == "A"


def test_the_lao_text_has_every_heading_that_the_english_one_has(now: Figures) -> None:
    texts = [render(document, now) for document in DOCUMENTS]

    assert [_numbers(text.lo) for text in texts] == [_numbers(text.en) for text in texts]


def test_no_heading_without_sub_headings_is_left_empty(now: Figures) -> None:
    found = [section for text in (render("cps", now).lo, render("cps", now).en) for section in sections(text)]
    parents = {number.rpartition(".")[0] for number, _ in OUTLINE}

    assert [heading.number for heading, beneath in found if not beneath and heading.number not in parents] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FILES)
def test_no_number_is_typed_into_a_text(language: str, name: str) -> None:
    written = STANDARDS.sub("", source(language, name))

    assert re.findall(r"\d", written) == []


@pytest.mark.parametrize("name", FILES)
def test_both_languages_have_the_same_numbers_in_the_same_files(name: str) -> None:
    lao, english = (
        sorted(place.removesuffix(f"_{language}") for place in re.findall(r"\{(\w+)\}", source(language, name)))
        for language in LANGUAGES
    )

    assert lao == english


def test_a_reference_leads_to_a_heading_that_there_is() -> None:
    written = [source(language, name) for language in LANGUAGES for name in FILES]

    assert {number for text in written for number in CROSS.findall(text)} <= {number for number, _ in OUTLINE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_annex_prints_every_number_and_list_in_force(now: Figures, language: str) -> None:
    text = getattr(render("cps", now), language)

    assert [name for name, _ in flat(now) if f"\n- {name}: " not in text] == []


@pytest.mark.parametrize("field", [field.name for field in fields(Configuration)])
def test_every_field_of_the_configuration_is_a_figure(field: str) -> None:
    assert field in figures(DEFAULT)


def test_profiles_policies_and_grounds_are_printed(now: Figures) -> None:
    text = render("cps", now).en

    assert [name for name in PROFILES if f"- {name} (" not in text] == []
    assert [reason for reason in REASONS if f"- {reason}" not in text] == []
    assert oids.PRACTICE_ARC in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_seven_kinds_of_act_that_the_law_leaves_out_are_prohibited_uses(
    now: Figures, document: str, language: str
) -> None:
    text = getattr(render(document, now), language)

    assert len(PROHIBITED) == 7
    assert [act for act in PROHIBITED if f"- {LABELS[act][LANGUAGES.index(language)]}\n" not in text] == []


def test_the_retention_of_records_is_printed_in_statement_and_terms(now: Figures) -> None:
    longer = dict(now) | {"retention_years": 31}

    assert "31 years after the last certificate" in render("cps", longer).en
    assert "31 years after the last certificate" in render("terms", longer).en
    assert "31 ປີ" in render("terms", longer).lo


def test_the_disclosure_says_its_eight_items_in_both_languages(now: Figures) -> None:
    rendered = render("disclosure", now)

    said = twin({"lo": rendered.lo, "en": rendered.en})

    assert tuple(said) == ITEMS
    assert [item for item in ITEMS for language in LANGUAGES if not said[item][language]["text"]] == []


def test_a_word_that_is_no_figure_is_refused(now: Figures) -> None:
    with pytest.raises(KeyError, match="retention_years"):
        render("terms", {name: value for name, value in now.items() if name != "retention_years"})
