"""Consent is claim by claim: what is left out does not go to the service, and only what is new is asked."""

import json
import re
from base64 import urlsafe_b64decode
from typing import Any

from flask import Flask

from idp.claims import BY_SCOPE, SCOPE_OF, Described
from idp.consents import word_of
from idp.consents.matters import MATTER_OF, MATTERS, claims_of_scopes
from idp.consents.question import Question
from idp.provider import Provider
from tests.architecture.documents import ROOT
from tests.doubles import TurnedClock
from tests.idp.test_claims import described, in_post
from tests.idp.test_consent import asked
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from web.language import read_catalogue

NEEDED = json.dumps({"userinfo": {"email": {"essential": True}, "phone_number": None}})


def userinfo(app: Flask, service: Service, code: str) -> dict[str, Any]:
    tokens = service.redeem(app, code).get_json()
    return seen(app, tokens["access_token"])


def seen(app: Flask, token: str) -> dict[str, Any]:
    answer = app.test_client().get("/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"})
    found: dict[str, Any] = answer.get_json()
    return found


def offered(page: str) -> dict[str, bool]:
    """The matters that can be left out on the page, each with whether it is ticked."""
    boxes = re.findall(r'name="without" value="([^"]*)"[^>]*?( checked)?>', page)
    return {matter: bool(ticked) for matter, ticked in boxes}


def asked_about(page: str) -> list[str]:
    """The matters on the page."""
    return re.findall(r'<li><span id="m-([^"]*)"', page)


def choosing(visitor: Visitor) -> str:
    """The page with a box for each matter."""
    return visitor.submit(answer="choose").text


def leave_out(visitor: Visitor, *matters: str) -> dict[str, str]:
    if matters:
        choosing(visitor)
    visitor.submit(answer="agree", without=list(matters))  # type: ignore[arg-type]
    return visitor.redirected()


