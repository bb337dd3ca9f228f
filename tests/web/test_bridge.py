"""What a WSGI application is told of a request that an event loop has read."""

import pytest

from web.bridge import environ_of
from web.heads import parse_head


def told(*lines: str) -> dict[str, object]:
    head = "\r\n".join(("POST /token?a=1 HTTP/1.1", "Host: sso.gov.la", "Content-Length: 0", *lines, "", ""))
    return environ_of(parse_head(head.encode()), b"", "https", "192.0.2.1")


def test_the_request_is_told_as_it_came() -> None:
    environ = told("DPoP: one", "Content-Type: text/plain")

    assert (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]) == ("POST", "/token", "a=1")
    assert (environ["HTTP_HOST"], environ["HTTP_DPOP"]) == ("sso.gov.la", "one")
    assert (environ["CONTENT_TYPE"], environ["REMOTE_ADDR"]) == ("text/plain", "192.0.2.1")


@pytest.mark.parametrize("name", ["DPoP", "dpop", "Authorization", "Accept"])
def test_of_a_line_that_came_twice_none_is_chosen(name: str) -> None:
    environ = told(f"{name}: one", f"{name.upper()}: two")

    assert str(environ[f"HTTP_{name.upper()}"]).endswith("one,two")


@pytest.mark.parametrize("name", ["DPoP_", "Content_Type", "X_Forwarded_For", "SCRIPT_NAME"])
def test_a_name_that_would_read_as_another_is_dropped(name: str) -> None:
    environ = told(f"{name}: one")

    assert "one" not in environ.values()
