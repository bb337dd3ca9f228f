"""What a service asks for in detail (RFC 9396): checked to the last member, read by the person, never widened."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256, sha512
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.clients import Registration, may_register
from idp.declared import NOTHING
from idp.details import PARAMETER, TYPES, DetailsUnfit, as_json, leaves_of, parse_details, text_of
from idp.details.tables import GrantDetails
from idp.grants.detailed import granted
from idp.provider import Provider
from idp.tables import AuthorizationRequest, Grant
from ledger.decision import Allow, Refuse
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.test_backchannel import Asking, asking_service
from tests.idp.test_elsewhere import read_who_asks
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor

SIGN, SEAL = "https://sign.example.gov.la/v1", "https://seal.example.gov.la/v1"
MAY = replace(NOTHING, details_types=("sign",))


def digest(text: str, algorithm: Any = sha256) -> str:
    return urlsafe_b64encode(algorithm(text.encode()).digest()).rstrip(b"=").decode()


def detail(*labels: str, place: str = SIGN, **changes: Any) -> dict[str, Any]:
    """A detail of type `sign` over documents of these labels."""
    documents = [{"label": label, "digest": digest(label)} for label in labels]
    return {"type": "sign", "locations": [place], "digest_algorithm": "sha-256", "documents": documents} | changes


def text(*details: Any) -> str:
    return json.dumps(list(details), ensure_ascii=False)


@pytest.fixture
def signing(desk: Desk) -> Service:
    """A government's service, which is asked about nothing but details."""
    service(desk, 8477, name_en="Signing", serves=(SIGN,))
    return service(desk, 8478, resources=(SIGN, SEAL), declared=MAY)


def asked(visitor: Visitor, of: Service, person: Person, *details: Any, **changes: str) -> TestResponse:
    """The page after password and code."""
    visitor.get("/authorize", of.ask(**{PARAMETER: text(*details), **changes}))
    visitor.submit(username=person.number, password=PASSWORD)
    return visitor.submit(code=person.code())


def agreed(app: Flask, visitor: Visitor, of: Service, person: Person, *details: Any, **changes: str) -> str:
    """The code after a yes."""
    asked(visitor, of, person, *details, **changes)
    visitor.submit(answer="agree")
    return visitor.redirected()["code"]


def said_in(app: Flask, token: str) -> Any:
    keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
    return jwt.decode(token, keys, algorithms=["ES256"]).claims


def test_what_was_agreed_to_is_in_the_answer_the_token_and_introspection_and_stays(
    app: Flask, visitor: Visitor, signing: Service, somphone: Person
) -> None:
    wanted = [detail("ດຳລັດ 12/2026", "Annex"), detail("ໃບແຈ້ງ", place=SEAL)]
    code = agreed(app, visitor, signing, somphone, *wanted)

    tokens = signing.redeem(app, code).get_json()
    renewed = signing.refresh(app, tokens["refresh_token"]).get_json()
    claims = said_in(app, tokens["access_token"])
    seen = [signing.post(app, "/introspect", {"token": one}).get_json()
            for one in (tokens["access_token"], renewed["refresh_token"])]  # fmt: skip

    assert [one[PARAMETER] for one in (tokens, renewed, claims, *seen)] == [wanted] * 5
    assert claims["aud"] == [SIGN, SEAL]
    assert PARAMETER not in said_in(app, tokens["id_token"])


@pytest.mark.parametrize("language", ["lo", "en"])
def test_the_person_reads_what_is_to_be_signed_where_and_by_which_fingerprint(
    visitor: Visitor, signing: Service, somphone: Person, language: str
) -> None:
    page = asked(visitor, signing, somphone, detail("<b>ດຳລັດ</b> 12", "Annex"), ui_locales=language).text
    fingerprint = sha256(b"Annex").hexdigest()

    grouped = " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4))
    assert all(one in page for one in ("&lt;b&gt;ດຳລັດ&lt;/b&gt; 12", "Annex", grouped, "SHA-256", SIGN))
    assert ("ເຊັນເອກະສານ" in page, "sign documents" in page) == (language == "lo", language == "en")
    assert ("<b>Signing</b>" in page) == (language == "en")


