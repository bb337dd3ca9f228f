"""A client that registered modes of answers gets its answers in these alone; refusals too."""

from dataclasses import replace

import pytest
from flask import Flask

from idp.clients import Registration, may_register
from idp.declared import NOTHING
from ledger.decision import Refuse
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.visitor import PASSWORD, Person, Service, Visitor


@pytest.fixture
def signing(desk: Desk) -> Service:
    """Its answers are signed."""
    return service(desk, 8470, declared=replace(NOTHING, response_modes=("jwt",)))


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_the_registered_mode_is_answered_by_either_of_its_names(
    visitor: Visitor, signing: Service, somphone: Person, mode: str
) -> None:
    assert set(visitor.sign_in(signing, somphone, response_mode=mode)) == {"response"}


@pytest.mark.parametrize("mode", ["", "query", "form_post", "form_post.jwt", "fragment"])
def test_any_other_is_refused_in_the_registered_mode(visitor: Visitor, signing: Service, mode: str) -> None:
    visitor.get("/authorize", signing.ask(response_mode=mode))

    assert set(visitor.redirected()) == {"response"}


def test_a_refusal_of_another_kind_comes_in_the_registered_mode_too(visitor: Visitor, desk: Desk) -> None:
    posted = service(desk, 8471, declared=replace(NOTHING, response_modes=("form_post",)))

    page = visitor.get("/authorize", posted.ask(response_mode="form_post", scope="profile"))
    other = visitor.get("/authorize", posted.ask(scope="profile"))

    for answer in (page, other):
        assert (answer.status_code, 'name="error"' in answer.text) == (200, True)


def test_a_service_registers_its_own_modes(app: Flask, desk: Desk) -> None:
    open_organisation(desk)
    candidate = Candidate(app, invited(desk, most=2).token)

    said = candidate.register(response_modes=["form_post"]).get_json()
    unknown = candidate.register(response_modes=["fragment"]).get_json()

    assert said["response_modes"] == ["form_post"]
    assert unknown["error"] == "invalid_client_metadata"


def test_a_mode_that_the_profile_lacks_is_not_registered() -> None:
    declared = replace(NOTHING, response_modes=("fragment",))

    decision = may_register(Registration("ຮ້ານ", "Shop", "standard", (CALLBACK,), declared=declared))

    assert decision == Refuse("client.response-mode")


def test_the_page_with_the_form_speaks_as_the_pages_before_it_and_leads_nowhere_else(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask(response_mode="form_post", ui_locales="en"))
    visitor.submit(username=somphone.number, password=PASSWORD)

    page = visitor.submit(code=somphone.code()).text

    assert '<html lang="en">' in page
    assert ('name="code"' in page, "lang=" in page.replace('<html lang="en">', "")) == (True, False)
