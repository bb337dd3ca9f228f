"""Where the world reaches the processes: the file `addresses` of a home, and this machine for what it does not name."""

from pathlib import Path

import pytest

from web.home import Home, HomeUnfit
from web.words import WORDS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "base-port").write_text("8440\n")
    return Home(tmp_path)


def write(home: Home, text: str) -> None:
    (home.path / "addresses").write_text(text, encoding="utf-8")


def test_without_a_file_all_is_on_this_machine(home: Home) -> None:
    assert home.addresses() == {}
    assert [home.url(one) for one in ("ca", "ocsp", "idp")] == [
        "http://127.0.0.1:8440", "http://127.0.0.1:8441", "https://localhost:8443",
    ]  # fmt: skip


def test_what_the_file_names_is_there_and_the_rest_on_this_machine(home: Home) -> None:
    write(home, "# ours\nca = http://pki.gov.la\n\nocsp=http://ocsp.gov.la:8080 # behind the gate\nidp = https://sso.gov.la\n")

    assert [home.url(one) for one in ("ca", "ocsp", "idp", "tsa")] == [
        "http://pki.gov.la", "http://ocsp.gov.la:8080", "https://sso.gov.la", "http://127.0.0.1:8442",
    ]  # fmt: skip


def test_a_file_that_was_changed_is_read_anew(home: Home) -> None:
    write(home, "ca = http://pki.gov.la\n")
    before = home.url("ca")
    write(home, "ca = http://ca.gov.la\n")

    assert (before, home.url("ca")) == ("http://pki.gov.la", "http://ca.gov.la")


@pytest.mark.parametrize(
    "line",
    [
        "ca",
        "ca =",
        "= http://pki.gov.la",
        "pki = http://pki.gov.la",
        "ca = https://pki.gov.la",
        "idp = http://sso.gov.la",
        "ca = http://pki.gov.la/",
        "ca = http://pki.gov.la/x",
        "ca = http://pki.gov.la?x",
        "ca = http://PKI.gov.la",
        "ca = http://me@pki.gov.la",
        "ca = http://pki.gov.la:x",
        "ca = http://[::1",
        "ca = http://",
        "ca = pki.gov.la",
    ],
)
def test_a_line_that_says_no_address_is_named(home: Home, line: str) -> None:
    write(home, f"ocsp = http://ocsp.gov.la\n{line}\n")

    with pytest.raises(HomeUnfit, match="addresses, line 2: write one of") as unfit:
        home.url("ca")

    assert unfit.value.code in WORDS


def test_a_process_is_named_once(home: Home) -> None:
    write(home, "ca = http://pki.gov.la\nca = http://ca.gov.la\n")

    with pytest.raises(HomeUnfit, match="line 2"):
        home.url("ocsp")


@pytest.mark.parametrize("text", [None, "", "eight"])
def test_a_home_without_a_port_says_what_to_write(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "base-port").write_text(text)

    with pytest.raises(HomeUnfit, match="write the first of this home's twenty ports into it") as unfit:
        Home(tmp_path).port("ca")

    assert unfit.value.code in WORDS
