"""Rows of RFC 9700 about answers: how the browser is sent on, what others may read, and what is no downgrade."""

import pytest
from flask import Flask

from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("answers are the same whatever the database is")


def test_after_a_form_the_browser_is_sent_on_without_it(
    visitor: Visitor, edocument: Service, library: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    statuses = [visitor.submit(code=somphone.code()).status_code]
    visitor.get("/authorize", library.ask())
    statuses.append(visitor.submit(answer="agree").status_code)
    visitor.get("/consents")
    statuses.append(visitor.submit(client=library.client.client_id).status_code)
    statuses.append(visitor.post("/authorize", edocument.ask()).status_code)
    statuses.append(visitor.post("/end-session", {}).status_code)

    assert statuses == [303] * 5


def test_a_verifier_without_a_challenge_is_a_downgrade(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    code = visitor.sign_in(edocument, somphone, code_challenge="", code_challenge_method="")["code"]

    assert edocument.redeem(app, code).get_json()["error_description"] == "token.pkce"


@pytest.mark.parametrize("path", ["/authorize", "/sign-in", "/consents", "/sessions", "/end-session", "/device"])
def test_no_page_of_another_origin_reads_what_people_are_asked(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, base_url=ISSUER, headers={"Origin": "https://evil.la"})

    assert [name for name, _ in answer.headers if name.startswith("Access-Control")] == []


def test_no_page_has_a_script_that_could_send_a_message(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    pages = [visitor.get("/authorize", edocument.ask(response_mode="form_post"))]
    pages.append(visitor.submit(username=somphone.number, password=PASSWORD))
    pages.append(visitor.submit(code=somphone.code()))

    assert ["<script" in page.text or "postMessage" in page.text for page in pages] == [False] * 3
    assert {"script-src" in page.headers["Content-Security-Policy"] for page in pages} == {False}
    assert "text/html" in pages[2].content_type
