"""Services that register themselves: within their invitation, as it counts, and never what does not fit."""

import json
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from idp.assurance import ACR
from idp.clients import current, every
from idp.declared import CIBA, DEVICE
from idp.profiles import BY_NAME, PROFILES
from idp.registration.invitations import end, ending
from idp.registration.metadata import MEMBERS, Unfit, described, read
from idp.registration.tables import ClientVersion, Invitation
from ledger.decision import Allow
from ledger.entry import Entry
from tests.doubles import TurnedClock
from tests.idp.desk import Desk
from tests.idp.keys import Holder
from tests.idp.registration_desk import CALLBACK, Candidate, invited, open_organisation
from tests.idp.visitor import ISSUER, Person, Visitor

TOKEN = "registration_access_token"


@pytest.fixture
def candidate(app: Flask, desk: Desk) -> Candidate:
    open_organisation(desk)
    return Candidate(app, invited(desk, most=3).token)


def refused(answer: Any, error: str = "invalid_client_metadata") -> str:
    said = answer.get_json()
    assert (answer.status_code, said["error"]) == (400, error), said
    return str(said["error_description"])


def test_what_was_registered_is_what_was_said_and_what_goes_without_saying(candidate: Candidate) -> None:
    answer = candidate.register(**{"client_name#lo": "ຮ້ານ", "client_name": "Shop", "contacts": ["a@shop.la"]})

    said = answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert said["redirect_uris"] == [CALLBACK]
    assert (said["client_name#lo"], said["client_name#en"], said["contacts"]) == ("ຮ້ານ", "Shop", ["a@shop.la"])
    assert (said["grant_types"], said["response_types"]) == (["authorization_code"], ["code"])
    assert (said["token_endpoint_auth_method"], said["subject_type"]) == ("client_secret_basic", "pairwise")
    assert said["client_secret"].startswith("lts_")
    assert said["client_secret_expires_at"] == 0
    assert said["registration_client_uri"] == f"{ISSUER}/register/{said['client_id']}"


def test_an_invitation_is_for_so_many_however_many_come_at_once(app: Flask, candidate: Candidate) -> None:
    answers: list[int] = []
    threads = [Thread(target=lambda: answers.append(candidate.register().status_code)) for _ in range(6)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 201, 201, 401, 401, 401]


def test_nobody_registers_without_an_invitation_that_counts(
    app: Flask, desk: Desk, candidate: Candidate, clock: TurnedClock
) -> None:
    over = invited(desk)
    decision = end(desk.ledger, over.invitation_id, desk.sign(ending(over.invitation_id, desk.now)))
    wrong = [Candidate(app, token).register() for token in ("", "x", candidate.token[:-1], over.token)]

    clock.turn(days=8)
    late = candidate.register()

    assert decision == Allow()
    assert [answer.status_code for answer in (*wrong, late)] == [401] * 5
    assert 'error="invalid_token"' in late.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": "https://shop.la/"}, "redirect_uris"),
        ({"redirect_uris": ["http://shop.la/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://shop.la/#x"]}, "redirect_uris"),
        ({"redirect_uris": ["https://u@shop.la/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://["]}, "redirect_uris"),
        ({"redirect_uris": [7]}, "redirect_uris"),
    ],
)
def test_an_address_to_come_back_to_that_is_not_plain_is_refused(
    candidate: Candidate, metadata: dict[str, Any], named: str
) -> None:
    assert refused(candidate.register(**metadata), "invalid_redirect_uri").startswith(named)


@pytest.mark.parametrize(
    "metadata",
    [
        {"response_types": ["code", "token"]},
        {"response_types": []},
        {"grant_types": ["implicit"]},
        {"grant_types": ["refresh_token"]},
        {"subject_type": "public"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"request_object_signing_alg": "none"},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"tls_client_auth_san_ip": "127.0.0.1"},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [Holder().key.as_dict(private=True)]}},
        {"jwks_uri": "http://shop.la/jwks"},
        {"initiate_login_uri": "http://shop.la/begin"},
        {"sector_identifier_uri": "https://shop.la/sector"},
        {"client_name": "a" * 101},
        {"client_name": "Shop\u202eyako"},
        {"client_name": 7},
        {"contacts": ["nobody"]},
        {"default_max_age": -1},
        {"default_max_age": True},
        {"default_acr_values": ["gold"]},
        {"default_acr_values": [ACR[1], ACR[3]]},
        {"require_auth_time": "true"},
        {"scope": "profile"},
    ],
)
def test_what_does_not_fit_is_refused_with_the_member_and_what_to_do(
    candidate: Candidate, metadata: dict[str, Any]
) -> None:
    said = refused(candidate.register(**metadata))

    assert ": " in said


