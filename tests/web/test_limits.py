import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from ledger.ledger import Ledger
from tests.web.conftest import AT, code_of
from web.app import create_app
from web.limits import hostile, once, repeated
from web.settings import HouseSettings


@pytest.mark.parametrize(
    "path",
    [
        "/a;b", "//a", "/a//b", "/../a", "/a/../b", "/a/./b", "/a/..", "/%2e%2e/a", "/a/%2E./b", "/a%2fb", "/a%2Fb",
        "/a%5cb", "/a\\b", "/a%00", "/a%0d%0aX", "/a%3bb", "/a%252fb", "/a b",
    ],
)  # fmt: skip
def test_a_path_that_proxies_could_read_otherwise_is_hostile(path: str) -> None:
    assert hostile(path)


@pytest.mark.parametrize(
    "path", ["/", "/.well-known/openid-configuration", "/crl/officers-1.crl", "/a..b", "/v1/x", "/%E0%BA%81"]
)
def test_an_ordinary_path_is_not_hostile(path: str) -> None:
    assert not hostile(path)


@pytest.mark.parametrize("path", ["/form;x", "//form", "/x/../form", "/form%2fx"])
def test_a_hostile_path_is_refused_before_any_route(client: FlaskClient, path: str) -> None:
    answer = client.get("/", base_url=AT, environ_overrides={"RAW_URI": path, "REQUEST_URI": path})

    assert answer.status_code == 400
    assert code_of(answer) == "request.hostile-path"


def test_a_house_with_opaque_paths_takes_encoded_slashes(settings: HouseSettings, ledger: Ledger) -> None:
    app = create_app("web", settings, ledger=ledger, opaque_paths=True)
    app.add_url_rule("/<path:question>", "ask", lambda question: question)

    answer = app.test_client().get("/MEIw%2FQDA%3D")

    assert answer.text == "MEIw/QDA="


def test_a_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    answer = client.post("/other-form", base_url=AT, data=b"x" * 65_537, content_type="text/plain")

    assert answer.status_code == 413
    assert code_of(answer) == "request.too-large"


def test_a_view_that_asks_for_more_gets_more_but_not_beyond(client: FlaskClient) -> None:
    within = client.post("/program", base_url=AT, data=b"x" * 200_000)
    beyond = client.post("/program", base_url=AT, data=b"x" * 200_001)

    assert within.text == "200000"
    assert beyond.status_code == 413


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: FlaskClient) -> None:
    from io import BytesIO  # noqa: PLC0415

    stream = BytesIO(b"x" * 300_000)

    answer = client.post(
        "/program", base_url=AT, input_stream=stream, environ_overrides={"wsgi.input_terminated": True}
    )

    assert answer.status_code == 413


def test_a_repeated_parameter_is_refused(client: FlaskClient) -> None:
    answer = client.get("/once?a=1&b=2&a=3", base_url=AT)

    assert answer.status_code == 400
    assert code_of(answer) == "request.repeated-parameter"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=6))
def test_a_parameter_is_repeated_exactly_when_its_name_occurs_twice(pairs: list[tuple[str, str]]) -> None:
    names = [name for name, _ in pairs]

    found = repeated(MultiDict(pairs))

    assert set(found) == {name for name in names if names.count(name) > 1}


def test_only_the_parameters_of_interest_are_kept() -> None:
    kept = once(MultiDict([("a", "1"), ("zzz", "2")]), ["a", "b"])

    assert kept == {"a": "1"}
