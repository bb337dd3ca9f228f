"""Classes L and N: no secret is in a page, a log line or the database, and nothing that is sent or stored is markup."""

from base64 import b32encode

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import select

from idp.accounts import totp_secret
from idp.provider import Provider
from idp.tables import Authenticator
from ledger.base import Base
from ledger.ledger import Ledger
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("pages and logs are the same whatever the database is")
SCRIPTS = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "javascript:alert(1)",
    "</title><script>x</script>", "{{7*7}}", "{% print(1) %}", "${7*7}", "<iframe srcdoc=x>", "\u2028<script>",
    "<a href=javascript:x>", "--><script>x</script>", "&lt;script&gt;", "<style>*{}</style>",
    "\"autofocus onfocus=x y=\"",
]  # fmt: skip
FIELDS = (
    "login_hint", "state", "ui_locales", "client_id", "scope", "nonce", "acr_values", "claims", "display", "prompt",
)  # fmt: skip


def raw(page: str, sent: str) -> bool:
    """Whether what was sent is in the page as it was sent, where escaping would change it."""
    return str(escape(sent)) != sent and sent in page


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_sent_to_a_page_is_never_markup_there(visitor: Visitor, edocument: Service, field: str) -> None:
    pages = {sent: visitor.get("/authorize", edocument.ask(**{field: sent})) for sent in SCRIPTS}

    assert [sent for sent, page in pages.items() if raw(page.text, sent) or "<script" in page.text] == []
    assert [sent for sent, page in pages.items() if ">49<" in page.text] == []
    assert {page.headers["Content-Security-Policy"].partition(";")[0] for page in pages.values()} == {
        "default-src 'none'"
    }


@pytest.mark.parametrize("path", ["/device", "/end-session", "/sign-in/code", "/consent", "/approve/back", "/nowhere"])
def test_nor_on_any_other_page(visitor: Visitor, path: str) -> None:
    names = ("user_code", "step", "state", "client_id", "id_token_hint", "post_logout_redirect_uri", "lang")
    pages = [visitor.get(path, [(name, sent)]) for name in names for sent in SCRIPTS]

    assert [page.request.url for page in pages if "<script" in page.text or "<img" in page.text] == []


def test_what_is_typed_wrong_comes_back_as_text(visitor: Visitor, edocument: Service) -> None:
    pages = []
    for sent in SCRIPTS[:9]:  # so many tries an unknown name has
        visitor.get("/authorize", edocument.ask())
        pages.append((sent, visitor.submit(username=sent, password=sent).text))

    assert [sent for sent, page in pages if raw(page, sent)] == []


@pytest.mark.parametrize("sent", SCRIPTS[:4])
def test_the_stored_name_of_a_service_is_text_wherever_it_is_shown(
    visitor: Visitor, desk: Desk, somphone: Person, sent: str
) -> None:
    odd = service(desk, 8467, name_lo=sent, name_en=sent, first_party=False)
    pages = [visitor.get("/authorize", odd.ask()).text]
    pages.append(visitor.submit(username=somphone.number, password=PASSWORD).text)
    pages.append(visitor.submit(code=somphone.code()).text)
    visitor.submit(answer="agree")
    pages.append(visitor.get("/consents").text)
    visitor.get("/end-session")
    pages.append(visitor.submit(answer="sign-out").text)

    assert [page for page in pages if raw(page, sent)] == []
    assert sum(str(escape(sent)) in page for page in pages) >= 3


def test_no_secret_is_in_a_log_a_page_or_the_database(
    app: Flask, provider: Provider, ledger: Ledger, visitor: Visitor, edocument: Service, somphone: Person,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with ledger.read() as reading:
        secret = reading.scalars(select(Authenticator).where(Authenticator.kind == "totp")).one()
    seed = totp_secret(provider.fields, secret)
    visitor.get("/authorize", edocument.ask())
    shown = [visitor.page.text, visitor.submit(username=somphone.number, password=PASSWORD).text]
    typed = somphone.code()
    visitor.submit(code=typed)
    code = visitor.redirected()["code"]
    cookie = visitor.client.get_cookie("__Host-idp-session", "localhost")
    tokens = edocument.redeem(app, code).get_json()
    edocument.refresh(app, tokens["refresh_token"])
    shown += [visitor.get(path).text for path in ("/consents", "/sessions", "/end-session", "/device")]
    app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {tokens['access_token']}"})

    canaries = {
        "password": PASSWORD, "client secret": edocument.client.client_secret, "code": code,
        "session": cookie.value if cookie else "none", "access": tokens["access_token"],
        "refresh": tokens["refresh_token"], "id token": tokens["id_token"], "seed": seed.hex(),
        "seed as shown": b32encode(seed).decode(),
    }  # fmt: skip
    logged = "".join(capfd.readouterr())
    kept = stored(ledger)
    assert "request" in logged
    assert kept
    assert [name for name, one in canaries.items() if one in logged] == []
    assert [name for name, one in canaries.items() if any(one in page for page in shown)] == []
    assert [name for name, one in canaries.items() if one.encode() in kept] == []
    assert seed not in kept


def stored(ledger: Ledger) -> bytes:
    """All values of all rows, one after the other."""
    with ledger.read() as reading:
        rows = [row for table in Base.metadata.sorted_tables for row in reading.execute(select(table))]
    values = [value for row in rows for value in row if value is not None]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
