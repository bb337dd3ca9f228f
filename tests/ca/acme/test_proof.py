"""What the signing room does not believe, though a listener that was broken into wrote it."""

import json
from collections.abc import Sequence

import pytest

from ca.machines.acme.challenges import Method
from ca.machines.acme.kept import SHOWN_WITHIN
from ca.machines.forms import parsed_form
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.acme import (
    AcmeAccount,
    AcmeAccountKey,
    AcmeAccountTerms,
    AcmeAuthorization,
    AcmeChallengeReady,
    AcmeFinalization,
    AcmeOrder,
    AcmeValidation,
)
from ledger.base import Fact
from ledger.event import Actor
from ledger.ledger import Deed, Taken
from pki.jwk import thumbprint
from pki.request import SigningRequest
from tests.ca.acme.client import AcmeClient, Answer, binding, csr, octets, text
from tests.ca.acme.conftest import BASE, Acme, changing
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.issuing import KeySigner

WWW = "proof.mtc.gov.la"
"""Of these tests alone: only so many certificates a week have the very same names."""
LISTENER = Actor.system("machines")


def write(acme: Acme, *facts: Fact) -> None:
    """As whoever has the listener's role could."""
    acme.ca.ledger.entries([Deed(Registered("forged"), TEST, facts)])


def key_of(place: str) -> str:
    return place.rsplit("/", 1)[1]


def handed_in(acme: Acme, account: str, order: str, request: str, proof: bytes) -> None:
    """The request is there as the listener's own door makes it, with whatever proof it likes."""
    made = parsed_form(octets(request))
    assert isinstance(made, SigningRequest)
    asking = Asking(
        acme.allowance.id,
        Protocol.ACME,
        made,
        CredentialKind.ACCOUNT,
        account,
        proof,
        names=(WWW,),
    )
    taken = take_up(
        acme.ca.ledger, asking, LISTENER, practice=True,
        further=lambda key: [AcmeFinalization(order_id=order, enrolment_id=key)],
    )  # fmt: skip
    assert isinstance(taken, str), taken


def refused(acme: Acme) -> list[str]:
    return [code for _, code in acme.turn()]


def message(client: AcmeClient, order: Answer, request: str) -> bytes:
    return client.message(order.json["finalize"], {"csr": request})


def test_nothing_is_issued_for_what_nobody_looked_up(shared: Acme) -> None:
    client = shared.client()
    order, request = client.order(WWW), csr([WWW])
    client.post(client.challenge(order, "http-01")["url"], {})

    handed_in(shared, key_of(str(client.kid)), key_of(order.place), request, message(client, order, request))

    assert refused(shared) == ["acme.unproven"]


def test_nothing_is_issued_for_another_request_than_the_account_signed_for(shared: Acme) -> None:
    client = shared.client()
    order, swapped = shared.ready(client, WWW), csr([WWW])

    handed_in(shared, key_of(str(client.kid)), key_of(order.place), swapped, message(client, order, csr([WWW])))

    assert refused(shared) == ["acme.unproven"]


def test_a_signature_for_another_order_does_not_count(shared: Acme) -> None:
    client, request = shared.client(), csr([WWW])
    order, other = shared.ready(client, WWW), shared.ready(client, WWW)

    handed_in(shared, key_of(str(client.kid)), key_of(order.place), request, message(client, other, request))

    assert refused(shared) == ["acme.unproven"]


def test_a_signature_of_nobodys_key_does_not_count(shared: Acme) -> None:
    client, request = shared.client(), csr([WWW])
    order = shared.ready(client, WWW)
    thief = AcmeClient(shared.send, BASE, KeySigner(), client.kid)

    handed_in(shared, key_of(str(client.kid)), key_of(order.place), request, message(thief, order, request))

    assert refused(shared) == ["acme.unproven"]


def test_a_key_that_the_old_one_did_not_sign_for_is_not_the_accounts(shared: Acme) -> None:
    client, thief, request = shared.client(), KeySigner(), csr([WWW])
    order, account = shared.ready(client, WWW), key_of(str(client.kid))
    forged = AcmeAccountKey(
        id=shared.ca.ledger.new_id(), account_id=account, number=2, thumbprint=thumbprint(thief.public_key),
        spki=thief.public_key, request=b"{}",
    )  # fmt: skip
    write(shared, forged)
    own = AcmeClient(shared.send, BASE, thief, client.kid)

    handed_in(shared, account, key_of(order.place), request, message(own, order, request))

    assert refused(shared) == ["acme.unproven"]


