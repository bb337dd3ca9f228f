"""CMS as enrolment protocols use it: bags of certificates and no signature (RFC 5652 clause 5, RFC 8951)."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509 import load_der_x509_certificate


def certificates_only(certificates: Sequence[bytes]) -> bytes:
    """The DER ContentInfo that holds these DER certificates and is signed by nobody."""
    return serialize_certificates([load_der_x509_certificate(one) for one in certificates], Encoding.DER)
