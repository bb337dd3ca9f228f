"""Plans Basic and Form Post: what a service learns of the person, and where (OpenID Connect Core clause 5)."""

from json import dumps

import pytest

from tests.conformance.modules import module
from tests.conformance.relying import Relying
from tests.conformance.visitor import Visitor

PROFILE = ("name", "given_name", "family_name")
EMAIL = ("email", "email_verified")
PHONE = ("phone_number", "phone_number_verified")
EVERY = "openid profile email phone address"


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        pytest.param("openid profile", PROFILE, marks=module("oidcc-scope-profile", "scopes_supported:profile")),
        pytest.param("openid email", EMAIL, marks=module("oidcc-scope-email", "scopes_supported:email")),
        pytest.param("openid phone", PHONE, marks=module("oidcc-scope-phone", "scopes_supported:phone")),
        pytest.param("openid address", ["address"], marks=module("oidcc-scope-address", "scopes_supported:address")),
        pytest.param(
            EVERY, [*PROFILE, *EMAIL, *PHONE, "address"], marks=module("oidcc-scope-all", "scopes_supported:address")
        ),
    ],
)
def test_what_a_scope_stands_for_comes_from_userinfo(
    relying: Relying, signed_in: Visitor, scope: str, wanted: list[str]
) -> None:
    login = relying.login(signed_in, scope=scope)
    claims = relying.userinfo(login.tokens)

    missing = set(wanted) - set(claims)

    relying.provider.advise(holds=not missing, otherwise=f"userinfo lacks {missing}")
    relying.provider.advise(holds=not set(wanted) & set(login.claims), otherwise="they are in the ID token")
    assert all(isinstance(claims.get(name, False), bool) for name in claims if name.endswith("_verified"))
    assert not {name for name in set(EMAIL + PHONE + PROFILE) - set(wanted) if name in claims}


@module("oidcc-claims-essential")
def test_a_claim_that_is_called_essential_does_not_fail_the_login(relying: Relying, signed_in: Visitor) -> None:
    wish = dumps({"userinfo": {"name": {"essential": True}}})

    login = relying.login(signed_in, claims=wish)
    found = relying.userinfo(login.tokens)

    asked_for = relying.provider.announces("claims_parameter_supported")
    relying.provider.advise(holds="name" in found or not asked_for, otherwise="name is missing")


@module("oidcc-claims-locales")
def test_wishes_for_the_language_of_claims_are_taken(relying: Relying, signed_in: Visitor) -> None:
    assert relying.login(signed_in, scope="openid profile", claims_locales="lo en").claims


@pytest.mark.parametrize(
    "display",
    [
        pytest.param("page", marks=module("oidcc-display-page")),
        pytest.param("popup", marks=module("oidcc-display-popup")),
    ],
)
def test_a_display_is_no_error(relying: Relying, signed_in: Visitor, display: str) -> None:
    assert relying.login(signed_in, display=display).claims


@module("oidcc-login-hint")
def test_a_login_hint_fills_the_field(relying: Relying, visitor: Visitor) -> None:
    page = visitor.look(relying.ask(login_hint="buffy@example.com"))

    form = page.form_with("username")

    filled = form.fields[form.by_purpose["username"]] == "buffy@example.com"
    relying.provider.advise(holds=filled, otherwise="the field is empty")
    assert relying.login(visitor, login_hint="buffy@example.com").claims


@module("oidcc-ui-locales")
def test_the_page_is_in_a_language_that_was_asked_for(relying: Relying, visitor: Visitor) -> None:
    lao = visitor.look(relying.ask(ui_locales="lo"))
    english = visitor.look(relying.ask(ui_locales="en"))

    assert ('lang="lo' in lao.text, 'lang="en' in english.text) == (True, True)
    assert relying.login(visitor, ui_locales="se fr lo en").claims
