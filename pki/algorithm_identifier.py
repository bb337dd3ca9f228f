"""AlgorithmIdentifiers as DER, of our signature algorithms and of the digests that others may use."""

from pki.signing import SignatureAlgorithm
from pki.tlv import NULL, SEQUENCE, oid, tlv

_NULL = tlv(NULL)
SIGNATURE = {
    SignatureAlgorithm.ECDSA_P256_SHA256: tlv(SEQUENCE, oid("1.2.840.10045.4.3.2")),
    SignatureAlgorithm.ECDSA_P384_SHA384: tlv(SEQUENCE, oid("1.2.840.10045.4.3.3")),
    SignatureAlgorithm.RSA_PKCS1_SHA256: tlv(SEQUENCE, oid("1.2.840.113549.1.1.11"), _NULL),
    SignatureAlgorithm.ED25519: tlv(SEQUENCE, oid("1.3.101.112")),
}
"""Of each signature algorithm (RFC 5758, RFC 4055 clause 5, RFC 8410 clause 3)."""

DIGESTS = {
    oid("1.3.14.3.2.26"): "sha1",
    oid("2.16.840.1.101.3.4.2.1"): "sha256",
    oid("2.16.840.1.101.3.4.2.2"): "sha384",
    oid("2.16.840.1.101.3.4.2.3"): "sha512",
}
"""The `hashlib` name of a digest by its OBJECT IDENTIFIER in DER."""
DIGEST_SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}

SIGNATURE_DIGEST = {
    SignatureAlgorithm.ECDSA_P256_SHA256: "sha256",
    SignatureAlgorithm.ECDSA_P384_SHA384: "sha384",
    SignatureAlgorithm.RSA_PKCS1_SHA256: "sha256",
    SignatureAlgorithm.ED25519: "sha512",
}
"""The digest that goes with a signature algorithm in CMS (RFC 5754; RFC 8419 clause 2.3 for Ed25519)."""


def digest_identifier(name: str) -> bytes:
    """The AlgorithmIdentifier of a digest, parameters absent (RFC 5754 clause 2)."""
    return next(tlv(SEQUENCE, encoded) for encoded, known in DIGESTS.items() if known == name)