def made_up(
    acme: Acme, secret: bytes, names: str | None = None, token: str | None = None
) -> tuple[AcmeClient, str, str]:
    """An account, an order and a challenge that is met, which the listener made up with this secret.

    The answer `names` this thumbprint in place of the account's own.
    """
    client, ledger = acme.stranger(), acme.ca.ledger
    url = client.url("new-account")
    bound = binding(acme.secret.reference, secret, url, client.signer)
    request = client.message(url, {"termsOfServiceAgreed": True, "externalAccountBinding": bound})
    account, order, authorization = (ledger.new_id() for _ in range(3))
    now = ledger.clock.now()
    client.kid = client.url(f"account/{account}")
    answered = client.message(client.url(f"challenge/{authorization}/http-01"), {})
    rows: Sequence[Fact] = [
        AcmeAccount(id=account, allowance_id=acme.allowance.id, secret_id=acme.secret.id, request=request),
        AcmeAccountKey(
            id=ledger.new_id(), account_id=account, number=1, thumbprint=client.thumbprint,
            spki=client.signer.public_key,
        ),
        AcmeAccountTerms(id=ledger.new_id(), account_id=account, number=1, terms_version=1, terms_digest="00" * 32),
        AcmeOrder(id=order, account_id=account, names=json.dumps([WWW]), names_sha256="00" * 32, expires_at=now),
        AcmeAuthorization(id=authorization, order_id=order, name=WWW, token=token or text(ledger.randomness(32))),
        AcmeChallengeReady(
            authorization_id=authorization, method=Method.HTTP.value, thumbprint=names or client.thumbprint,
            request=answered,
        ),
        AcmeValidation(authorization_id=authorization, at=now, method=Method.HTTP.value, addresses="[]"),
    ]  # fmt: skip
    write(acme, *rows)
    return client, account, order


@pytest.mark.parametrize(("secret", "codes"), [(b"guessed", ["acme.binding-wrong"]), (None, [])])
def test_an_account_that_no_holder_of_the_secret_bound_gets_nothing(
    shared: Acme, secret: bytes | None, codes: list[str]
) -> None:
    client, account, order = made_up(shared, secret or shared.key)
    request = csr([WWW])
    proof = client.message(client.url(f"order/{order}/finalize"), {"csr": request})

    handed_in(shared, account, order, request, proof)

    assert refused(shared) == codes


@pytest.mark.parametrize("bent", [{"names": "thumbprint-of-another"}, {"token": "../../look?at=another"}], ids=str)
def test_an_answer_that_names_another_key_or_no_token_shows_nothing(shared: Acme, bent: dict[str, str]) -> None:
    client, account, order = made_up(shared, shared.key, **bent)
    request = csr([WWW])
    proof = client.message(client.url(f"order/{order}/finalize"), {"csr": request})

    handed_in(shared, account, order, request, proof)

    assert refused(shared) == ["acme.unproven"]


def test_a_token_of_before_is_given_to_nobody_again(shared: Acme) -> None:
    token = text(shared.ca.ledger.randomness(32))
    made_up(shared, shared.key, token=token)

    with pytest.raises(Taken):
        made_up(shared, shared.key, token=token)


def test_what_was_shown_too_long_ago_counts_no_more(shared: Acme) -> None:
    client = shared.client()
    shared.finalized(client, WWW)
    shared.ca.ledger.clock.turn(seconds=SHOWN_WITHIN.total_seconds() + 1)  # type: ignore[attr-defined]

    assert refused(shared) == ["acme.validation-old"]


def test_an_account_that_ended_meanwhile_gets_nothing(shared: Acme) -> None:
    client = shared.client()
    shared.finalized(client, WWW)
    client.post(str(client.kid), {"status": "deactivated"})

    assert refused(shared) == ["machine.credential"]


def test_the_order_says_that_the_room_refused_it(shared: Acme) -> None:
    client = shared.client()
    order = shared.finalized(client, WWW)
    shared.ca.ledger.clock.turn(hours=9)  # type: ignore[attr-defined]
    shared.turn()

    after = client.post(order.place)

    assert (after.json["status"], after.json["error"]["code"]) == ("invalid", "acme.validation-old")


def test_after_a_change_of_key_the_new_one_finalizes(shared: Acme) -> None:
    client, new = shared.client(), KeySigner()
    order = shared.ready(client, WWW)
    assert client.post(client.url("key-change"), changing(client, new)).status == 200
    after = AcmeClient(shared.send, BASE, new, client.kid)

    assert after.post(order.json["finalize"], {"csr": csr([WWW])}).status == 200

    assert refused(shared) == []