def test_a_person_is_asked_each_time_and_silence_is_no_yes(
    app: Flask, visitor: Visitor, signing: Service, somphone: Person
) -> None:
    first = detail("Decree")
    agreed(app, visitor, signing, somphone, first)

    again = visitor.get("/authorize", signing.ask(**{PARAMETER: text(first)}))
    visitor.submit(answer="deny")
    denied = visitor.redirected()
    visitor.get("/authorize", signing.ask(**{PARAMETER: text(first), "prompt": "none"}))
    silent = visitor.redirected()
    visitor.get("/authorize", signing.ask(prompt="none"))

    assert (again.status_code, "Decree" in again.text) == (200, True)
    assert (denied["error"], silent["error"]) == ("access_denied", "consent_required")
    assert "code" in visitor.redirected()


def test_one_yes_brings_one_code_and_labels_stand_among_personal_values_alone(
    app: Flask, visitor: Visitor, provider: Provider, signing: Service, somphone: Person
) -> None:
    page = asked(visitor, signing, somphone, detail("Secret decree"))
    visitor.submit(answer="agree")
    first = visitor.redirected()
    visitor.page = page
    visitor.submit(answer="agree")
    second = visitor.redirected()

    with provider.ledger.read() as reading:
        kept = reading.scalars(select(AuthorizationRequest.parameters)).all()
        details = reading.scalars(select(GrantDetails.details)).all()
    assert ("code" in first, second["error"]) == (True, "invalid_request_uri")
    assert "Secret" not in " ".join(kept)
    assert details == [text_of(parse_details(text(detail("Secret decree"))))]


def test_a_token_request_narrows_and_never_widens_and_uses_nothing_up_in_vain(
    app: Flask, visitor: Visitor, signing: Service, somphone: Person
) -> None:
    granted_ = [detail("A", "B"), detail("C", place=SEAL)]
    code = agreed(app, visitor, signing, somphone, *granted_)
    wider = [
        text(detail("A", "D")), text(detail("C")), text(detail("A", digest_algorithm="sha-512")), "[]", "{}", "x",
        text(detail("A") | {"actions": ["all"]}),
        text(detail("A", documents=[{"label": "Another name", "digest": digest("A")}])),
    ]  # fmt: skip

    refused = [signing.redeem(app, code, authorization_details=one).get_json() for one in wider]
    elsewhere = signing.redeem(app, code, authorization_details=text(detail("A")), resource=SEAL).get_json()
    narrow = signing.redeem(app, code, authorization_details=text(detail("B"))).get_json()
    renewed = signing.refresh(app, narrow["refresh_token"]).get_json()
    form = {"grant_type": "refresh_token", "refresh_token": renewed["refresh_token"]}
    at_one = signing.post(app, "/token", form | {"resource": SEAL}).get_json()
    form["refresh_token"] = at_one["refresh_token"]
    beyond = signing.post(app, "/token", form | {PARAMETER: text(detail("A", "Z"))}).get_json()
    narrowed = signing.post(app, "/token", form | {PARAMETER: text(detail("A"))}).get_json()

    assert {one["error"] for one in (*refused, elsewhere, beyond)} == {"invalid_authorization_details"}
    assert narrow[PARAMETER] == said_in(app, narrow["access_token"])[PARAMETER] == [detail("B")]
    assert (renewed[PARAMETER], at_one[PARAMETER], narrowed[PARAMETER]) == (granted_, granted_[1:], [detail("A")])
    assert said_in(app, at_one["access_token"])[PARAMETER] == granted_[1:]


@pytest.mark.parametrize("way", ["plain", "posted", "pushed", "signed"])
def test_it_is_taken_and_refused_in_every_way_to_ask(
    app: Flask, visitor: Visitor, desk: Desk, somphone: Person, way: str
) -> None:
    holder = Holder()
    own = service(desk, 8479, resources=(SIGN,), declared=MAY, jwks=holder.jwks)
    wanted, strange = detail("Decree"), detail("Decree", type="pay")

    def send(said: Any) -> dict[str, str]:
        begun = own.ask()
        if way == "signed":
            return own.ask(request=holder.sign({**begun, PARAMETER: [said], "client_id": own.client.client_id}))
        begun |= {PARAMETER: text(said)}
        if way == "pushed":
            answer = own.post(app, "/par", begun).get_json()
            return {"client_id": own.client.client_id, **answer}
        return begun

    def open_(asked_: dict[str, str]) -> TestResponse:
        if way != "posted":
            return visitor.get("/authorize", asked_)
        page = visitor.post("/authorize", asked_)
        place = page.headers["Location"].removeprefix(ISSUER)
        return visitor.get(place) if place.startswith("/") else page

    refused = send(strange)
    error = refused.get("error") or (open_(refused) and visitor.redirected()["error"])
    open_(send(wanted))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")

    assert error == "invalid_authorization_details"
    assert own.redeem(app, visitor.redirected()["code"]).get_json()[PARAMETER] == [wanted]


