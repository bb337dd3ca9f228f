"""Plans Basic and Form Post: who is asked again, and who is not (OpenID Connect Core clause 3.1.2.1)."""

from time import sleep

from tests.conformance.answers import refused
from tests.conformance.modules import module
from tests.conformance.relying import Relying
from tests.conformance.visitor import Visitor

NOT_ASKED = ("login_required", "interaction_required", "consent_required", "account_selection_required")


@module("oidcc-prompt-login")
def test_who_is_signed_in_is_asked_again_on_demand(relying: Relying, visitor: Visitor) -> None:
    first = relying.login(visitor, max_age="15000")
    sleep(1.1)

    second = relying.login(visitor, prompt="login", max_age="15000")

    assert (first.answer.asked, second.answer.asked) == (1, 1)
    assert second.claims["auth_time"] > first.claims["auth_time"]
    assert second.claims["sub"] == first.claims["sub"]


@module("oidcc-prompt-none-not-logged-in")
def test_a_stranger_who_may_not_be_asked_is_refused_by_redirect(relying: Relying, visitor: Visitor) -> None:
    asked = relying.ask(prompt="none")

    answer = visitor.authorize(asked)

    refused(relying.provider, asked, answer, *NOT_ASKED)


@module("oidcc-prompt-none-logged-in")
def test_who_is_signed_in_passes_unasked(relying: Relying, visitor: Visitor) -> None:
    first = relying.login(visitor, max_age="15000")

    second = relying.login(visitor, prompt="none", max_age="15000")

    assert second.answer.asked == 0
    assert len(visitor.seen) == 1
    assert [second.claims[name] for name in ("sub", "auth_time")] == [
        first.claims[name] for name in ("sub", "auth_time")
    ]


@module("oidcc-max-age-1")
def test_who_signed_in_too_long_ago_is_asked_again(relying: Relying, visitor: Visitor) -> None:
    first = relying.login(visitor, max_age="15000")
    sleep(2.1)

    second = relying.login(visitor, max_age="1")

    assert second.answer.asked == 1
    assert second.claims["auth_time"] > first.claims["auth_time"]


@module("oidcc-max-age-10000")
def test_who_signed_in_lately_is_not_asked_again(relying: Relying, visitor: Visitor) -> None:
    first = relying.login(visitor, max_age="15000")

    second = relying.login(visitor, max_age="10000")

    assert second.answer.asked == 0
    assert second.claims["auth_time"] == first.claims["auth_time"]


@module("oidcc-id-token-hint")
def test_a_hint_of_the_same_person_passes_unasked(relying: Relying, signed_in: Visitor) -> None:
    first = relying.login(signed_in)

    second = relying.login(signed_in, prompt="none", id_token_hint=first.tokens["id_token"])

    assert second.answer.asked == 0
    assert second.claims["sub"] == first.claims["sub"]
