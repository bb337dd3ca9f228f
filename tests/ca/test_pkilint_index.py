"""The way through pkilint's rules that asks less finds exactly what pkilint's own way finds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pkilint import loader
from pkilint.validation import ValidatorContainer

from ca.issuance.pkilint_index import indexed
from ca.issuance.pkilint_rules import rules_of_rfc_5280
from ca.profiles import PROFILES
from pki.errors import PkiError
from pki.parsed import parse_certificate
from tests.ca.specimens import specimens

PROFILED = [name for name, profile in PROFILES.items() if not profile.is_ca]


OWN, OURS = rules_of_rfc_5280(), indexed(rules_of_rfc_5280())


def found(container: ValidatorContainer, der: bytes) -> list[tuple[str, str, str]]:
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(der, "certificate")
    return [
        (type(result.validator).__name__, result.node.path, str(described))
        for result in container.validate(document.root)
        for described in result.finding_descriptions or [None]
    ]


@pytest.mark.parametrize("profile", PROFILED)
def test_a_certificate_of_each_profile_is_judged_alike(profile: str) -> None:
    der = specimens().leaf(profile)

    assert found(OURS, der) == found(OWN, der) != []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.integers(4, 700), some.integers(1, 255))
def test_a_spoilt_certificate_is_judged_alike(at: int, flipped: int) -> None:
    der = bytearray(specimens().leaf("officer-signing"))
    der[at % len(der)] ^= flipped
    try:
        parse_certificate(bytes(der))
        own = found(OWN, bytes(der))
    except (PkiError, ValueError):
        return

    assert found(OURS, bytes(der)) == own