def test_a_person_who_is_asked_for_by_name_reads_it_too(
    app: Flask, visitor: Visitor, desk: Desk, clock: TurnedClock, edocument: Service, somphone: Person
) -> None:
    service(desk, 8443, redirect_uris=(f"{ISSUER}/approve/back",), minimum_level=1)
    asking: Asking = asking_service(app, desk, clock, 8460, resources=(SIGN,), declared=MAY)
    visitor.sign_in(edocument, somphone)
    strange = asking.ask(**{PARAMETER: [detail("Decree", type="pay")]}).get_json()
    auth_req_id = asking.begun(**{PARAMETER: [detail("Decree")]})

    page = visitor.get("/approve").text
    visitor.submit(answer="agree")

    assert strange["error"] == "invalid_authorization_details"
    assert ("Decree" in page, SIGN in page) == (True, True)
    assert asking.poll(auth_req_id).get_json()[PARAMETER] == [detail("Decree")]


def test_so_does_whoever_types_a_devices_code(
    app: Flask, visitor: Visitor, desk: Desk, signing: Service, somphone: Person
) -> None:
    service(desk, 8443, redirect_uris=(f"{ISSUER}/approve/back",))
    form = {"scope": "openid", PARAMETER: text(detail("Decree"))}
    shown = signing.post(app, "/device-authorization", form).get_json()

    page = read_who_asks(visitor, somphone, shown).text
    visitor.submit(answer="agree")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": shown["device_code"]}

    assert ("Decree" in page, SIGN in page) == (True, True)
    assert signing.post(app, "/token", grant).get_json()[PARAMETER] == [detail("Decree")]


@pytest.mark.parametrize(
    ("changes", "asked_for"),
    [({"declared": NOTHING}, SIGN), ({"resources": (SEAL,)}, SIGN), ({}, "https://other.gov.la/")],
    ids=["of no type", "at another resource", "at nobody's"],
)
def test_a_service_asks_only_for_what_it_is_registered_for(
    visitor: Visitor, desk: Desk, changes: dict[str, Any], asked_for: str
) -> None:
    own = service(desk, 8479, **({"resources": (SIGN,), "declared": MAY} | changes))

    visitor.get("/authorize", own.ask(**{PARAMETER: text(detail("Decree", place=asked_for))}))

    assert visitor.redirected()["error"] == "invalid_authorization_details"


UNFIT = {
    "no array": text(detail("A"))[1:-1],
    "two values": '[],"x":1',
    "empty": "[]",
    "no object": '["sign"]',
    "no type": text({"locations": [SIGN]}),
    "another type": text(detail("A", type="payment")),
    "a type that is no text": text(detail("A", type=["sign"])),
    "one member more": text(detail("A", actions=["sign"])),
    "one member less": text({name: value for name, value in detail("A").items() if name != "locations"}),
    "a member twice": text(detail("A")).replace('"type"', '"type":"sign","type"'),
    "two places": text(detail("A", locations=[SIGN, SEAL])),
    "no documents": text(detail()),
    "too many documents": text(detail(*map(str, range(21)))),
    "too many details": text(*(detail(str(n)) for n in range(6))),
    "a document of another form": text(detail("A", documents=[{"label": "A", "digest": digest("A"), "pages": 1}])),
    "a digest of another length": text(detail("A", documents=[{"label": "A", "digest": digest("A", sha512)}])),
    "a padded digest": text(detail("A", documents=[{"label": "A", "digest": digest("A") + "="}])),
    "an algorithm that is broken": text(detail("A", digest_algorithm="sha")),
    "an invisible label": text(detail("\u200b")),
    "a label that turns around": text(detail("A\u202e")),
    "a blank label": text(detail("  ")),
    "a long label": text(detail("A" * 101)),
    "a document twice": text(detail("A", documents=[{"label": one, "digest": digest("A")} for one in "AB"])),
    "a detail twice": text(detail("A"), detail("A")),
    "half a letter": text(detail("A")).replace('"A"', '"\\ud800"'),
    "a number": "1e999",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", UNFIT)
def test_whatever_is_not_exactly_as_its_type_has_it_is_unfit(name: str) -> None:
    with pytest.raises(DetailsUnfit):
        parse_details(UNFIT[name])


LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40)
DETAILS = st.lists(
    st.builds(lambda labels, place: detail(*labels, place=place), st.lists(LABELS, min_size=1, max_size=5, unique=True),
              st.sampled_from([SIGN, SEAL])),
    min_size=1, max_size=3, unique_by=lambda one: (one["locations"][0], one["documents"][0]["label"]),
)  # fmt: skip
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5)


