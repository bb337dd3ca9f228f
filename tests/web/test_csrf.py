import re

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import AT, code_of


def token_of(client: FlaskClient) -> str:
    page = client.get("/form", base_url=AT)
    return re.search(r'name="form_token" value="([^"]+)"', page.text).group(1)  # type: ignore[union-attr]


def test_a_form_without_origin_headers_is_taken(client: FlaskClient) -> None:
    token = token_of(client)

    answer = client.post("/form", base_url=AT, data={"form_token": token})

    assert answer.status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": AT}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_form_with_our_own_origin_is_taken(client: FlaskClient, headers: dict[str, str]) -> None:
    token = token_of(client)

    answer = client.post("/form", base_url=AT, data={"form_token": token}, headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://localhost:8448"},
        {"Origin": "http://localhost:8443"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_a_token(client: FlaskClient, headers: dict[str, str]) -> None:
    token = token_of(client)

    answer = client.post("/form", base_url=AT, data={"form_token": token}, headers=headers)

    assert answer.status_code == 403
    assert code_of(answer) == "request.foreign-origin"


@pytest.mark.parametrize("sent", ["", "x", "é", "A" * 43, "A" * 5000])
def test_a_form_with_a_wrong_token_is_refused(client: FlaskClient, sent: str) -> None:
    token_of(client)

    answer = client.post("/form", base_url=AT, data={"form_token": sent})

    assert answer.status_code == 400
    assert code_of(answer) == "request.form-stale"


def test_a_form_without_the_cookie_is_refused(client: FlaskClient) -> None:
    token = token_of(client)
    client.delete_cookie("__Host-web-form")

    answer = client.post("/form", base_url=AT, data={"form_token": token})

    assert code_of(answer) == "request.form-stale"


def test_a_token_of_one_form_is_not_taken_by_another(client: FlaskClient) -> None:
    token = token_of(client)

    answer = client.post("/other-form", base_url=AT, data={"form_token": token})

    assert code_of(answer) == "request.form-stale"


def test_a_token_is_masked_afresh_in_each_page(client: FlaskClient) -> None:
    first, second = token_of(client), token_of(client)

    answers = [client.post("/form", base_url=AT, data={"form_token": token}) for token in (first, second)]

    assert first != second
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_every_kind_of_body_that_a_form_can_send_is_checked(client: FlaskClient, kind: str) -> None:
    answer = client.post("/other-form", base_url=AT, data=b"x=1", content_type=kind)

    assert answer.status_code == 400


def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(client: FlaskClient) -> None:
    answer = client.get("/form", base_url=AT)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-web-form=")
    assert "Secure; HttpOnly; Path=/; SameSite=Lax" in cookie


def test_a_program_posts_without_a_token_where_the_view_says_so(client: FlaskClient) -> None:
    answer = client.post("/program", base_url=AT, data={"a": "b"})

    assert answer.status_code == 200
