"""Plan RP-Initiated Logout (OpenID Connect RP-Initiated Logout 1.0)."""

import pytest

from tests.conformance.answers import refused
from tests.conformance.description import Provider
from tests.conformance.modules import module
from tests.conformance.relying import Login, Relying
from tests.conformance.test_basic_session import NOT_ASKED
from tests.conformance.tokens import chance, new_rsa, payload, signed, unsigned
from tests.conformance.visitor import Visitor

END = "end_session_endpoint"
STRANGER = new_rsa()


@pytest.fixture
def service(provider: Provider) -> Relying:
    return Relying(provider, provider.of("standard"))


@pytest.fixture
def login(service: Relying, visitor: Visitor) -> Login:
    return service.login(visitor)


def asked(service: Relying, login: Login, **changes: str | None) -> dict[str, str]:
    usual = {
        "id_token_hint": login.tokens["id_token"],
        "post_logout_redirect_uri": service.client.post_logout_redirect_uris[0],
        "state": chance(),
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def gone(service: Relying, visitor: Visitor) -> bool:
    """Whether the browser's session is over."""
    wanted = service.ask(prompt="none")
    answer = visitor.authorize(wanted)
    return "code" not in answer.parameters and bool(refused(service.provider, wanted, answer, *NOT_ASKED))


@module("oidcc-rp-initiated-logout-discovery-endpoint-verification", END)
def test_discovery_names_the_endpoint(provider: Provider) -> None:
    assert provider.metadata[END].startswith("https://")


@module("oidcc-rp-initiated-logout", END)
def test_a_logout_with_a_hint_comes_back_with_its_state(service: Relying, visitor: Visitor, login: Login) -> None:
    sent = asked(service, login)

    page = visitor.sign_out(sent, service.client.post_logout_redirect_uris[0])

    assert page.url == f"{sent['post_logout_redirect_uri']}?state={sent['state']}"
    assert gone(service, visitor)


@module("oidcc-rp-initiated-logout-no-state", END)
def test_without_a_state_none_comes_back(service: Relying, visitor: Visitor, login: Login) -> None:
    sent = asked(service, login, state=None)

    page = visitor.sign_out(sent, service.client.post_logout_redirect_uris[0])

    assert page.url == sent["post_logout_redirect_uri"]
    assert gone(service, visitor)


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("/other", marks=module("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", END)),
        pytest.param(
            "?extra=1", marks=module("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", END)
        ),
    ],
)
def test_an_address_that_is_not_registered_is_never_gone_to(
    service: Relying, visitor: Visitor, login: Login, tail: str
) -> None:
    registered = service.client.post_logout_redirect_uris[0]

    page = visitor.sign_out(asked(service, login, post_logout_redirect_uri=registered + tail), registered)

    assert page.status != 0, page.url
    assert page.text


@module("oidcc-rp-initiated-logout-modified-id-token-hint", END)
def test_a_hint_turned_to_algorithm_none_proves_nothing(service: Relying, visitor: Visitor, login: Login) -> None:
    forged = unsigned(payload(login.tokens["id_token"]))

    page = visitor.sign_out(asked(service, login, id_token_hint=forged), service.client.post_logout_redirect_uris[0])

    assert page.status != 0, page.url
    assert page.text


@module("oidcc-rp-initiated-logout-bad-id-token-hint", END)
def test_a_hint_that_a_stranger_signed_proves_nothing(service: Relying, visitor: Visitor, login: Login) -> None:
    forged = signed(payload(login.tokens["id_token"]), STRANGER, "RS256")

    page = visitor.sign_out(asked(service, login, id_token_hint=forged), service.client.post_logout_redirect_uris[0])

    assert page.status != 0, page.url
    assert page.text


@module("oidcc-rp-initiated-logout-no-id-token-hint", END)
def test_an_address_without_a_hint_is_not_gone_to_unasked(service: Relying, visitor: Visitor, login: Login) -> None:
    page = visitor.sign_out(asked(service, login, id_token_hint=None), service.client.post_logout_redirect_uris[0])

    assert visitor.seen[0].status != 0, page.url
    assert visitor.seen[0].text


@pytest.mark.parametrize(
    "left_out",
    [
        pytest.param(
            ("id_token_hint", "post_logout_redirect_uri", "state"),
            marks=module("oidcc-rp-initiated-logout-no-params", END),
        ),
        pytest.param(
            ("id_token_hint", "post_logout_redirect_uri"), marks=module("oidcc-rp-initiated-logout-only-state", END)
        ),
        pytest.param(
            ("post_logout_redirect_uri",), marks=module("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", END)
        ),
    ],
)
def test_without_an_address_the_person_is_signed_out_and_sees_a_page(
    service: Relying, visitor: Visitor, login: Login, left_out: tuple[str, ...]
) -> None:
    sent = asked(service, login, **dict.fromkeys(left_out))

    page = visitor.sign_out(sent, service.client.post_logout_redirect_uris[0])

    assert (page.status, bool(page.text)) == (200, True)
    assert gone(service, visitor)
