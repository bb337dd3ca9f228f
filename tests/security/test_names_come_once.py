"""Class U: what was deleted and made again is another: its name, its secret and what hung on it do not come back."""

from flask import Flask

from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.visitor import Person, Visitor


def test_a_service_that_is_registered_again_inherits_nothing(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person
) -> None:
    old = service(desk, 8469)
    tokens = old.redeem(app, visitor.sign_in(old, somphone)["code"]).get_json()
    desk.retire(old.client.client_id)
    new = service(desk, 8469)
    mixed = new.post(app, "/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})

    assert new.client.client_id != old.client.client_id
    assert old.refresh(app, tokens["refresh_token"]).status_code == 401
    assert mixed.get_json()["error"] == "invalid_grant"
    assert visitor.get("/authorize", old.ask(prompt="none")).status_code == 400


def test_a_session_that_is_over_gives_its_name_to_no_other(app: Flask, desk: Desk, somphone: Person) -> None:
    own, seen = service(desk, 8469), []
    for _ in range(3):
        visitor = Visitor(app)
        seen.append(visitor.sign_in(own, somphone)["code"])
        visitor.get("/end-session")
        visitor.submit(answer="sign-out")

    assert len(set(seen)) == 3
