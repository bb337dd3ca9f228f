"""Every sentence exists in both languages: message ids in templates and code, and the words of refusal codes."""

import re
from pathlib import Path
from string import Formatter

import pytest

from signers.token import CODES
from web.language import read_catalogue
from web.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("web", "ca", "idp", "ocsp", "tsa", "validation", "register", "audit")
LAO = re.compile("[ກ-ໝ]")
USED_IN_TEMPLATE = re.compile(r"""\b_\(\s*["']([^"']+)["']\s*[,)]""")
USED_IN_CODE = re.compile(r"""\bgettext\(\s*"([^"]+)"\s*[,)]""")
REFUSED = re.compile(r"""\b(?:Refuse|RequestRefused|refusal|problem)\(\s*"([a-z0-9.-]+)"[,)]""")

FAILS = re.compile(r"raise (?:CeremonyFailed|HomeUnfit)\(.*?\)(?: from \w+)?\n", re.DOTALL)
CODE = re.compile(r"""\"((?:ceremony|home|statement)\.[a-z-]+)\"""")

NOT_FOR_PEOPLE = re.compile(
    r"token\.|dpop\.|backchannel\.|client\.unauthenticated$"
    r"|authorize\.(level-too-low|login-asked|too-long-ago|request-object|request-object-unsigned|request-uri-unsupported|request-used)$"
)
"""Said to programs in OAuth's own words (RFC 6749 clause 5.2), or answered by asking for more, never by a sentence."""


def used_in(house: str) -> set[str]:
    templates = [path.read_text() for path in (ROOT / house / "templates").rglob("*.html")]
    code = [path.read_text() for path in (ROOT / house).rglob("*.py")]
    in_templates = {found for text in templates for found in USED_IN_TEMPLATE.findall(text)}
    return in_templates | {found for text in code for found in USED_IN_CODE.findall(text)}


def refused_in(house: str) -> set[str]:
    code = [path.read_text() for path in (ROOT / house).rglob("*.py")]
    return {found for text in code for found in REFUSED.findall(text) if not NOT_FOR_PEOPLE.match(found)}


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("house", HOUSES)
@pytest.mark.parametrize("language", ["lo", "en"])
def test_no_message_is_missing(house: str, language: str) -> None:
    sentences = read_catalogue(ROOT / house / "translations")[language]

    missing = {message for message in used_in(house) if not sentences.get(message)}

    assert not missing


@pytest.mark.parametrize("house", HOUSES)
def test_both_languages_have_the_same_messages_with_the_same_names_in_them(house: str) -> None:
    catalogue = read_catalogue(ROOT / house / "translations")

    lao, english = catalogue["lo"], catalogue["en"]

    assert lao.keys() == english.keys()
    assert [message for message in lao if names_in(lao[message]) != names_in(english[message])] == []


@pytest.mark.parametrize("house", HOUSES)
def test_every_code_with_which_a_house_refuses_has_words(house: str) -> None:
    wordless = refused_in(house) - WORDS.keys()

    assert not wordless


def test_every_code_with_which_a_ceremony_fails_has_words() -> None:
    code = "".join(path.read_text() for path in [*(ROOT / "ca").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
    failing = {found for raised in FAILS.findall(code) for found in CODE.findall(raised)}

    assert "ceremony.plan-differs" in failing
    assert failing - WORDS.keys() == set()


def test_every_code_of_a_key_that_cannot_be_used_has_words() -> None:
    assert set(CODES) - WORDS.keys() == set()


@pytest.mark.parametrize("code", sorted(WORDS))
def test_a_code_has_words_in_lao_and_in_english(code: str) -> None:
    lao, english = WORDS[code]

    assert LAO.search(lao)
    assert len(LAO.findall(english)) * 4 < len(english)
