"""Signing in when something is wrong: wrong words, used codes, locked accounts, other browsers, persons cut off."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.provider import Provider
from idp.tables import Attempt, AuthorizationCode, Proof, Session
from ledger.entry import Entry
from ledger.event import Actor, Event, Id
from ledger.people import Cutoff
from tests.idp.desk import Desk
from tests.idp.visitor import PASSWORD, Person, Service, Visitor

DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonCut(Event):
    kind: ClassVar[str] = "person.cut"
    person: Id


def cut(provider: Provider, person: Person) -> None:
    with provider.ledger.entry(PersonCut(person.id), DESK) as tx:
        tx.add(Cutoff(id=tx.new_id(), person_id=person.id, at=tx.at, reason="keyCompromise"))


def refusals(provider: Provider) -> list[str]:
    with provider.ledger.read() as session:
        return list(session.scalars(select(Entry.body).where(Entry.kind == "sign-in.refused")))


@pytest.mark.parametrize("typed", ["10000017", "໑໐໐໐໐໐໑໗", " somphone@MTC.gov.la ", "020 5551 2345", "+8562055512345"])
def test_a_person_is_known_by_number_mail_and_telephone(
    visitor: Visitor, edocument: Service, somphone: Person, typed: str
) -> None:
    visitor.get("/authorize", edocument.ask())

    page = visitor.submit(username=typed, password=PASSWORD)

    assert 'autocomplete="one-time-code"' in page.text


def test_unknown_name_and_wrong_password_look_the_same(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.get("/authorize", edocument.ask())
    wrong = visitor.submit(username=somphone.number, password="x")
    sentence = wrong.text.split('class="errors"')[1].split("</div>")[0]

    unknown = visitor.submit(username="99999999", password="x")

    assert wrong.status_code == unknown.status_code == 422
    assert sentence == unknown.text.split('class="errors"')[1].split("</div>")[0]


def test_every_refusal_has_its_entry(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password="wrong")
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code="000000")

    codes = [body.split('"code":"')[1].split('"')[0] for body in refusals(provider)]
    assert codes == ["sign-in.wrong", "sign-in.code-wrong"]


def test_what_was_typed_is_kept_and_each_problem_links_to_its_field(visitor: Visitor, edocument: Service) -> None:
    visitor.get("/authorize", edocument.ask())

    page = visitor.submit(username="10000017", password="")

    assert 'value="10000017"' in page.text
    assert 'href="#password"' in page.text


def test_a_one_time_code_counts_once_even_in_another_browser(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    shown = somphone.code()
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=shown)
    other = Visitor(app)
    other.get("/authorize", edocument.ask())
    other.submit(username=somphone.number, password=PASSWORD)

    page = other.submit(code=shown)

    assert "code" in visitor.redirected()
    assert (page.status_code, 'href="#code"' in page.text) == (422, True)


def test_lao_digits_are_a_code_too(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    lao = somphone.code().translate({ord(str(n)): 0x0ED0 + n for n in range(10)})

    visitor.submit(code=f"{lao[:3]} {lao[3:]}")

    assert "code" in visitor.redirected()


def test_ten_tries_lock_the_account_whatever_name_is_typed_until_it_is_unlocked(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    for name in ("10000017", "somphone@mtc.gov.la", "+8562055512345", "10000017", "10000017") * 2:
        visitor.submit(username=name, password="wrong")

    locked = visitor.submit(username=somphone.number, password=PASSWORD)
    desk.unlock(somphone.number)
    unlocked = visitor.submit(username=somphone.number, password=PASSWORD)

    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "900")
    assert 'autocomplete="one-time-code"' in unlocked.text


def test_a_flood_beyond_the_budget_is_one_entry_a_minute(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    for _ in range(14):
        visitor.submit(username=somphone.number, password="wrong")

    with provider.ledger.read() as session:
        taken = session.scalar(select(func.count()).select_from(Attempt))
        floods = session.scalar(select(func.count()).where(Entry.kind == "sign-in.attempts-flooded"))
    assert (taken, floods) == (10, 1)


def test_a_step_is_bound_to_the_browser_in_which_it_began(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    page = visitor.submit(username=somphone.number, password=PASSWORD)
    step = page.text.split("/sign-in/code?step=")[1].split('"')[0].split("&")[0]
    thief = Visitor(app)
    thief.get("/authorize", edocument.ask())

    assert thief.get("/sign-in/code", {"step": step}).status_code == 400
    assert thief.get("/continue", {"step": step}).status_code == 400


def test_a_password_alone_never_begins_a_session(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    page = visitor.submit(username=somphone.number, password=PASSWORD)
    step = page.text.split("/sign-in/code?step=")[1].split('"')[0].split("&")[0]

    answers = [
        visitor.get("/continue", {"step": step}).status_code,
        visitor.get("/consent", {"step": step}).status_code,
    ]
    visitor.submit(answer="agree")

    with provider.ledger.read() as session:
        assert session.scalars(select(Session)).all() == []
        assert session.scalars(select(AuthorizationCode)).all() == []
    assert answers[0] == 400


def test_a_step_that_takes_too_long_begins_anew(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.get("/authorize", edocument.ask())
    visitor.submit(username=somphone.number, password=PASSWORD)
    somphone.clock.turn(minutes=11)

    page = visitor.submit(code=somphone.code())

    assert (page.status_code, "sign-in.expired" in page.text) == (400, True)


def test_a_step_sent_twice_ends_at_the_service_all_the_same(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    visitor.get("/authorize", edocument.ask())
    page = visitor.submit(username=somphone.number, password=PASSWORD)
    step = page.text.split("/sign-in/code?step=")[1].split('"')[0].split("&")[0]
    visitor.submit(code=somphone.code())

    visitor.get("/continue", {"step": step})
    again = visitor.get(visitor.page.headers["Location"])

    with provider.ledger.read() as session:
        assert len(session.scalars(select(Proof)).all()) == 2
    assert again.headers["Location"].startswith(edocument.redirect_uri)


def test_a_person_cut_off_is_out_at_once_and_cannot_come_back_with_the_old_password(
    app: Flask, visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()

    cut(provider, somphone)

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert app.test_client().get("/userinfo", base_url="https://localhost:8443", headers=bearer).status_code == 401
    assert edocument.refresh(app, tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert edocument.post(app, "/introspect", {"token": tokens["access_token"]}).get_json() == {"active": False}
    assert visitor.get("/authorize", edocument.ask()).status_code == 200
    assert visitor.submit(username=somphone.number, password=PASSWORD).status_code == 403


def test_a_form_from_elsewhere_is_not_taken(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.get("/authorize", edocument.ask())

    page = visitor.post("/sign-in", {"username": somphone.number, "password": PASSWORD})

    assert (page.status_code, "request.form-stale" in page.text) == (400, True)


def test_another_person_in_the_same_browser_gets_a_session_of_his_own(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person, vanida: Person
) -> None:
    visitor.sign_in(edocument, somphone)

    visitor.sign_in(edocument, vanida, prompt="login")

    with provider.ledger.read() as session:
        persons = {one.person_id for one in session.scalars(select(Session))}
        ended = session.scalar(select(func.count()).where(Entry.kind == "session.ended"))
    assert (persons, ended) == ({somphone.id, vanida.id}, 1)


def test_whoever_cancels_goes_back_to_the_service_with_an_error_from_either_page(
    visitor: Visitor, library: Service, somphone: Person
) -> None:
    visitor.get("/authorize", library.ask())
    visitor.submit(action="cancel", username="", password="")
    at_password = visitor.redirected()
    visitor.get("/authorize", library.ask(response_mode="form_post"))
    visitor.submit(username=somphone.number, password=PASSWORD)
    at_code = visitor.submit(action="cancel", code="")

    assert (at_password["error"], at_password["state"]) == ("access_denied", "af0ifjsldkj")
    assert {"code"} & at_password.keys() == set()
    assert 'value="access_denied"' in at_code.text
