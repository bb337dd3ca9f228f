"""The end of a session: asked for by a service, by its person, or forced by a cutoff; and who is told."""

import json
import re
from html import escape, unescape
from urllib.parse import parse_qs, urlencode

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from idp.logout import end_forced
from idp.provider import Provider
from ledger.outbox import OutboxMessage
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.test_consent import asked as asked_of
from tests.idp.test_sign_in import cut
from tests.idp.test_walk import claims_of
from tests.idp.visitor import ISSUER, Person, Service, Visitor

SIGNED_OUT = "https://localhost:8448/signed-out"


def messages(provider: Provider) -> list[OutboxMessage]:
    with provider.ledger.read() as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.url)))


def id_token(app: Flask, visitor: Visitor, service: Service, person: Person) -> str:
    token: str = service.redeem(app, visitor.sign_in(service, person)["code"]).get_json()["id_token"]
    return token


def test_a_service_with_a_hint_of_ours_signs_its_person_out_everywhere(
    app: Flask, visitor: Visitor, provider: Provider, edocument: Service, estaff: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    visitor.get("/authorize", estaff.ask())

    asked = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT, "state": "s1"}
    page = visitor.get("/end-session", asked)
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert page.headers["Location"] == f"{SIGNED_OUT}?state=s1"
    assert visitor.redirected()["error"] == "login_required"
    assert [message.url for message in messages(provider)] == [
        "https://localhost:8448/backchannel-logout", "https://localhost:8449/backchannel-logout",
    ]  # fmt: skip


def test_the_logout_token_is_what_the_standard_says(
    app: Flask, visitor: Visitor, provider: Provider, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())

    visitor.get("/end-session", {"id_token_hint": hint})

    token = jwt.decode(parse_qs(messages(provider)[0].body.decode())["logout_token"][0], keys, algorithms=["ES256"])
    signed_in = jwt.decode(hint, keys, algorithms=["ES256"]).claims
    assert token.header["typ"] == "logout+jwt"
    assert token.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert (token.claims["sid"], token.claims["sub"]) == (signed_in["sid"], signed_in["sub"])
    assert token.claims["aud"] == edocument.client.client_id
    assert "nonce" not in token.claims


