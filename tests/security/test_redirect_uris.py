"""Class A: of a hundred addresses that some parser takes for the registered one, none but itself is gone to."""

import re

import pytest
from flask import Flask

from tests.idp.test_pushed import Strict
from tests.idp.visitor import Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("what is refused here is refused whatever the database is")
REGISTERED = "https://localhost:8448/callback"
AUTHORITY, PATH = "localhost:8448", "/callback"
USERS = [f"https://{user}@{AUTHORITY}{PATH}" for user in ("a", "a:b", "@", "a@b@c", "evil.la%40", "localhost:8448")]
HOSTS = [
    f"https://{host}{PATH}"
    for host in (
        "localhost", "localhost:443", "localhost:8449", "localhost:08448", "localhost:8448.", "localhost.:8448",
        "LOCALHOST:8448", "Localhost:8448", "localhost:8448:1", "localhost:8448@evil.la", "evil.la#localhost:8448",
        "evil.la\\localhost:8448", "evil.la?localhost:8448", "localhost:8448.evil.la", "evil.localhost:8448",
        "evillocalhost:8448", "127.0.0.1:8448", "[::1]:8448", "2130706433:8448", "0x7f000001:8448", "0177.0.0.1:8448",
        "localhost%00:8448", "localhost%2e:8448", "l\u043ecalhost:8448", "\uff4cocalhost:8448", "localhost\u3002:8448",
        "xn--localhost:8448", "*.localhost:8448", "localhost:8448/evil.la", "localhost;8448", "localhost%3a8448",
    )
]  # fmt: skip
PATHS = [
    f"https://{AUTHORITY}{path}"
    for path in (
        "", "/", "/callback/", "//callback", "/callback//", "/./callback", "/../callback", "/x/../callback",
        "/callback/..", "/callback/../callback", "/callback/../evil", "/callback/..;/evil", "/callback;a=b",
        "/callback;", "/;/callback", "/Callback", "/CALLBACK", "/callbac", "/callbackx", "/callback.", "/callback%20",
        "/callback%00", "/callback%2f", "/callback%2fevil", "/callback%2e%2e/evil", "/%63allback", "/callback%3fa",
        "/callback%23a", "/callback\\", "/callback\\..\\evil", "/callback/%2e%2e/evil",
        "/callback/%252e%252e/evil",
        "/callback ", " /callback", "/callback\t", "/callback\n", "/callback\r\nLocation: //evil.la",
        "/callback\u00a0", "/c\u0430llback", "/callback\u200b", "/*", "/callback*", "/(callback)", "/.callback",
    )
]  # fmt: skip
TAILS = [
    f"{REGISTERED}{tail}"
    for tail in ("?", "?a=b", "?state=x", "#", "#f", "?code=1", "&a=b", "?a#b", "%3f", "%23")
]
SCHEMES = [
    f"{scheme}{AUTHORITY}{PATH}"
    for scheme in (
        "http://", "HTTPS://", "Https://", "https:/", "https:", "https:///", "//", "ftp://", "javascript://",
        "javascript:alert(1)//", "data:text/html,", "file://", " https://", "\thttps://", "https ://",
        "view-source:https://",
        "wss://", "https:\\\\", "https:/\\", "com.evil.app://",
    )
]  # fmt: skip
MUTATIONS = [*USERS, *HOSTS, *PATHS, *TAILS, *SCHEMES, f"{REGISTERED} {REGISTERED}", f"{REGISTERED},{REGISTERED}"]


def test_there_are_a_hundred_of_them_and_more() -> None:
    assert len(set(MUTATIONS) - {REGISTERED}) >= 100


def test_the_browser_is_sent_to_the_registered_address_alone(visitor: Visitor, edocument: Service) -> None:
    answers = [visitor.get("/authorize", edocument.ask(redirect_uri=uri, prompt="none")) for uri in MUTATIONS]
    itself = visitor.get("/authorize", edocument.ask(prompt="none"))

    assert {(one.status_code, "Location" in one.headers) for one in answers} == {(400, False)}
    assert itself.headers["Location"].startswith(f"{REGISTERED}?error=login_required")


def test_no_page_of_a_refusal_leads_there(visitor: Visitor, edocument: Service) -> None:
    pages = [visitor.get("/authorize", edocument.ask(redirect_uri=uri, prompt="none")).text for uri in MUTATIONS]

    links = [link for page in pages for link in re.findall(r'(?:href|action|src|url)="?([^"\s>]+)', page)]
    assert len(links) >= len(MUTATIONS)
    assert [link for link in links if not re.match(r"/(?!/)", link)] == []


def test_nor_does_a_service_of_the_state_hand_another_one_in(gov: Strict, fapi2: Strict) -> None:
    refused = {
        strict.push(redirect_uri=uri.replace("8448", port)).status_code
        for strict, port in ((gov, "8464"), (fapi2, "8465"))
        for uri in MUTATIONS[::5]
    }

    assert refused == {400}
    assert (gov.push().status_code, fapi2.push().status_code) == (201, 201)


def test_a_code_is_redeemed_with_the_very_address_that_it_was_sent_to(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    code = visitor.sign_in(edocument, somphone)["code"]

    answers = {edocument.redeem(app, code, redirect_uri=uri).status_code for uri in MUTATIONS[::4]}

    assert answers == {400}
