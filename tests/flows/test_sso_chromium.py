"""The same pages in Chromium without script, at 320 pixels and on a desk; pictures are kept for people to look at."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from idp.details import PARAMETER
from tests.flows.test_sso import CALLBACK, SIGNING, Installation, installation  # noqa: F401 - the fixture
from tests.idp.test_details import detail, text
from tests.idp.visitor import PASSWORD

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LAOTRUST_TEST_ARTEFACTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(chromium: Browser, width: int) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=False, ignore_https_errors=True, locale="lo"
    )
    return context.new_page()


@pytest.mark.parametrize("width", [320, 1100])
def test_the_sign_in_page_fits_and_keeps_what_was_typed(
    chromium: Browser,
    installation: Installation,  # noqa: F811
    pictures: Path,
    width: int,
) -> None:
    page = opened(chromium, width)
    page.goto(installation.request())
    page.screenshot(path=pictures / f"sign-in-{width}.png", full_page=True)

    page.fill("#username", "10000017")
    page.fill("#password", "wrong")
    page.click("button")
    page.screenshot(path=pictures / f"sign-in-refused-{width}.png", full_page=True)

    box = page.locator(".card").bounding_box()
    assert page.input_value("#username") == "10000017"
    assert page.locator(".errors a").get_attribute("href") == "#username"
    assert box and box["x"] + box["width"] <= width


def test_password_and_code_lead_back_to_the_service(
    chromium: Browser,
    installation: Installation,  # noqa: F811
    pictures: Path,
) -> None:
    page = opened(chromium, 320)
    page.goto(installation.request())
    page.fill("#username", "10000017")
    page.fill("#password", PASSWORD)
    page.click("button")
    page.screenshot(path=pictures / "code-320.png", full_page=True)
    page.fill("#code", installation.code())
    with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as arrived:
        page.click("button", no_wait_after=True)

    assert "code=ltc_" in arrived.value.url


@pytest.mark.parametrize(("width", "language"), [(320, "lo"), (1100, "en")])
def test_what_is_to_be_signed_is_read_whole_before_the_answer(
    chromium: Browser,
    installation: Installation,  # noqa: F811
    pictures: Path,
    width: int,
    language: str,
) -> None:
    page = opened(chromium, width)
    wanted = detail("ດຳລັດ ວ່າດ້ວຍ ການເຊັນທາງໄກ, ເລກທີ 12/ລບ, ລົງວັນທີ 5 ມັງກອນ 2026", "Annex A", place=SIGNING)
    page.goto(installation.request(ui_locales=language, acr_values="", **{PARAMETER: text(wanted)}))
    page.fill("#username", "10000017")
    page.fill("#password", PASSWORD)
    page.click("button")
    page.fill("#code", installation.code())
    page.click("button")
    page.screenshot(path=pictures / f"consent-details-{width}.png", full_page=True)

    box, code_box = (page.locator(one).first.bounding_box() for one in (".card", "small code"))
    assert box and code_box and code_box["x"] + code_box["width"] <= box["x"] + box["width"] <= width
    assert page.locator("button[value=agree]").is_visible()
