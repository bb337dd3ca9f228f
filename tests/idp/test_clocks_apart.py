"""Two machines of ours, of which one's clock is a second ahead: what one gave, the other takes."""

import pytest
from flask import Flask

from tests.doubles import TurnedClock
from tests.idp.visitor import Person, Service, Visitor


def test_a_code_and_its_session_count_on_a_machine_whose_clock_is_behind(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, clock: TurnedClock
) -> None:
    code = visitor.sign_in(edocument, somphone)["code"]
    clock.turn(seconds=-1)

    tokens = edocument.redeem(app, code)
    visitor.get("/authorize", edocument.ask(prompt="none"))

    assert tokens.status_code == 200
    assert "code" in visitor.redirected()


@pytest.mark.parametrize(("behind", "ends"), [(1, False), (61, True)])
def test_two_that_refresh_at_once_get_one_successor_on_both_machines(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person, clock: TurnedClock, behind: int, *, ends: bool
) -> None:
    held = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()["refresh_token"]
    clock.turn(seconds=1)
    first = edocument.refresh(app, held).get_json()["refresh_token"]
    clock.turn(seconds=-1 if behind == 1 else behind)

    again = edocument.refresh(app, held)

    assert (again.status_code == 400) == ends
    assert ends or again.get_json()["refresh_token"] == first