@given(DETAILS)
def test_what_is_fit_is_kept_as_it_was_said(wanted: list[dict[str, Any]]) -> None:
    try:
        found = parse_details(text(*wanted))
    except DetailsUnfit:
        documents = [(one["locations"][0], document["digest"]) for one in wanted for document in one["documents"]]
        assert len(set(documents)) < len(documents)
        return

    assert as_json(found) == wanted
    assert as_json(parse_details(text_of(found))) == wanted
    assert len(leaves_of(found)) == sum(len(one["documents"]) for one in wanted)


@given(st.sampled_from([*detail("A"), "extra"]), JSON)
def test_no_other_value_of_a_member_is_ever_taken(name: str, value: Any) -> None:
    with pytest.raises(DetailsUnfit):
        parse_details(text(detail("A", **{name: value})))


@pytest.mark.parametrize(
    ("types", "resources", "code"),
    [(("sign",), (SIGN,), None), (("pay",), (SIGN,), "client.details"), (("sign",), (), "client.details")],
)
def test_types_are_registered_that_there_are_with_the_services_that_may_act(
    types: tuple[str, ...], resources: tuple[str, ...], code: str | None
) -> None:
    said = replace(NOTHING, details_types=types)
    wanted = Registration("ຮ້ານ", "Shop", "gov", ("https://shop.la/cb",), auth_method="private_key_jwt",
                          jwks=Holder().jwks, declared=said, resources=resources)  # fmt: skip

    assert may_register(wanted) == (Refuse(code) if code else Allow())


def test_discovery_names_the_types(app: Flask) -> None:
    said = app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER).get_json()

    assert said["authorization_details_types_supported"] == list(TYPES) == ["sign"]


def test_a_grant_whose_details_were_erased_is_for_nothing(provider: Provider) -> None:
    with provider.ledger.read() as reading:
        erased, plain = (granted(reading, Grant(id="g", detailed=one)) for one in (True, None))

    assert (erased, plain) == (None, ())


@pytest.mark.parametrize(("number", "status"), [(20, 201), (21, 400)])
def test_as_much_can_be_asked_for_as_the_guide_says_and_is_agreed_to_whole(
    app: Flask, visitor: Visitor, signing: Service, somphone: Person, number: int, status: int
) -> None:
    labels = [[f"ກ{many:02}{one:02}".ljust(100, "x") for one in range(number)] for many in range(5)]
    wanted = [
        detail(digest_algorithm="sha-512", documents=[{"label": one, "digest": digest(one, sha512)} for one in each])
        for each in labels
    ]
    pushed = signing.post(app, "/par", signing.ask(**{PARAMETER: text(*wanted)}))
    assert pushed.status_code == status
    if status != 201:
        return

    asked_for = {"client_id": signing.client.client_id, "request_uri": pushed.get_json()["request_uri"]}
    visitor.get("/authorize", asked_for)
    visitor.submit(username=somphone.number, password=PASSWORD)
    page = visitor.submit(code=somphone.code())
    visitor.submit(answer="agree")
    tokens = signing.redeem(app, visitor.redirected()["code"]).get_json()

    assert all(one in page.text for each in labels for one in each)
    assert tokens[PARAMETER] == wanted
