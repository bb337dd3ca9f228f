"""A value that pkilint decoded before is the one that it would decode."""

from typing import Any

import pytest
from pkilint import document, loader
from pyasn1.codec.der.encoder import encode
from pyasn1.error import PyAsn1Error
from pyasn1_alt_modules import rfc5280

from ca.issuance import pkilint_values
from ca.issuance.pkilint_rules import errors
from ca.profiles import PROFILES
from pki.parsed import parse_certificate
from tests.ca.specimens import specimens

COUNTRY = rfc5280.X520countryName()


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if not profile.is_ca])
def test_judged_again_a_certificate_is_judged_as_by_pkilints_own_way(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = parse_certificate(specimens().leaf(profile))
    once, again = errors(judged), errors(judged)
    asked: list[Any] = []

    def own(substrate: Any, **spec: Any) -> Any:
        asked.append(substrate)
        return pkilint_values.decode(substrate, **spec)

    monkeypatch.setattr(document, "decode_der", own)

    assert errors(judged) == once == again
    assert asked


def test_a_value_is_decoded_once_and_another_by_itself() -> None:
    laos, other = encode(rfc5280.X520countryName("LA")), encode(rfc5280.X520countryName("TH"))

    first, _ = pkilint_values.decoded_once(laos, asn1Spec=COUNTRY)
    again, _ = pkilint_values.decoded_once(laos, asn1Spec=COUNTRY)
    as_text, _ = pkilint_values.decoded_once(laos, asn1Spec=rfc5280.X520SerialNumber())

    assert again is first
    assert (str(first), str(pkilint_values.decoded_once(other, asn1Spec=COUNTRY)[0])) == ("LA", "TH")
    assert type(as_text) is rfc5280.X520SerialNumber


def test_what_cannot_be_decoded_fails_each_time() -> None:
    for _ in range(2):
        with pytest.raises((PyAsn1Error, ValueError)):
            pkilint_values.decoded_once(b"\x13\x02L", asn1Spec=COUNTRY)


def test_no_more_values_are_kept_than_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkilint_values, "_MOST", 3)
    monkeypatch.setattr(pkilint_values, "_kept", {})
    for number in range(10):
        pkilint_values.decoded_once(encode(rfc5280.X520SerialNumber(str(number))), asn1Spec=rfc5280.X520SerialNumber())

    assert 0 < len(pkilint_values._kept) <= 3


def test_a_whole_certificate_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkilint_values, "_kept", {})
    der = specimens().leaf("device")

    loader.RFC5280CertificateDocumentLoader().load_der_document(der, "certificate").root  # noqa: B018

    assert not any(octets == der for _, octets in pkilint_values._kept)