def test_a_body_that_is_no_json_object_is_refused(candidate: Candidate) -> None:
    deep = "[" * 30_000 + "]" * 30_000
    bodies = [b"", b"[]", b'{"redirect_uris":["https://a.la/"],"redirect_uris":["https://b.la/"]}', deep.encode()]

    answers = [candidate.send("POST", "/register", data=one, content_type="application/json") for one in bodies]
    form = candidate.send("POST", "/register", data={"redirect_uris": CALLBACK})
    big = candidate.send("POST", "/register", data=b" " * 70_000, content_type="application/json")

    assert [answer.status_code for answer in (*answers, form, big)] == [400, 400, 400, 400, 400, 413]


def test_a_refusal_is_entered_for_the_invitation(candidate: Candidate, desk: Desk) -> None:
    candidate.register(response_types=["token"])

    with desk.ledger.read() as session:
        kinds = session.scalars(select(Entry.kind).where(Entry.kind == "client.registration-refused")).all()
    assert len(kinds) == 1


def test_the_service_signs_people_in_and_has_only_the_grants_that_it_asked_for(
    candidate: Candidate, visitor: Visitor, somphone: Person, app: Flask
) -> None:
    one, two = (candidate.register(grant_types=grants).get_json() for grants in
                (["authorization_code"], ["authorization_code", "refresh_token"]))  # fmt: skip

    told = [_tokens(app, visitor, somphone, said) for said in (one, two)]

    assert ["refresh_token" in tokens for tokens in told] == [False, True]


def _tokens(app: Flask, visitor: Visitor, person: Person, said: dict[str, Any]) -> dict[str, Any]:
    asked = {"response_type": "code", "client_id": said["client_id"], "redirect_uri": CALLBACK, "scope": "openid"}
    visitor.get("/authorize", asked)
    if visitor.page.status_code == 200 and "password" in visitor.page.text:
        visitor.submit(username=person.number, password="ນົກບິນຂ້າມຂອງ 2569")
        visitor.submit(code=person.code())
    visitor.submit(answer="agree")
    form = {"grant_type": "authorization_code", "code": visitor.redirected()["code"], "redirect_uri": CALLBACK}
    own = (said["client_id"], said["client_secret"])
    found: dict[str, Any] = app.test_client().post("/token", base_url=ISSUER, data=form, auth=own).get_json()
    return found


def test_a_change_is_a_new_version_with_a_new_token_and_takes_back_what_is_not_said(candidate: Candidate) -> None:
    first = candidate.register(contacts=["a@shop.la"], default_max_age=60).get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    wanted = {
        "client_id": first["client_id"],
        "redirect_uris": [f"{CALLBACK}/2"],
        "client_secret": first["client_secret"],
    }

    changed = candidate.send("PUT", path, wanted, own)
    now = candidate.send("GET", path, token=changed.get_json()["registration_access_token"]).get_json()

    assert changed.status_code == 200
    assert now["redirect_uris"] == [f"{CALLBACK}/2"]
    assert not {"contacts", "default_max_age", "client_secret"} & set(now)
    assert now["client_id_issued_at"] == first["client_id_issued_at"]


def test_the_token_before_counts_only_for_an_answer_that_was_lost(candidate: Candidate, clock: TurnedClock) -> None:
    first = candidate.register().get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    wanted = {"client_id": first["client_id"], "redirect_uris": [CALLBACK]}
    second = candidate.send("PUT", path, wanted, own).get_json()["registration_access_token"]

    soon = candidate.send("GET", path, token=own).status_code
    clock.turn(seconds=61)
    later, newest = (candidate.send("GET", path, token=token).status_code for token in (own, second))

    assert (soon, later, newest) == (200, 401, 200)


def test_who_lost_the_answer_to_a_change_reads_the_token_that_counts_and_goes_on_with_it(
    candidate: Candidate, clock: TurnedClock
) -> None:
    first = candidate.register().get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    wanted = {"client_id": first["client_id"], "redirect_uris": [CALLBACK, f"{CALLBACK}/2"]}
    lost = candidate.send("PUT", path, wanted, own).get_json()
    clock.turn(seconds=59)

    read = candidate.send("GET", path, token=own).get_json()
    clock.turn(days=1)
    later = candidate.send("PUT", path, wanted, read["registration_access_token"])

    assert read["registration_access_token"] == lost["registration_access_token"]
    assert later.status_code == 200


