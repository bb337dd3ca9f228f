"""As much as may be wanted in detail, all of it in Lao, passes every door: its signs count, not its octets."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha512
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.details import LONGEST, PARAMETER, DetailsUnfit, parse_details, text_of
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_backchannel import asking_service
from tests.idp.test_details import MAY, SIGN
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor


def fullest(sign: str = "ກ", place: str = SIGN) -> list[dict[str, Any]]:
    """As many details, documents and signs as there may be."""

    def document(number: int) -> dict[str, str]:
        digest = urlsafe_b64encode(sha512(b"%d" % number).digest()).rstrip(b"=").decode()
        return {"label": f"{number:02d}" + sign * 98, "digest": digest}

    documents = [[document(20 * first + number) for number in range(20)] for first in range(5)]
    return [{"type": "sign", "locations": [place], "digest_algorithm": "sha-512", "documents": one}
            for one in documents]  # fmt: skip


def escaped(said: Any) -> str:
    return json.dumps(said)


def as_it_is(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False)


WRITTEN: dict[str, Callable[[Any], str]] = {"escaped": escaped, "as it is": as_it_is}


@pytest.fixture
def own(desk: Desk) -> Service:
    return service(desk, 8479, resources=(SIGN,), declared=MAY, jwks=Holder().jwks)


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("sign", ["ກ", "𐎀"])
def test_the_fullest_details_fit_however_they_are_written(written: str, sign: str) -> None:
    said = fullest(sign, f"https://{'s' * 480}.gov.la/")

    found = parse_details(WRITTEN[written](said))

    assert [one.said for one in found] == said
    assert len(text_of(found)) <= LONGEST < len(escaped(said))


def test_spaces_do_not_count_and_what_says_more_is_unfit() -> None:
    spaced = json.dumps(fullest(), indent=20)
    more = as_it_is(fullest('"'))  # two signs each, in JSON

    assert len(parse_details(spaced)) == 5
    with pytest.raises(DetailsUnfit):
        parse_details(more)


def test_a_token_that_says_them_all_can_be_introspected_and_taken_back(
    app: Flask, visitor: Visitor, own: Service, somphone: Person
) -> None:
    said = fullest("𐎀")
    pushed = own.post(app, "/par", own.ask(**{PARAMETER: as_it_is(said)})).get_json()
    visitor.get("/authorize", {"client_id": own.client.client_id, **pushed})
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    token = own.redeem(app, visitor.redirected()["code"]).get_json()["access_token"]

    seen = own.post(app, "/introspect", {"token": token}).get_json()
    gone = own.post(app, "/revoke", {"token": token}).status_code
    after = own.post(app, "/introspect", {"token": token}).get_json()

    assert (seen[PARAMETER], gone, after) == (said, 200, {"active": False})
    assert len(token) > 64 * 1024


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("way", ["pushed", "posted", "signed and pushed", "signed and posted"])
def test_they_pass_in_every_way_to_ask_and_again_at_the_token_endpoint(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, way: str, written: str
) -> None:
    holder, said = Holder(), fullest()
    own = service(desk, 8479, resources=(SIGN,), declared=MAY, jwks=holder.jwks)
    wanted = own.ask(**{PARAMETER: WRITTEN[written](said)})
    if way.startswith("signed"):
        inner = {**own.ask(), PARAMETER: said if written == "escaped" else as_it_is(said)}
        wanted = own.ask(request=holder.sign({**inner, "client_id": own.client.client_id}))

    if way.endswith("pushed"):
        answer = own.post(app, "/par", wanted)
        visitor.get("/authorize", {"client_id": own.client.client_id, **answer.get_json()})
    else:
        answer = visitor.post("/authorize", wanted)
        visitor.get(answer.headers["Location"].removeprefix(ISSUER))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    code = visitor.redirected()["code"]
    tokens = own.redeem(app, code, **{PARAMETER: WRITTEN[written](said)})

    assert tokens.get_json()[PARAMETER] == said
    assert len(urlencode(wanted)) > 64 * 1024


def test_they_pass_where_a_device_or_a_service_without_a_browser_asks(
    app: Flask, desk: Desk, clock: TurnedClock, own: Service, somphone: Person
) -> None:
    asking = asking_service(app, desk, clock, 8460, resources=(SIGN,), declared=MAY)

    device = own.post(app, "/device-authorization", {"scope": "openid", PARAMETER: escaped(fullest())})
    by_name = asking.ask(**{PARAMETER: fullest(), "login_hint": somphone.number})

    assert (device.status_code, by_name.status_code) == (200, 200)


def test_what_says_more_is_named_and_what_no_door_takes_is_too_large(app: Flask, own: Service) -> None:
    more = own.post(app, "/par", own.ask(**{PARAMETER: as_it_is(fullest('"'))}))
    huge = own.post(app, "/par", own.ask(**{PARAMETER: escaped(fullest() * 3)}))

    assert (more.status_code, more.get_json()["error"]) == (400, "invalid_authorization_details")
    assert huge.status_code == 413