def test_a_service_that_has_no_part_in_logouts_is_not_told_the_session_and_its_hint_ends_none(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    apart = service(desk, 8470, backchannel_logout_uri=None, post_logout_redirect_uris=(), first_party=False)
    asked_of(visitor, apart, somphone)
    visitor.submit(answer="agree")
    tokens = apart.redeem(app, visitor.redirected()["code"]).get_json()

    asked = visitor.get("/end-session", {"id_token_hint": tokens["id_token"]})
    visitor.get("/authorize", apart.ask(prompt="none"))

    assert "sid" not in claims_of(tokens)
    assert asked.status_code == 200
    assert "code" in visitor.redirected()


@pytest.mark.parametrize("tail", ["/", "?a=b", "#f"])
def test_an_address_that_is_not_registered_is_never_gone_to(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, tail: str
) -> None:
    hint = id_token(app, visitor, edocument, somphone)

    page = visitor.get("/end-session", {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT + tail})

    assert (page.status_code, "Location" in page.headers) == (400, False)


def test_a_hint_that_is_not_ours_ends_nothing(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    head, payload, _ = id_token(app, visitor, edocument, somphone).split(".")

    unsigned = visitor.get("/end-session", {"id_token_hint": f"eyJhbGciOiJub25lIn0.{payload}."})
    forged = visitor.get("/end-session", {"id_token_hint": f"{head}.{payload}.{'A' * 86}"})
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert (unsigned.status_code, forged.status_code) == (400, 400)
    assert "code" in visitor.redirected()


def test_without_a_hint_the_person_is_asked_first(visitor: Visitor, edocument: Service, somphone: Person) -> None:
    visitor.sign_in(edocument, somphone)

    visitor.get("/end-session")
    gone = visitor.submit(answer="sign-out")
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert gone.status_code == 200
    assert visitor.redirected()["error"] == "login_required"


def test_who_was_asked_first_goes_on_to_where_the_service_registered(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    elsewhere = id_token(app, Visitor(app), edocument, somphone)
    visitor.sign_in(edocument, somphone)
    asked = {"id_token_hint": elsewhere, "post_logout_redirect_uri": SIGNED_OUT, "state": "s1"}

    question = visitor.get("/end-session", asked)
    bent = visitor.submit(answer="sign-out", post_logout_redirect_uri=f"{SIGNED_OUT}?evil")
    visitor.get("/end-session", asked)
    gone = visitor.submit(answer="sign-out")
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert "form-action 'self' https://localhost:8448;" in question.headers["Content-Security-Policy"]
    assert (bent.status_code, "Location" in bent.headers) == (400, False)
    assert gone.headers["Location"] == f"{SIGNED_OUT}?state=s1"
    assert visitor.redirected()["error"] == "login_required"


def test_who_comes_from_a_service_that_is_no_more_is_asked_and_signed_out_here(
    app: Flask, visitor: Visitor, desk: Desk, edocument: Service, estaff: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    visitor.get("/authorize", estaff.ask())
    desk.retire(edocument.client.client_id)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT}

    stranger = Visitor(app).get("/end-session", asked)
    question = visitor.get("/end-session", asked)
    gone = visitor.submit(answer="sign-out")
    visitor.get("/authorize", estaff.ask(prompt="none"))

    assert (stranger.status_code, question.status_code) == (200, 200)
    assert "localhost:8448" not in question.headers["Content-Security-Policy"]
    assert (gone.status_code, "Location" in gone.headers) == (200, False)
    assert visitor.redirected()["error"] == "login_required"


def test_a_service_that_says_its_name_alone_has_its_person_back_once_he_was_asked(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    asked = {"client_id": edocument.client.client_id, "post_logout_redirect_uri": SIGNED_OUT, "state": "s1"}

    elsewhere = visitor.get("/end-session", asked | {"post_logout_redirect_uri": f"{SIGNED_OUT}/"})
    question = visitor.get("/end-session", asked)
    gone = visitor.submit(answer="sign-out")
    again = visitor.get("/end-session", asked)

    assert (elsewhere.status_code, question.status_code) == (400, 200)
    assert [one.headers["Location"] for one in (gone, again)] == [f"{SIGNED_OUT}?state=s1"] * 2


def test_who_takes_the_other_language_before_he_says_yes_goes_on_to_the_service_all_the_same(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, Visitor(app), edocument, somphone)
    visitor.sign_in(edocument, somphone)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT}

    lao = visitor.get("/end-session", asked).text
    other = unescape(re.findall(r'href="(/end-session[^"]*lang=en)"', lao)[0])
    english = visitor.get(other)
    gone = visitor.submit(answer="sign-out")

    assert not any(piece in other for piece in hint.split("."))
    assert english.headers["Content-Language"] == "en"
    assert gone.headers["Location"] == SIGNED_OUT


def test_a_cutoff_is_told_once_to_every_service(
    visitor: Visitor, provider: Provider, edocument: Service, estaff: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    visitor.get("/authorize", estaff.ask())

    cut(provider, somphone)
    ended = [len(end_forced(provider)), len(end_forced(provider))]

    assert ended == [1, 0]
    assert len(messages(provider)) == 2


def test_a_page_lets_the_browser_tell_a_service_itself_and_then_goes_where_it_was_asked_to(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    told = "https://localhost:8495/frontchannel-logout"
    own = service(desk, 8495, frontchannel_logout_uri=told)
    tokens = own.redeem(app, visitor.sign_in(own, somphone)["code"]).get_json()
    back = "https://localhost:8495/signed-out"

    page = visitor.get(
        "/end-session", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back, "state": "s"}
    )
    frame = f"{told}?{urlencode({'iss': ISSUER, 'sid': claims_of(tokens)['sid']})}"

    assert page.status_code == 200
    assert f'<iframe src="{escape(frame)}"' in page.text
    assert f'<meta http-equiv="refresh" content="3; url={back}?state=s">' in page.text
    assert "frame-src https://localhost:8495;" in page.headers["Content-Security-Policy"]


def test_a_form_from_another_site_is_asked_about_and_ends_nothing(
    visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    visitor.sign_in(edocument, somphone)
    elsewhere = Visitor(visitor.app)

    sent = elsewhere.post("/end-session", {"state": "s"})
    question = visitor.get(sent.headers["Location"])
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert (sent.status_code, "Set-Cookie" in sent.headers) == (303, False)
    assert 'action="/end-session/confirm"' in question.text
    assert "code" in visitor.redirected()


def test_what_a_service_posts_is_done_and_stands_in_no_address(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT, "state": "ບອກລາ"}

    sent = Visitor(app).post("/end-session", asked).headers["Location"]
    gone = visitor.get(sent)
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert not any(piece in sent for piece in (*hint.split("."), "signed-out", "state", "post_logout"))
    assert gone.headers["Location"] == f"{SIGNED_OUT}?{urlencode({'state': 'ບອກລາ'})}"
    assert visitor.redirected()["error"] == "login_required"


@pytest.mark.parametrize("bent", ["late", "changed", "odd"])
def test_what_was_posted_counts_for_minutes_and_only_as_it_was_sealed(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, bent: str
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    sent = Visitor(app).post("/end-session", {"id_token_hint": hint}).headers["Location"]
    if bent == "late":
        somphone.clock.turn(minutes=5)

    page = visitor.get({"late": sent, "changed": f"{sent[:-8]}AAAAAAAA", "odd": "/end-session?sealed=ກ"}[bent])
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert page.status_code == 400
    assert "code" in visitor.redirected()


@pytest.mark.parametrize(("octets", "status"), [(8 * 1024, 303), (10 * 1024, 413)])
def test_what_no_address_can_hold_is_too_large(app: Flask, octets: int, status: int) -> None:
    sent = Visitor(app).post("/end-session", {"state": "s" * octets})

    assert sent.status_code == status


def test_the_end_of_another_session_leaves_the_browser_its_cookie(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)

    gone = Visitor(app).get("/end-session", {"id_token_hint": hint})

    assert "__Host-idp-session" not in gone.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("kind", ["answer", "userinfo"])
def test_what_else_we_sign_is_no_hint(app: Flask, visitor: Visitor, desk: Desk, somphone: Person, kind: str) -> None:
    own = service(desk, 8496, userinfo_alg="ES256")
    signed = {"answer": visitor.sign_in(own, somphone, response_mode="jwt")["response"]}
    visitor.get("/authorize", own.ask())
    access = own.redeem(app, visitor.redirected()["code"]).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {access}"}
    signed["userinfo"] = app.test_client().get("/userinfo", base_url=ISSUER, headers=headers).text

    ended = visitor.get("/end-session", {"id_token_hint": signed[kind]})
    visitor.get("/authorize", own.ask(prompt="none", id_token_hint=signed[kind]))

    assert ended.status_code == 400
    assert visitor.redirected()["error"] == "login_required"


def test_a_hint_of_another_service_names_nobody(
    app: Flask, visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    estaff = service(desk, 443, host="estaff.la")
    hint = id_token(app, visitor, edocument, somphone)
    sub = claims_of({"id_token": hint})["sub"]
    asked = json.dumps({"id_token": {"sub": {"value": sub}}})

    visitor.get("/authorize", estaff.ask(prompt="none", id_token_hint=hint))
    by_hint = visitor.redirected()
    visitor.get("/authorize", estaff.ask(prompt="none", claims=asked))
    by_claim = visitor.redirected()
    visitor.get("/authorize", edocument.ask(prompt="none", id_token_hint=hint, claims=asked))

    assert (by_hint["error"], by_claim["error"]) == ("login_required", "login_required")
    assert "code" in visitor.redirected()


def test_two_services_of_others_cannot_tell_by_the_session_that_their_person_is_one(
    app: Flask, visitor: Visitor, provider: Provider, desk: Desk, somphone: Person
) -> None:
    shops = [service(desk, 8471, host=host, first_party=False) for host in ("one.la", "two.la")]
    asked_of(visitor, shops[0], somphone)
    visitor.submit(answer="agree")
    first = shops[0].redeem(app, visitor.redirected()["code"]).get_json()
    visitor.get("/authorize", shops[1].ask())
    visitor.submit(answer="agree")
    second = shops[1].redeem(app, visitor.redirected()["code"]).get_json()

    crossed = visitor.get("/end-session", {"id_token_hint": first["id_token"], "client_id": shops[1].client.client_id})
    visitor.get("/end-session", {"id_token_hint": first["id_token"]})
    visitor.get("/authorize", shops[1].ask(prompt="none"))

    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
    sent = [parse_qs(message.body.decode())["logout_token"][0] for message in messages(provider)]
    told = [jwt.decode(token, keys, algorithms=["ES256"]).claims["sid"] for token in sent]
    named = [claims_of(tokens)["sid"] for tokens in (first, second)]
    assert (len({*named}), len(told)) == (2, 2)
    assert crossed.status_code == 400
    assert visitor.redirected()["error"] == "login_required"
    assert {*told} == {*named}


def test_who_only_has_a_hint_learns_of_no_other_service(
    app: Flask, visitor: Visitor, edocument: Service, desk: Desk, somphone: Person
) -> None:
    hint = id_token(app, visitor, edocument, somphone)
    other = service(desk, 8495, host="health.la", frontchannel_logout_uri="https://health.la/frontchannel-logout")
    visitor.get("/authorize", other.ask())
    other.redeem(app, visitor.redirected()["code"])

    stranger = Visitor(app)
    page = stranger.get("/end-session", {"id_token_hint": hint})

    assert "health.la" not in page.text + page.headers["Content-Security-Policy"]
    assert page.status_code == 200


def test_a_retired_service_is_told_nothing_more(
    visitor: Visitor, provider: Provider, desk: Desk, somphone: Person
) -> None:
    told = "https://localhost:8495/frontchannel-logout"
    own = service(desk, 8495, frontchannel_logout_uri=told)
    visitor.sign_in(own, somphone)
    desk.retire(own.client.client_id)

    visitor.get("/end-session")
    page = visitor.submit(answer="sign-out")

    assert ("iframe" in page.text, messages(provider)) == (False, [])
