"""Forms of requests that are none of the protocol's, or hold what cannot be read: refused, and nothing breaks."""

from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from ca.machines.acme.finalizing import fitting
from ca.machines.doors import by_reference
from ca.machines.forms import fits_form, parsed_form, wish_of
from ca.machines.rules import Protocol
from ledger.decision import Refuse
from pki import der
from pki.base64url import encode
from pki.request import SigningRequest
from tests.ca.machines.cmp_client import asked, key, template


def crmf(subject: bytes) -> bytes:
    """A CertReqMsg with this for a subject, its possession proved."""
    own = key()
    fields = [one.whole for one in der.parts(template(own, "a.mtc.gov.la")) if one.tag != 0xA5]
    request = der.sequence(der.integer(0), der.sequence(der.explicit(5, subject), *fields))
    signature = own.sign(request, ec.ECDSA(SHA256()))
    proof = der.tlv(0xA1, der.sequence(der.oid("1.2.840.10045.4.3.2")), der.bit_string(signature))
    return der.sequence(request, proof)


@pytest.mark.parametrize("subject", [der.sequence(der.octet_string(b"x")), b"\x30\x03\x31\x01\x00"])
def test_a_template_whose_subject_is_no_name_is_malformed(subject: bytes) -> None:
    request = parsed_form(crmf(subject))

    assert isinstance(request, SigningRequest)
    assert wish_of(request, "tls-server") == Refuse("enrolment.request-malformed")
    assert fits_form(request, "tls-server", ("a.mtc.gov.la",)) == Refuse("enrolment.request-malformed")


def test_acme_takes_no_crmf() -> None:
    request = der.parts(asked(key(), "a.mtc.gov.la"))[0].whole

    assert fitting(encode(request), ("a.mtc.gov.la",), b"") == Refuse("acme.csr")


@pytest.mark.parametrize("reference", ["a\0b", "ກ", "\ufffd"])
def test_no_database_is_asked_for_a_reference_that_is_none_of_ours(reference: str) -> None:
    assert by_reference(cast("Any", None), Protocol.EST, reference) is None