def test_what_is_left_out_is_neither_in_userinfo_nor_in_the_id_token(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    claims = json.dumps({"id_token": {"email": None, "name": None}})
    asked(visitor, library, somphone, scope="openid profile email phone", claims=claims)

    tokens = library.redeem(app, leave_out(visitor, "email", "phone_number")["code"]).get_json()

    identity = json.loads(urlsafe_b64decode(tokens["id_token"].split(".")[1] + "=="))
    found = seen(app, tokens["access_token"])
    assert (found["name#en"], identity["name"]) == ("Somphone Keovongsa", "ສົມພອນ ແກ້ວວົງສາ")
    assert {"email", "email_verified", "phone_number", "phone_number_verified"} & {*found, *identity} == set()


def test_a_no_is_remembered_like_a_yes_and_only_what_is_new_is_asked(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid profile email")
    leave_out(visitor, "email")

    again = visitor.get("/authorize", library.ask(scope="openid profile email")).status_code
    visitor.get("/authorize", library.ask(scope="openid profile email phone"))
    more = choosing(visitor)
    found = userinfo(app, library, leave_out(visitor)["code"])

    assert again == 303
    assert offered(more) == {"phone_number": False}
    assert ("phone_number" in found, "email" in found) == (True, False)


def test_an_essential_claim_cannot_be_left_out_and_one_that_was_is_asked_anew(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid email")
    leave_out(visitor, "email")

    visitor.get("/authorize", library.ask(scope="openid", claims=NEEDED, ui_locales="en"))
    page = choosing(visitor)
    found = userinfo(app, library, leave_out(visitor, "email", "phone_number")["code"])

    assert "your e-mail address" in page
    assert offered(page) == {"phone_number": False}
    assert (found["email"], "phone_number" in found) == ("somphone@mtc.gov.la", False)


def test_a_service_that_wants_it_so_asks_for_everything_again_as_it_was_answered(
    visitor: Visitor, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid email phone")
    leave_out(visitor, "email")

    plain = visitor.get("/authorize", library.ask(scope="openid email phone", prompt="consent")).text
    page = choosing(visitor)

    assert (asked_about(plain), 'type="checkbox"' in plain) == (["email", "phone_number"], False)
    assert offered(page) == {"email": True, "phone_number": False}


def test_who_agrees_without_choosing_leaves_out_what_he_left_out_before(
    app: Flask, visitor: Visitor, library: Service, somphone: Person
) -> None:
    asked(visitor, library, somphone, scope="openid email phone")
    leave_out(visitor, "email")

    visitor.get("/authorize", library.ask(scope="openid email phone", prompt="consent"))
    visitor.submit(answer="agree")

    assert set(userinfo(app, library, visitor.redirected()["code"])) == {"sub", "phone_number", "phone_number_verified"}


def test_single_claims_are_taken_back_and_go_to_the_service_no_more(
    app: Flask, visitor: Visitor, provider: Provider, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    asked(visitor, library, somphone, scope="openid email phone")
    token = library.redeem(app, leave_out(visitor)["code"]).get_json()["access_token"]
    own = (somphone.account.account_id, library.client.client_id)
    with provider.ledger.read() as reading:
        before = word_of(reading, *own, clock.now())

    page = visitor.get("/consents", {"lang": "en"}).text
    visitor.submit(narrow=library.client.client_id, without="email")

    with provider.ledger.read() as reading:
        after = word_of(reading, *own, clock.now())
    assert offered(page) == {"email": False, "phone_number": False}
    assert before.given - after.given == after.withheld == {"email", "email_verified"}
    assert set(seen(app, token)) == {"sub", "phone_number", "phone_number_verified"}
    assert "You leave out:" in visitor.get("/consents").text


def test_what_was_agreed_to_before_claims_were_told_apart_counts_as_all_of_its_scopes(
    visitor: Visitor, provider: Provider, library: Service, somphone: Person, clock: TurnedClock
) -> None:
    from idp.consents.tables import ConsentVersion  # noqa: PLC0415 - as an older release wrote it
    from idp.events import ConsentGiven  # noqa: PLC0415
    from ledger.event import Actor  # noqa: PLC0415

    own = (somphone.account.account_id, library.client.client_id)
    with provider.ledger.entry(ConsentGiven(*own), Actor.person(somphone.id)) as tx:
        tx.add(
            ConsentVersion(
                id="old", account_id=own[0], client_id=own[1], number=1, scope="openid email", at=clock.now(),
                until=clock.now().replace(year=2030), claims=None, withheld=None,
            )
        )  # fmt: skip

    asked(visitor, library, somphone, scope="openid email phone")

    assert offered(choosing(visitor)) == {"phone_number": False}


def test_a_service_of_the_government_that_asks_respects_a_no_as_well(
    app: Flask, visitor: Visitor, edocument: Service, somphone: Person
) -> None:
    asked(visitor, edocument, somphone, scope="openid email", prompt="consent")
    leave_out(visitor, "email")

    visitor.get("/authorize", edocument.ask(scope="openid email"))

    assert "email" not in userinfo(app, edocument, visitor.redirected()["code"])


def test_a_matter_that_is_not_offered_leaves_nothing_out() -> None:
    asked_now = Question(frozenset({"email", "name"}), essential=frozenset({"name"}))

    assert asked_now.left_out(["name", "phone_number", "openid", "x"]) == frozenset()
    assert asked_now.left_out(["email"]) == {"email"}


def test_every_claim_that_a_scope_gives_is_in_one_matter_that_has_words_in_both_languages() -> None:
    person: Described = described(in_post())
    given = {claim for compose in BY_SCOPE.values() for claim in compose(person)}
    catalogue = read_catalogue(ROOT / "idp" / "translations")

    wordless = [(lang, one) for lang in catalogue for one in MATTERS if not catalogue[lang].get(f"idp.claim-{one}")]

    assert given <= SCOPE_OF.keys() == MATTER_OF.keys()
    assert wordless == []
    assert claims_of_scopes(["email", "openid"]) == {"email", "email_verified"}
