import gzip
import re

from flask.testing import FlaskClient

from ledger.ledger import Ledger
from tests.web.conftest import AT, with_probes
from web.app import create_app
from web.home import Home, Mode
from web.settings import HouseSettings

BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br"}


def test_a_first_visit_to_a_form_costs_at_most_four_kilobytes(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT, headers=BROWSER)

    status = len(
        "HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: Tue, 24 Nov 2026 01:00:00 GMT\r\nConnection: keep-alive\r\n"
    )
    headers = sum(len(f"{name}: {value}\r\n".encode()) for name, value in page.headers) + 2
    assert status + headers + len(page.data) <= 4096


def test_a_page_is_compressed_only_for_who_takes_it(client: FlaskClient) -> None:
    packed = client.get("/form", base_url=AT, headers=BROWSER)
    plain = client.get("/form", base_url=AT)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"</footer>" in gzip.decompress(packed.data)
    assert "Content-Encoding" not in plain.headers


def test_a_page_says_what_it_cost(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT, headers=BROWSER)

    said = re.search(r"(\d+) KB", gzip.decompress(page.data).decode())
    assert said is not None
    assert len(page.data) <= int(said.group(1)) * 1024 <= len(page.data) + 2048


def test_a_page_has_no_script_no_font_and_no_other_host(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT)

    assert "<script" not in page.text
    assert "@font-face" not in page.text
    assert not re.search(r'(?:src|href|url\()="?https?:', page.text)
    assert not re.search(r" on\w+=| style=", page.text)


def test_a_practice_system_says_so_on_each_page(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT)

    assert "ຝຶກ / PRACTICE" in page.text


def test_a_production_system_has_no_band(home: Home, database_url: str, ledger: Ledger) -> None:
    settings = HouseSettings("web", home, Mode.PRODUCTION, database_url, "https://id.gov.la")
    client = with_probes(create_app("web", settings, ledger=ledger)).test_client()

    page = client.get("/form", base_url=AT)

    assert "PRACTICE" not in page.text


def test_an_error_stands_above_and_at_its_field_and_what_was_typed_is_kept_but_secrets(client: FlaskClient) -> None:
    token = re.search(r'form_token" value="([^"]+)"', client.get("/form", base_url=AT).text).group(1)  # type: ignore[union-attr]

    page = client.post("/form", base_url=AT, data={"form_token": token, "username": "<somphone>"})

    assert '<a href="#username">ກະລຸນາໃສ່ຊື່</a>' in page.text
    assert 'aria-invalid="true" aria-describedby="username-error"' in page.text
    assert page.text.count("&lt;somphone&gt;") == 1


def test_the_mark_is_small(client: FlaskClient) -> None:
    page = client.get("/form", base_url=AT)

    mark = re.search(r"<svg.*?</svg>", page.text, re.DOTALL)
    assert mark is not None
    assert len(mark.group()) < 1024