def test_who_says_a_change_again_because_its_answers_were_lost_is_told_the_same_and_changes_nothing_twice(
    candidate: Candidate, desk: Desk
) -> None:
    first = candidate.register().get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    wanted = {"client_id": first["client_id"], "redirect_uris": [CALLBACK, f"{CALLBACK}/2"]}

    answers = [candidate.send("PUT", path, wanted, own).get_json() for _ in range(3)]

    assert answers == [answers[0]] * 3
    with desk.ledger.read() as reading:
        assert len(reading.scalars(select(ClientVersion)).all()) == 2


def test_who_changes_his_mind_before_an_answer_came_comes_from_his_token_to_the_newest(candidate: Candidate) -> None:
    first = candidate.register().get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    lost = [
        candidate.send("PUT", path, {"client_id": first["client_id"], "redirect_uris": uris}, own).get_json()
        for uris in ([CALLBACK, f"{CALLBACK}/2"], [CALLBACK, f"{CALLBACK}/3"])
    ]

    read = [candidate.send("GET", path, token=token).get_json() for token in (own, lost[0][TOKEN], lost[1][TOKEN])]

    assert [one[TOKEN] for one in read] == [lost[1][TOKEN]] * 3
    assert [one["redirect_uris"][1] for one in read] == [f"{CALLBACK}/3"] * 3


def test_a_secret_that_was_new_with_an_answer_that_was_lost_is_told_again_and_later_no_more(
    app: Flask, candidate: Candidate, clock: TurnedClock
) -> None:
    first = candidate.register(token_endpoint_auth_method="private_key_jwt", jwks=json.loads(Holder().jwks)).get_json()
    path, own = f"/register/{first['client_id']}", first["registration_access_token"]
    wanted = {
        "client_id": first["client_id"],
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    lost = candidate.send("PUT", path, wanted, own).get_json()

    again = candidate.send("GET", path, token=own).get_json()
    clock.turn(seconds=61)
    later = candidate.send("GET", path, token=again[TOKEN]).get_json()

    assert "client_secret" not in first
    assert again["client_secret"] == lost["client_secret"]
    assert "client_secret" not in later


def test_nobody_manages_another_registration(candidate: Candidate) -> None:
    one, other = candidate.register().get_json(), candidate.register().get_json()
    path = f"/register/{one['client_id']}"

    tokens = (other["registration_access_token"], candidate.token, "x")
    answers = [
        candidate.send(method, path, token=token).status_code for token in tokens for method in ("GET", "DELETE")
    ]
    named = {"client_id": other["client_id"], "redirect_uris": [CALLBACK]}
    foreign = candidate.send("PUT", path, named, one["registration_access_token"])
    chosen = candidate.send(
        "PUT", path, {**named, "client_id": one["client_id"], "client_secret": "mine"}, one["registration_access_token"]
    )

    assert answers == [401] * 6
    assert [refused(foreign).split(":")[0], refused(chosen).split(":")[0]] == ["client_id", "client_secret"]


def test_a_service_that_deleted_itself_is_dead_and_its_token_too(candidate: Candidate, desk: Desk) -> None:
    said = candidate.register().get_json()
    path, own = f"/register/{said['client_id']}", said["registration_access_token"]

    gone = candidate.send("DELETE", path, token=own)
    again = candidate.send("GET", path, token=own)

    with desk.ledger.read() as session:
        [(_, lives)] = every(session, desk.now)
    assert (gone.status_code, again.status_code, lives) == (204, 401, False)


def test_a_service_that_says_it_always_pushes_and_binds_is_held_to_it(candidate: Candidate, visitor: Visitor) -> None:
    said = candidate.register(require_pushed_authorization_requests=True, dpop_bound_access_tokens=True).get_json()
    asked = {"response_type": "code", "client_id": said["client_id"], "redirect_uri": CALLBACK, "scope": "openid"}

    visitor.get("/authorize", asked)
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}
    own = (said["client_id"], said["client_secret"])
    token = candidate.app.test_client().post("/token", base_url=ISSUER, data=form, auth=own).get_json()

    assert visitor.redirected()["error_description"] == "authorize.not-pushed"
    assert token["error_description"] == "token.unbound"


