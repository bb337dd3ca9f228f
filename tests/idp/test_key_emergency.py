"""A token key that others may know: from one moment to the next nothing that it signed counts, and another signs."""

from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from idp.declared import Declared
from idp.key_emergency import REVOKE, Revoked, Sender, revoke
from idp.key_rotation import changing
from idp.provider import Provider
from idp.token_keys import TokenKey
from ledger.decision import Refuse
from ledger.outbox import OutboxMessage
from tests.idp.conftest import service
from tests.idp.desk import Desk, desk_of
from tests.idp.registration_desk import agreed, open_organisation
from tests.idp.test_key_rotation import Rolling, published
from tests.idp.test_tokens import asked
from tests.idp.visitor import ISSUER, Person, Service, Visitor
from tests.issuing import KeySigner
from tests.serving import home_with_keys

SENDER = Sender("ca@egov.gov.la", ISSUER)


@pytest.fixture
def rolling(desk: Desk, provider: Provider, tmp_path: Path) -> Rolling:
    return Rolling(desk, provider, tmp_path / "rolling")


def revoked(desk: Desk, provider: Provider, kid: str, fresh: tuple[TokenKey, str] | None = None) -> Revoked | Refuse:
    signed = desk.sign(changing(REVOKE, kid, desk.now))
    return revoke(desk.ledger, provider.keyring, kid, signed, SENDER, fresh)


def test_the_announced_key_signs_at_once_and_what_the_other_signed_counts_nowhere(
    app: Flask,
    provider: Provider,
    desk: Desk,
    rolling: Rolling,
    visitor: Visitor,
    edocument: Service,
    somphone: Person,
) -> None:
    rolling.announce()
    tokens = edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"]).get_json()
    before = asked(app, tokens["access_token"])

    done = revoked(desk, provider, provider.keys.first.kid)
    somphone.clock.turn(seconds=1)
    access, hint = tokens["access_token"], tokens["id_token"]
    userinfo = asked(app, access)
    introspected = edocument.post(app, "/introspect", {"token": access}).get_json()
    ended = visitor.get("/end-session", {"id_token_hint": hint}).status_code
    visitor.get("/authorize", edocument.ask(prompt="none", id_token_hint=hint))
    hinted = visitor.redirected()
    fresh = edocument.refresh(app, tokens["refresh_token"]).get_json()

    assert (before[0], done) == (200, Revoked(rolling.new.kid, 0))
    assert (userinfo[0], introspected, ended) == (401, {"active": False}, 400)
    assert hinted["error"] == "login_required"
    assert published(app) == [rolling.new.kid]
    assert asked(app, fresh["access_token"])[0] == 200


def test_without_another_key_nothing_is_revoked_unless_a_new_one_is_given(
    app: Flask, provider: Provider, desk: Desk, tmp_path: Path
) -> None:
    signer, kid = KeySigner(), provider.keys.first.kid
    uri = home_with_keys(tmp_path / "fresh", {"token-9": signer}).key_uri("token-9")

    alone = revoked(desk, provider, kid)
    replaced = revoked(desk, provider, kid, (TokenKey(signer), uri))
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]
    again = revoked(desk, provider, kid)

    assert (alone, again) == (Refuse("token-key.no-next"), Refuse("token-key.unknown"))
    assert replaced == Revoked(TokenKey(signer).kid, 0)
    assert published(app) == [TokenKey(signer).kid]


def test_an_announced_key_that_others_may_know_goes_and_the_one_that_signs_goes_on(
    app: Flask, provider: Provider, desk: Desk, rolling: Rolling
) -> None:
    rolling.announce()
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]

    done = revoked(desk, provider, rolling.new.kid)
    desk.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]

    assert done == Revoked(None, 0)
    assert published(app) == [provider.keys.first.kid]
    assert isinstance(rolling.use(), Refuse)


def test_services_are_written_to_and_told_what_to_do(provider: Provider, desk: Desk, rolling: Rolling) -> None:
    gone = service(desk, 8471, declared=Declared(contacts=("old@gone.gov.la",)))
    desk.retire(gone.client.client_id)
    for port, contacts in ((8472, ("a@mtc.gov.la", "b@mtc.gov.la")), (8473, ("b@mtc.gov.la",))):
        service(desk, port, declared=Declared(contacts=contacts))
    rolling.announce()

    done = revoked(desk, provider, kid := provider.keys.first.kid)

    with provider.ledger.read() as reading:
        letters = reading.scalars(select(OutboxMessage).order_by(OutboxMessage.url)).all()
    assert done == Revoked(rolling.new.kid, 2)
    assert [one.url for one in letters] == ["mailto:a@mtc.gov.la", "mailto:b@mtc.gov.la"]
    assert f"{kid} of {ISSUER}: it is revoked." in message_from_bytes(letters[0].body, policy=SMTP).get_content()


def test_who_named_nobody_is_written_to_at_the_organisation(provider: Provider, desk: Desk, rolling: Rolling) -> None:
    open_organisation(desk, "info@mtc.gov.la")
    service(desk, 8471, agreed=agreed(desk))
    rolling.announce()

    done = revoked(desk, provider, provider.keys.first.kid)

    with provider.ledger.read() as reading:
        assert reading.scalars(select(OutboxMessage.url)).all() == ["mailto:info@mtc.gov.la"]
    assert done == Revoked(rolling.new.kid, 1)


def test_nobody_without_a_duty_revokes_a_key_and_none_is_made_up(desk: Desk, provider: Provider) -> None:
    kid = provider.keys.first.kid

    assert revoked(desk, provider, "other") == Refuse("token-key.unknown")
    assert revoked(desk_of(desk.ledger, "10900078", duty=None), provider, kid) == Refuse("management.not-on-duty")
