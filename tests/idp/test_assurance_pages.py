"""What a level of assurance needs can be read by everybody, in both languages, and is what the ladder has."""

import re

import pytest
from flask import Flask

from idp.assurance import ACR, HIGHEST, LADDER
from tests.idp.visitor import ISSUER

pytestmark = pytest.mark.sqlite_only("pages about no database")
UNREACHED = {"lo": "ຍັງບໍ່ມີໃຜຮອດລະດັບນີ້ໄດ້", "en": "Nobody can reach this level yet"}


def read(app: Flask, path: str, language: str = "en") -> str:
    answer = app.test_client().get(path, base_url=ISSUER, query_string={"lang": language})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("language", ["lo", "en"])
@pytest.mark.parametrize("level", ACR)
def test_each_level_has_a_page_that_says_how_many_ways_lead_to_it(app: Flask, level: int, language: str) -> None:
    page = read(app, f"/assurance/{level}", language)

    ways = [kinds for reached, kinds in LADDER if reached == level]
    assert (ACR[level] in page, f'<html lang="{language}">' in page) == (True, True)
    assert len(re.findall("<li>", page)) == len(ways)
    assert (UNREACHED[language] in page) == (not ways)


def test_discovery_leads_there_and_lists_the_levels_that_can_be_reached(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    overview = read(app, said["service_documentation"].removeprefix(ISSUER))

    assert [f'href="/assurance/{level}"' in overview for level in ACR] == [True] * len(ACR)
    assert said["acr_values_supported"] == [ACR[level] for level in sorted({level for level, _ in LADDER})]
    assert len(said["acr_values_supported"]) == HIGHEST


@pytest.mark.parametrize("path", ["/assurance/0", "/assurance/4", "/assurance/x"])
def test_no_other_level_has_a_page(app: Flask, path: str) -> None:
    assert app.test_client().get(path, base_url=ISSUER).status_code == 404
