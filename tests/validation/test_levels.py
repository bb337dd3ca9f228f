"""The level of a signature is computed from what is in the document, and a good time stamp outlives the certificate."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tests.validation.authority import SmallAuthority


@pytest.fixture
def brief(small: SmallAuthority) -> SmallAuthority:
    """The small authority with a signer's certificate of ten days."""
    old = small.certificates["signer"]
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), 99)
    builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(small.clock.now() + timedelta(days=10))
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    small.certificates["signer"] = builder.sign(small.keys["officers"].private, SHA256())
    return small


def test_with_time_stamp_and_status_evidence_it_is_lt(small: SmallAuthority, document: bytes) -> None:
    (finding,) = small.read(small.sign(document))

    assert finding.level == "LT"


def test_with_a_time_stamp_alone_it_is_t(small: SmallAuthority, document: bytes) -> None:
    (finding,) = small.read(small.sign(document, embed_status=False))

    assert finding.level == "T"


def test_a_signature_in_good_time_outlives_its_certificate(brief: SmallAuthority, document: bytes) -> None:
    signed, at = brief.sign(document), brief.clock.now()
    brief.clock.turn(days=11)

    (finding,) = brief.read(signed)

    assert (finding.indication, finding.time) == ("TOTAL-PASSED", at)


def test_a_signature_made_after_its_certificate_ended_does_not_pass(brief: SmallAuthority, document: bytes) -> None:
    brief.clock.turn(days=11)

    (finding,) = brief.read(brief.sign(document, embed_status=False))

    assert finding.indication != "TOTAL-PASSED"
