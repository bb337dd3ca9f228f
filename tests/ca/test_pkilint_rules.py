"""What names a person or a body by its number is judged once: among ETSI's rules are all those of RFC 5280."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pkilint import loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.validation import ValidationFindingSeverity, ValidatorContainer

from ca.issuance.pkilint_rules import Error as Found
from ca.issuance.pkilint_rules import _excused, errors, rules_of_etsi, rules_of_rfc_5280
from pki.errors import PkiError
from pki.parsed import parse_certificate
from tests.ca.specimens import specimens

KINDS = (CertificateType.NCP_NATURAL_PERSON_CERTIFICATE, CertificateType.NCP_LEGAL_PERSON_CERTIFICATE)
NUMBERED = ("officer-signing", "organisation-seal")
RFC_5280 = rules_of_rfc_5280()


def places(container: ValidatorContainer, within: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each rule by its name, with what it and each container around it are about."""
    for rule in container.validators:
        about = (rule._path, rule._pdu_class, bool(rule._predicate))
        if isinstance(rule, ValidatorContainer):
            yield from places(rule, (*within, about))
        else:
            yield (*within, type(rule), about)


def by_rfc_5280(der: bytes) -> set[Found]:
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(der, "certificate")
    told = (each for result in RFC_5280.validate(document.root) for each in result.finding_descriptions)
    found = [
        Found(each.finding.severity.name, each.finding.code, each.message or "")
        for each in told
        if each.finding.severity <= ValidationFindingSeverity.ERROR
    ]
    return {one for one in found if not _excused(one)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_rule_of_rfc_5280_stands_in_its_place_among_those_of_etsi(kind: CertificateType) -> None:
    every, more = Counter(places(RFC_5280)), Counter(places(rules_of_etsi(kind)))

    assert sum(every.values()) > 50
    assert not every - more


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.sampled_from(NUMBERED), some.integers(4, 700), some.integers(1, 255))
def test_whatever_rfc_5280_forbids_is_found_in_a_spoilt_certificate(profile: str, at: int, flipped: int) -> None:
    der = bytearray(specimens().leaf(profile))
    der[at % len(der)] ^= flipped
    try:
        judged = parse_certificate(bytes(der))
        wrong, told = by_rfc_5280(bytes(der)), errors(judged)
    except (PkiError, ValueError):  # what cannot be read is a finding of its own
        return

    assert {one.code for one in wrong} <= {one.code for one in told}
