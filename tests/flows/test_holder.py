"""The holder's own page by real HTTP, a form filler and Chromium without script, and OCSP by another hand than ours."""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page as Shown
from playwright.sync_api import sync_playwright

from scripts.story.browser import Browser
from scripts.story.scene import Account
from scripts.story.sign_on import code_of, sign_in
from scripts.story.status import openssl_ocsp
from tests.flows.running import Running
from tests.flows.test_sso_chromium import CHROMIUM

MOST_OCTETS = 4096
WIDTHS = (320, 1100)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LAOTRUST_TEST_ARTEFACTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def citizens(running: Running) -> list[Account]:
    """The last of these accounts are no other test's: here certificates end."""
    return [account for account in running.ready.accounts if account.kind == "citizen"]


def ocsp_says(running: Running, number: str) -> str:
    """What `openssl ocsp` prints about the citizen's certificate."""
    issuer, key = running.home.certificate("citizens"), running.installation.personal(number, "authentication")
    return openssl_ocsp(running.scene(), ["-issuer", str(issuer), "-cert", str(key.certificate), "-no_nonce"])


def test_a_holder_signs_in_revokes_and_openssl_sees_it(running: Running) -> None:
    holder, home = citizens(running)[-1], f"{running.home.url('holder')}/certificates"
    browser = Browser(running.home.certificate("root"))
    before = ocsp_says(running, holder.number)

    listed = sign_in(running.scene(), browser, home, holder)
    link = re.findall(r'href="(/certificates/[^"]+)"', listed.text)
    page = browser.open(running.home.url("holder") + link[-1])
    page = browser.submit(page, page.forms[-1], {"ground": "key-unusable"})
    done = browser.submit(page, page.forms[-1], {})

    after = ocsp_says(running, holder.number)
    assert holder.number not in listed.text and "ໃບຢັ້ງຢືນຂອງທ່ານ" in listed.text
    assert (done.status, "ຍົກເລີກແລ້ວ" in done.text) == (200, True)
    assert (": good" in before, ": revoked" in after) == (True, True)
    assert max(int(one.headers["Content-Length"]) for one in (listed, page, done)) <= MOST_OCTETS


def test_the_pages_fit_a_telephone_and_a_desk_without_script(running: Running, pictures: Path) -> None:
    if not shutil.which(CHROMIUM):
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(f"{CHROMIUM} is not installed")
    holder, home = citizens(running)[-2], f"{running.home.url('holder')}/certificates"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_context(java_script_enabled=False, ignore_https_errors=True, locale="lo").new_page()
        page.goto(home)
        page.fill("#username", holder.username)
        page.fill("#password", holder.password)
        page.click("button")
        page.fill("#code", code_of(running.scene(), holder))
        page.click("button")
        fits = [photographed(page, pictures, "certificates")]
        page.locator("a.way").last.click()
        fits.append(photographed(page, pictures, "certificate"))
        page.select_option("#ground", "key-loss")
        page.click("button")
        fits.append(photographed(page, pictures, "before-the-end"))
        page.go_back()
        page.locator("a.way").first.click()
        fits.append(photographed(page, pictures, "before-the-pause"))
        page.click("button")
        fits.append(photographed(page, pictures, "paused"))
        there = page.url
        chromium.close()

    assert there.startswith(f"{home}/back?")
    assert all(fits)


def photographed(page: Shown, folder: Path, name: str) -> bool:
    """Whether the card fits every width; a picture of each is kept for people to look at."""
    fits = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        box = page.locator(".card").bounding_box()
        fits.append(box is not None and box["x"] + box["width"] <= width)
    return all(fits)
