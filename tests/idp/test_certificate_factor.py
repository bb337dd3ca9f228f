"""A certificate shown for signing in counts when the ledger has it, for that use, now, and of a living person."""

from datetime import timedelta
from hashlib import sha256

import pytest

from idp.factors.certificate import ShownCertificate, judge
from idp.provider import Provider
from ledger.certificates import Certificate, Hold, Intent, Issuer, Revocation
from ledger.decision import Refuse
from tests.idp.conftest import DESK, PersonRegistered
from tests.idp.visitor import Person

URL = "http://127.0.0.1/"


def certified(provider: Provider, person: Person, profile: str) -> bytes:
    """A certificate of that profile in the ledger; its octets, which are not looked into here."""
    der, now = f"certificate for {profile}".encode(), provider.ledger.clock.now()
    issuer = Issuer(
        id="i", name="officers", generation=1, certificate=b"-", crl_url=URL, ocsp_url=URL, certificate_url=URL
    )  # fmt: skip
    intent = Intent(
        id="c", issuer_id="i", serial_number="1", dense_number=1, profile=profile, tbs=b"-", person_id=person.id
    )  # fmt: skip
    certificate = Certificate(
        id="c", issuer_id="i", serial_number="1", sha256=sha256(der).hexdigest(), key_sha256="k", der=der,
        profile=profile, person_id=person.id, not_before=now, not_after=now + timedelta(days=1),
    )  # fmt: skip
    with provider.ledger.entry(PersonRegistered(person.id), DESK) as tx:
        tx.add(issuer, intent, certificate)
    return der


def judged(provider: Provider, der: bytes) -> ShownCertificate | Refuse:
    with provider.ledger.read() as reading:
        return judge(reading, der, provider.ledger.clock.now())


@pytest.mark.parametrize("profile", ["officer-authentication", "citizen-authentication"])
def test_an_authentication_certificate_says_who_it_is(provider: Provider, somphone: Person, profile: str) -> None:
    der = certified(provider, somphone, profile)

    assert judged(provider, der) == ShownCertificate("c", somphone.id)


@pytest.mark.parametrize("profile", ["officer-signing", "tls-server"])
def test_a_certificate_for_another_use_is_refused(provider: Provider, somphone: Person, profile: str) -> None:
    der = certified(provider, somphone, profile)

    assert judged(provider, der) == Refuse("sign-in.certificate-purpose")


def test_a_certificate_that_the_ledger_never_saw_is_refused(provider: Provider, somphone: Person) -> None:
    certified(provider, somphone, "officer-authentication")

    assert judged(provider, b"another with the same number") == Refuse("sign-in.certificate-unknown")


def test_a_certificate_past_its_time_is_refused(provider: Provider, somphone: Person) -> None:
    der = certified(provider, somphone, "officer-authentication")
    somphone.clock.turn(days=1, seconds=1)

    assert judged(provider, der) == Refuse("sign-in.certificate-expired")


@pytest.mark.parametrize("ending", ["revocation", "hold"])
def test_a_certificate_that_was_stopped_is_refused(provider: Provider, somphone: Person, ending: str) -> None:
    der = certified(provider, somphone, "officer-authentication")
    now = provider.ledger.clock.now()
    stop = {
        "revocation": Revocation(certificate_id="c", at=now, reason="keyCompromise"),
        "hold": Hold(id="h", certificate_id="c", at=now),
    }[ending]

    with provider.ledger.entry(PersonRegistered(somphone.id), DESK) as tx:
        tx.add(stop)

    assert judged(provider, der) == Refuse("sign-in.certificate-revoked")
