"""What a person on duty had registered, a person on duty changes: each act signed, each version kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.changing import Change, Changed, as_it_is, change, changing
from idp.clients import Registration, current, registration_of, row
from idp.declared import NOTHING
from idp.registration.tables import ClientVersion
from idp.tables import ManagementProof
from ledger.decision import Refuse
from ledger.ledger import Ledger
from tests.idp.conftest import service
from tests.idp.desk import Desk
from tests.idp.registration_desk import Candidate, invited, open_organisation
from tests.idp.test_verbs import ADD, Operator, operator, today
from tests.idp.visitor import Person, Service, Visitor

__all__ = ["operator", "today"]
EVERYTHING = Registration(
    "ຮ້ານ", "Shop", "gov", ("https://shop.la/cb", "https://shop.la/cb2"), ("openid", "email"), ("https://shop.la/out",),
    "https://shop.la/back", True, 1, "tls_client_auth", None, "https://shop.la/jwks", "dns:shop.la", "ES256", "PS256",
    ("https://shop.la/r",), ("https://api.la",), "https://shop.la/front", True,
    replace(NOTHING, contacts=("a@shop.la",)), None, "ping", "https://shop.la/bell", "ES256", ("https://shop.la/api",),
)  # fmt: skip


def changed(desk: Desk, client_id: str, **values: Any) -> Changed | Refuse:
    """What came of these values in the place of others."""
    said = {name: values.pop(name) for name in ("other_subjects", "new_secret") if name in values}
    with desk.ledger.read() as reading:
        before = as_it_is(reading, client_id)
    if isinstance(before, Refuse):
        return before
    wanted = Change(client_id, before[1], replace(before[0], **values), **said)
    return change(desk.ledger, wanted, desk.sign(changing(wanted, desk.now)))


@pytest.mark.sqlite_only("about values alone")
@pytest.mark.parametrize("wanted", [EVERYTHING, Registration("ຮ້ານ", "Shop", "standard", ("https://shop.la/cb",))])
def test_a_client_says_all_that_it_was_registered_with(wanted: Registration) -> None:
    assert registration_of(row("c", wanted, "")) == wanted


def test_a_new_address_counts_at_once_and_the_one_before_no_more(
    visitor: Visitor, desk: Desk, edocument: Service, somphone: Person
) -> None:
    new = replace(edocument, redirect_uri="https://localhost:8448/new")

    done = changed(desk, edocument.client.client_id, redirect_uris=(new.redirect_uri,))
    before = visitor.get("/authorize", edocument.ask())
    code = visitor.sign_in(new, somphone)["code"]

    assert done == Changed(2, "")
    assert (before.status_code, "Location" in before.headers) == (400, False)
    assert new.redeem(visitor.app, code).status_code == 200


def test_each_version_and_the_act_that_made_it_are_kept(desk: Desk, edocument: Service, ledger: Ledger) -> None:
    client_id = edocument.client.client_id

    numbers = [changed(desk, client_id, name_en=name) for name in ("One", "Two")]

    with ledger.read() as reading:
        versions = reading.scalars(select(ClientVersion).order_by(ClientVersion.number)).all()
        acts = reading.scalars(select(ManagementProof.entry_id).where(ManagementProof.kind == "client.change")).all()
        client = current(reading, client_id)
    assert numbers == [Changed(2, ""), Changed(3, "")]
    assert {version.entry_id for version in versions} == set(acts)
    assert client is not None
    assert client.name_en == "Two"


def test_of_two_who_change_the_same_version_one_does(desk: Desk, edocument: Service) -> None:
    with desk.ledger.read() as reading:
        before = as_it_is(reading, edocument.client.client_id)
    assert not isinstance(before, Refuse)
    both = [Change(edocument.client.client_id, 1, replace(before[0], name_en=name)) for name in ("One", "Two")]

    done = [change(desk.ledger, one, desk.sign(changing(one, desk.now))) for one in both]

    assert done == [Changed(2, ""), Refuse("client.changed-meanwhile")]


def test_nobody_changes_it_by_an_act_about_something_else(desk: Desk, edocument: Service) -> None:
    with desk.ledger.read() as reading:
        before = as_it_is(reading, edocument.client.client_id)
    assert not isinstance(before, Refuse)
    signed, sent = (Change(edocument.client.client_id, 1, replace(before[0], name_en=name)) for name in ("One", "Two"))

    done = change(desk.ledger, sent, desk.sign(changing(signed, desk.now)))

    assert done == Refuse("management.not-about-this")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"redirect_uris": ("http://shop.la/",)}, "client.redirect-uri"),
        ({"redirect_uris": ("https://shop.la/cb",)}, "client.other-subjects"),
        ({"profile": "fapi2"}, "client.method"),
    ],
)
def test_what_is_not_fit_is_refused_as_at_registration(
    desk: Desk, edocument: Service, values: dict[str, Any], code: str
) -> None:
    assert changed(desk, edocument.client.client_id, **values) == Refuse(code)


def test_another_host_gives_other_subjects_only_where_that_is_meant(desk: Desk, edocument: Service) -> None:
    elsewhere = ("https://shop.la/cb",)

    done = changed(desk, edocument.client.client_id, redirect_uris=elsewhere, other_subjects=True)

    assert done == Changed(2, "")


def test_a_new_secret_counts_alone(app: Flask, desk: Desk, edocument: Service) -> None:
    done = changed(desk, edocument.client.client_id, new_secret=True)
    assert isinstance(done, Changed)
    renewed = edocument.as_(replace(edocument.client, client_secret=done.client_secret))

    answers = [one.post(app, "/introspect", {"token": "x"}).status_code for one in (edocument, renewed)]

    assert answers == [401, 200]


def test_who_registered_himself_manages_himself(app: Flask, desk: Desk) -> None:
    open_organisation(desk)
    own = Candidate(app, invited(desk).token).register().get_json()

    assert changed(desk, own["client_id"], name_en="Other") == Refuse("client.manages-itself")
    assert changed(desk, "nothing", name_en="Other") == Refuse("client.unknown")


def test_a_retired_client_is_not_changed(desk: Desk) -> None:
    gone = service(desk, 8472)
    desk.retire(gone.client.client_id)

    assert changed(desk, gone.client.client_id, name_en="Other") == Refuse("client.retired")


def test_the_verb_changes_what_is_named_and_takes_away_what_is(operator: Operator, tmp_path: Path) -> None:
    _, added = operator.act("client-add", *ADD, "--backchannel-logout-uri", "https://shop.la/out", "--scope", "openid")
    client = added["client_id"]

    exit_code, said = operator.act("client-change", client, "--en", "Market", "--without", "backchannel-logout-uri")
    same = operator.act("client-change", client, "--en", "Market")
    secret = operator.act("client-change", client, "--new-secret")[1]["client_secret"]
    [listed] = operator.call("client-list")[1]["clients"]

    assert (exit_code, said) == (0, {"client_id": client, "version": 2})
    assert (same[0], same[1]["error"]) == (1, "client.nothing-changes")
    assert (listed["name"]["en"], listed["backchannel_logout_uri"], listed["scopes"]) == ("Market", None, ["openid"])
    assert secret not in ("", added["client_secret"])
