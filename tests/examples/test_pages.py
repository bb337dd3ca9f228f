"""The samples' own pages, without a provider: what a stranger sees."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template
from joserfc.jwk import ECKey

import examples.edocument.app as edocument
import examples.estaff.app as estaff

AT = "https://localhost:8448"


def environment(folder: Path) -> dict[str, str]:
    (folder / "key.pem").write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    return {
        "ISSUER": "https://localhost:8443",
        "CLIENT_ID": "edocument",
        "CLIENT_KEY_FILE": str(folder / "key.pem"),
        "SERVICE_URL": AT,
        "VALIDATION_URL": "https://localhost:8445",
    }


@pytest.fixture(params=[edocument, estaff], ids=["edocument", "estaff"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    app: Flask = request.param.create_app(environment(tmp_path))
    return app


def test_a_stranger_is_offered_to_sign_in_in_lao(app: Flask) -> None:
    page = app.test_client().get("/", base_url=AT)

    assert page.status_code == 200
    assert 'lang="lo"' in page.text
    assert 'href="/login"' in page.text
    assert "ຝຶກ / PRACTICE" in page.text


def test_the_language_is_kept_for_the_next_page(app: Flask) -> None:
    client = app.test_client()

    client.get("/?lang=en", base_url=AT)
    page = client.get("/", base_url=AT)

    assert "Sign in" in page.text


def test_no_page_has_a_script_or_a_third_host(app: Flask) -> None:
    page = app.test_client().get("/", base_url=AT)

    assert "<script" not in page.text
    assert not re.search(r'(?:src|href)="https?:', page.text)
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    answer = app.test_client().get("/?lang=en", base_url=AT)

    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_without_a_session_ends_at_the_signed_out_page(app: Flask) -> None:
    answer = app.test_client().post("/logout", base_url=AT)

    assert answer.status_code == 302
    assert answer.location == f"{AT}/signed-out"


def test_an_error_from_the_provider_says_what_to_do(app: Flask) -> None:
    page = app.test_client().get("/callback?error=access_denied&lang=en", base_url=AT)

    assert page.status_code == 400
    assert "Please try again" in page.text


def test_an_answer_of_another_provider_is_not_taken(app: Flask) -> None:
    page = app.test_client().get("/callback?code=x&state=y&iss=https://elsewhere.example", base_url=AT)

    assert page.status_code == 400


def test_it_says_that_it_is_alive(app: Flask) -> None:
    assert app.test_client().get("/healthz", base_url=AT).json == {"alive": True}


def test_documents_are_taken_only_from_somebody_who_is_signed_in(tmp_path: Path) -> None:
    client = edocument.create_app(environment(tmp_path)).test_client()

    answer = client.post("/documents", base_url=AT)

    assert answer.location == "/login"


@pytest.mark.parametrize("missing", ["ISSUER", "CLIENT_ID", "SERVICE_URL", "VALIDATION_URL"])
def test_a_missing_setting_stops_the_start_and_is_named(tmp_path: Path, missing: str) -> None:
    incomplete = environment(tmp_path)
    del incomplete[missing]

    with pytest.raises(KeyError, match=missing):
        edocument.create_app(incomplete)


@pytest.mark.parametrize("service", ["edocument", "estaff"])
def test_a_sample_imports_nothing_of_ours(service: str) -> None:
    folder = Path(edocument.__file__).parent.parent / service

    imports = [re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE) for path in folder.glob("*.py")]

    ours = {"ca", "idp", "ocsp", "tsa", "validation", "register", "audit", "web", "ledger", "signers", "pki", "scripts"}
    assert not ours & {name for names in imports for name in names}


ANSWER = {
    "indication": "INDETERMINATE",
    "sub_indication": "REVOKED_NO_POE",
    "sentence": {"lo": "ຍັງບອກບໍ່ໄດ້.", "en": "This cannot be told."},
    "next_step": {"lo": "ຢ່າເຊື່ອເທື່ອ.", "en": "Do not rely on it."},
}
SIGNED = {
    "signer": {"number": "10000017", "name": {"lo": "ສົມພອນ ວົງສາ", "en": "Somphone Vongsa"}},
    "role": {"lo": "ຫົວໜ້າກົມ", "en": "Head", "decree": "12/ລບ"},
    "organisation": {"lo": "ກະຊວງ", "en": "Ministry"},
    "time": {"proven": "2026-11-24T02:00:00+00:00"},
}
UNKNOWN = {"signer": None, "role": None, "organisation": None, "time": {"proven": None}}


@pytest.mark.parametrize(("verdict", "plain"), [("VALID", "ຖືກຕ້ອງ"), ("INVALID", "ບໍ່ຖືກຕ້ອງ"), ("CANNOT TELL", "ຍັງບອກບໍ່ໄດ້")])
def test_a_verdict_is_shown_in_plain_words_with_who_which_post_and_when(
    tmp_path: Path, verdict: str, plain: str
) -> None:
    app = edocument.create_app(environment(tmp_path))

    with app.test_request_context("/", base_url=AT):
        page = render_template("verdict.html", verdict={**ANSWER, "verdict": verdict, "signatures": [SIGNED, UNKNOWN]})

    for shown in (f"{plain} ({verdict})", "ຢ່າເຊື່ອເທື່ອ", "ສົມພອນ ວົງສາ (10000017)", "12/ລບ", "24/11/2026 09:00:00"):
        assert shown in page
    assert "ບໍ່ຮູ້ຈັກ" in page