_WORDS = st.sampled_from([
    "code", "none", "RS256", "ES256", "web", "pairwise", "private_key_jwt", "client_secret_basic", "tls_client_auth",
    "https://shop.la/x", "http://127.0.0.1/x", "openid profile", ACR[1], "refresh_token", "authorization_code",
])  # fmt: skip
_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | _WORDS | st.text(max_size=20),
                       lambda inner: st.lists(inner, max_size=3), max_leaves=4)  # fmt: skip
_NAMES = st.sampled_from([*(member.name for member in MEMBERS), "client_name", "response_types", "subject_type"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(profile=st.sampled_from(PROFILES), said=st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_no_registration_gets_beyond_the_row_of_its_invitation(profile: str, said: dict[str, Any]) -> None:
    invitation = Invitation(profile=profile, scopes="openid profile", minimum_level=2)
    try:
        wanted = read({"redirect_uris": [CALLBACK], **said}, invitation, ("ES256", "RS256"))
    except Unfit:
        return

    row = BY_NAME[profile]
    assert wanted.auth_method in row.methods
    assert {wanted.id_token_alg, wanted.userinfo_alg, wanted.declared.request_alg} <= {None, *row.algorithms}
    assert (set(wanted.scopes) <= {"openid", "profile"}, wanted.first_party, wanted.minimum_level) == (True, False, 2)
    assert json.dumps(described(wanted))


OWN, OTHER = "https://shop.la/jwks", "https://bank.la/jwks"
BY_NAME_TOO = {
    "grant_types": ["authorization_code", CIBA], "backchannel_token_delivery_mode": "poll",
    "token_endpoint_auth_method": "private_key_jwt", "client_name": "Shop",
}  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "sector"),
    [
        ({}, "shop.la"),
        ({"redirect_uris": [CALLBACK, "https://bank.la/cb"]}, None),
        ({"grant_types": ["authorization_code", DEVICE]}, None),
        ({**BY_NAME_TOO, "jwks_uri": OWN}, "shop.la"),
        ({**BY_NAME_TOO, "jwks_uri": OTHER}, None),
        ({**BY_NAME_TOO, "jwks": Holder().jwks}, None),
        ({**BY_NAME_TOO, "grant_types": [CIBA], "redirect_uris": [], "jwks_uri": OTHER}, "bank.la"),
    ],
    ids=["code", "two-hosts", "device", "keys-there", "keys-elsewhere", "keys-inline", "by-name-alone"],
)
def test_nobody_learns_the_names_that_people_have_at_a_host_he_does_not_hold(
    candidate: Candidate, desk: Desk, metadata: dict[str, Any], sector: str | None
) -> None:
    own = json.loads(metadata["jwks"]) if isinstance(metadata.get("jwks"), str) else metadata.get("jwks")
    said = candidate.register(**(metadata | ({"jwks": own} if own else {}))).get_json()

    with desk.ledger.read() as session:
        client = current(session, said["client_id"])
    assert client is not None
    assert client.sector == (sector or said["client_id"])


@pytest.mark.parametrize(
    ("metadata", "listed", "status"),
    [
        ({}, [CALLBACK], 201),
        ({}, [], 400),
        ({"grant_types": ["authorization_code", DEVICE]}, [CALLBACK], 400),
        ({**BY_NAME_TOO, "jwks_uri": OTHER}, [CALLBACK], 400),
        ({**BY_NAME_TOO, "jwks_uri": OTHER}, [CALLBACK, OTHER], 201),
        ({**BY_NAME_TOO, "grant_types": [CIBA], "redirect_uris": [], "jwks_uri": OWN}, [OTHER], 400),
    ],
)
def test_the_list_of_a_sector_names_every_address_by_which_tokens_come(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, metadata: dict[str, Any], listed: list[str], status: int
) -> None:
    fetcher = candidate.app.extensions["provider"].client_keys.fetcher
    answer = SimpleNamespace(status=200, body=json.dumps(listed).encode())
    monkeypatch.setattr(type(fetcher), "get", lambda _fetcher, _uri: answer)

    said = candidate.register(sector_identifier_uri="https://bank.la/sector", **metadata)

    refusal = said.get_json().get("error_description", "")
    assert (said.status_code, refusal[:22]) == (status, "" if status == 201 else "sector_identifier_uri:"), said.text
