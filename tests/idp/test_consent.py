"""The consent page: for services outside the government, before anything of a person goes to them."""

import json
import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from idp.consents.tables import ConsentVersion
from idp.provider import Provider
from idp.tables import AuthorizationCode
from ledger.entry import Entry
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_walk import claims_of
from tests.idp.visitor import PASSWORD, Person, Service, Visitor


def asked(visitor: Visitor, service: Service, person: Person, **changes: str) -> str:
    """The page after password and code."""
    visitor.get("/authorize", service.ask(**changes))
    visitor.submit(username=person.number, password=PASSWORD)
    return visitor.submit(code=person.code()).text


def codes(provider: Provider) -> int:
    with provider.ledger.read() as session:
        return len(session.scalars(select(AuthorizationCode)).all())


def test_it_says_who_asks_and_for_what_and_no_code_is_there_before_the_answer(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    page = asked(visitor, library, somphone, scope="openid profile phone", ui_locales="en")

    assert "Service 8450" in page
    assert [words in page for words in ("your name", "your telephone number", "your e-mail address")] == [
        True, True, False,
    ]  # fmt: skip
    assert codes(provider) == 0


def test_it_speaks_lao_first_and_names_the_service_in_lao(
    visitor: Visitor, library: Service, somphone: Person
) -> None:
    page = asked(visitor, library, somphone)

    assert '<html lang="lo">' in page
    assert "<b>ເອກະສານ</b>" in page


@pytest.mark.parametrize("answer", ["", "deny", "AGREE", "agree "])
def test_only_a_plain_yes_is_a_yes(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person, answer: str
) -> None:
    asked(visitor, library, somphone)

    visitor.submit(answer=answer)

    assert visitor.redirected()["error"] == "access_denied"
    assert codes(provider) == 0


def test_a_wider_scope_is_asked_for_again_and_a_narrower_is_not(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid profile")
    visitor.submit(answer="agree")

    narrower = visitor.get("/authorize", library.ask(scope="openid")).status_code
    wider = visitor.get("/authorize", library.ask(scope="openid profile email")).status_code
    silently = visitor.get("/authorize", library.ask(scope="openid profile email", prompt="none"))

    assert (narrower, wider, silently.status_code) == (303, 200, 303)
    assert visitor.redirected()["error"] == "consent_required"


def test_question_and_answer_are_entered(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone)
    visitor.submit(answer="agree")

    with provider.ledger.read() as session:
        kinds = session.scalars(select(Entry.kind).where(Entry.kind.like("consent.%")).order_by(Entry.id)).all()
        [kept] = session.scalars(select(ConsentVersion)).all()
    assert "consent.given" in kinds
    assert (kept.account_id, kept.client_id) == (somphone.account.account_id, library.client.client_id)


def test_another_browser_cannot_answer(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person, vanida: Person
) -> None:
    page = asked(visitor, library, somphone)
    step = page.split("/consent?step=")[1].split('"')[0].split("&")[0]
    thief = Visitor(visitor.app)
    thief.get("/authorize", library.ask())

    seen = thief.get("/consent", {"step": step})

    assert (seen.status_code, codes(provider)) == (400, 0)


def test_whoever_signed_out_in_between_is_asked_to_sign_in_again(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone)
    waiting = visitor.page
    visitor.get("/end-session")
    visitor.submit(answer="sign-out")

    visitor.page = waiting
    page = visitor.submit(answer="agree")

    assert 'name="password"' in page.text
    assert codes(provider) == 0


def test_claims_that_are_asked_for_one_by_one_are_on_the_page_as_well(
    visitor: Visitor, library: Service, somphone: Person
) -> None:
    claims = '{"userinfo":{"phone_number":null,"email":null},"id_token":{"address":null}}'

    page = asked(visitor, library, somphone, scope="openid", claims=claims, ui_locales="en")

    named = ("your telephone number", "your e-mail address", "Your address", "post and organisation")
    assert [words in page for words in named] == [True, True, True, False]


def test_a_program_that_proves_nothing_of_itself_asks_each_time(
    visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    back = "http://127.0.0.1/back"
    own = replace(service(desk, 1, profile="native", auth_method="none", redirect_uris=(back,)), redirect_uri=back)
    asked(visitor, own, somphone)
    visitor.submit(answer="agree")

    again = visitor.get("/authorize", own.ask()).status_code
    visitor.get("/authorize", own.ask(prompt="none"))

    assert (again, visitor.redirected()["error"]) == (200, "consent_required")


def test_agreeing_does_not_stand_in_for_the_person_whom_the_service_named(
    app: Flask, visitor: Visitor, provider: Provider, library: Service, somphone: Person, vanida: Person
) -> None:
    other = Visitor(app)
    asked(other, library, vanida)
    other.submit(answer="agree")
    sub = claims_of(library.redeem(app, other.redirected()["code"]).get_json())["sub"]
    visitor.get("/authorize", library.ask(claims=json.dumps({"id_token": {"sub": {"value": sub}}})))
    page = visitor.submit(username=somphone.number, password=PASSWORD).text
    step = page.split("/sign-in/code?step=")[1].split('"')[0].split("&")[0]
    visitor.submit(code=somphone.code())
    first = visitor.redirected()

    visitor.get("/consent", {"step": step})
    visitor.submit(answer="agree")

    assert (first["error"], visitor.redirected()["error"]) == ("login_required", "login_required")
    assert codes(provider) == 1


def test_nobody_signs_in_in_vain_for_somebody_whom_the_service_does_not_know(
    app: Flask, visitor: Visitor, library: Service, estaff: Service, somphone: Person
) -> None:
    foreign = estaff.redeem(app, Visitor(app).sign_in(estaff, somphone)["code"]).get_json()["id_token"]
    wishes = [{"claims": '{"id_token":{"sub":{"value":"nobody"}}}'}, {"id_token_hint": foreign}, {"id_token_hint": "x"}]

    errors = [visitor.get("/authorize", library.ask(**wish)) and visitor.redirected()["error"] for wish in wishes]

    assert errors == ["login_required"] * 3


def test_nobody_agrees_to_more_than_his_page_had(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid profile organisation")
    visitor.submit(answer="agree")
    somphone.clock.turn(seconds=5)
    only_mail = visitor.get("/authorize", library.ask(scope="openid profile email organisation", ui_locales="en"))
    visitor.get("/consents")  # in another tab he takes all of it back
    visitor.submit(client=library.client.client_id)
    before = codes(provider)

    visitor.page = only_mail
    again = visitor.submit(answer="agree")
    between = codes(provider)
    visitor.submit(answer="agree")

    assert re.findall('id="m-([a-z]+)"', only_mail.text) == ["email"]
    assert len(re.findall('id="m-([a-z]+)"', again.text)) > 1
    assert (again.status_code, between, codes(provider)) == (200, before, before + 1)
