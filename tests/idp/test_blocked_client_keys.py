"""A key in other hands is no client's: it cannot be registered, and what was done with it ends with its block."""

import json
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from joserfc.jwk import ECKey

from idp.client_keys import ClientKeys
from idp.clients import RegisteredClient, Registration
from idp.encryption import Envelope, ReaderUnknown, enclosed
from idp.provider import Provider
from idp.request_object import opened
from idp.tables import Client
from ledger.base import Fact
from ledger.certificates import KeyBlock, KeyUse
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.people import Organisation
from pki.jwk import spki_of
from pki.keys import key_sha256
from tests.doubles import TurnedClock
from tests.idp.conftest import service
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.keys import Holder, self_signed_pair
from tests.idp.registration_desk import Candidate, invited, open_organisation
from tests.idp.test_client_authentication import Published, asked, asserted
from tests.idp.test_client_change import changed
from tests.idp.visitor import ISSUER
from web.words import WORDS

SHOP = "https://shop.la/cb"


def digest_of(holder: Holder) -> str:
    return key_sha256(spki_of(holder.key.as_dict(private=False)))


def write(ledger: Ledger, *facts: Fact) -> None:
    with ledger.entry(Arranged("keys"), TEST) as tx:
        tx.add(*facts)


def block(ledger: Ledger, key: str, subject: str = "nobody") -> None:
    write(ledger, KeyUse(key_sha256=key, subject=subject), KeyBlock(key_sha256=key, at=ledger.clock.now()))


def wanted(jwks: str) -> Registration:
    return Registration("ຮ້ານ", "Shop", "standard", (SHOP,), auth_method="private_key_jwt", jwks=jwks)


def test_a_blocked_key_is_registered_by_no_way_and_each_says_what_to_do(app: Flask, desk: Desk) -> None:
    holder, other = Holder(), Holder()
    open_organisation(desk)
    candidate = Candidate(app, invited(desk, most=3).token)
    block(desk.ledger, digest_of(holder))
    own = desk.register(wanted(other.jwks))
    assert isinstance(own, RegisteredClient)

    at_the_desk = desk.register(wanted(holder.jwks))
    in_a_change = changed(desk, own.client_id, jwks=holder.jwks)
    by_itself = candidate.register(token_endpoint_auth_method="private_key_jwt", jwks=json.loads(holder.jwks))

    assert (at_the_desk, in_a_change) == (Refuse("client.key-blocked"), Refuse("client.key-blocked"))
    assert by_itself.get_json()["error"] == "invalid_client_metadata"
    assert by_itself.get_json()["error_description"].startswith("jwks: a key in it is blocked for ever")
    assert "make another" in WORDS["client.key-blocked"][1]


@pytest.mark.parametrize(
    ("subject", "taken"), [("p1", False), ("token", False), ("o1", True)], ids=["a person's", "ours", "a body's"]
)
def test_the_key_of_a_person_or_of_our_own_is_no_clients_and_that_of_a_body_may_be(
    desk: Desk, subject: str, taken: bool
) -> None:
    holder = Holder()
    write(desk.ledger, KeyUse(key_sha256=digest_of(holder), subject=subject), Organisation(id="o1", code="ORG-KEYS"))

    came = desk.register(wanted(holder.jwks))

    assert isinstance(came, RegisteredClient) if taken else came == Refuse("client.key-used")


def test_a_blocked_key_beside_the_one_of_a_registered_certificate_is_found(desk: Desk) -> None:
    shown, private = self_signed_pair()
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    block(desk.ledger, key_sha256(spki))
    key = Holder().key.as_dict(private=False) | {"x5c": [b64encode(shown).decode()]}

    came = desk.register(wanted(json.dumps({"keys": [key]})))

    assert came == Refuse("client.key-blocked")


@pytest.mark.parametrize("by_address", [False, True], ids=["inline", "behind an address"])
def test_an_assertion_and_a_request_object_count_until_their_key_is_blocked(
    app: Flask, desk: Desk, provider: Provider, clock: TurnedClock, *, by_address: bool
) -> None:
    holder = Holder()
    object.__setattr__(provider, "client_keys", ClientKeys(Published(holder.jwks)))
    where: dict[str, Any] = {"jwks_uri": "https://service.gov.la/jwks"} if by_address else {"jwks": holder.jwks}
    own = service(desk, 8480, auth_method="private_key_jwt", **where).client.client_id
    with desk.ledger.read() as session:
        client = session.get_one(Client, own)

    def proofs(jti: str) -> tuple[str, bool]:
        at = int(clock.now().timestamp())
        claims = {"iss": own, "aud": ISSUER, "exp": at + 60, "client_id": own, "scope": "openid"}
        assertion = asserted(holder.assertion(own, ISSUER, clock.now(), jti=jti))
        return asked(app, assertion), not isinstance(opened(provider, client, holder.sign(claims)), Refuse)

    before = proofs("one")
    block(desk.ledger, digest_of(holder))
    after = proofs("two")

    assert (before, after) == (("proven", True), ("invalid_client", False))


def test_a_self_signed_certificate_counts_until_its_key_is_blocked(app: Flask, desk: Desk) -> None:
    shown, private = self_signed_pair()
    named = ECKey.import_key(private, {"kid": "k1", "use": "sig"}).as_dict(private=False)
    jwks = json.dumps({"keys": [named | {"x5c": [b64encode(shown).decode()]}]})
    own = service(desk, 8481, profile="fapi2", auth_method="self_signed_tls_client_auth", jwks=jwks).client.client_id

    before = asked(app, {"client_id": own}, shown)
    block(desk.ledger, key_sha256(spki_of(named)))
    after = asked(app, {"client_id": own}, shown)

    assert (before, after) == ("proven", "invalid_client")


def test_nothing_is_encrypted_to_a_blocked_key(desk: Desk, provider: Provider) -> None:
    key = ECKey.generate_key("P-256", {"kid": "e1", "use": "enc"})
    client, envelope = Client(id="c", jwks=Holder(key).jwks, jwks_uri=None), Envelope("ECDH-ES", "A256GCM")

    before = enclosed(provider, client, "token", envelope)
    block(desk.ledger, digest_of(Holder(key)))

    assert before.count(".") == 4
    with pytest.raises(ReaderUnknown):
        enclosed(provider, client, "token", envelope)
