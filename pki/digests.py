"""Digest algorithms that others may use: their identifiers, lengths, and which goes with which signature."""

from hashlib import new

from pki.der import NULL, OCTET_STRING, OID, oid, sequence
from pki.errors import ParseError
from pki.reader import Reader
from pki.signing import SignatureAlgorithm

_IDENTIFIERS = {
    "sha1": oid("1.3.14.3.2.26"),
    "sha256": oid("2.16.840.1.101.3.4.2.1"),
    "sha384": oid("2.16.840.1.101.3.4.2.2"),
    "sha512": oid("2.16.840.1.101.3.4.2.3"),
}
_NAMES = {encoded: name for name, encoded in _IDENTIFIERS.items()}
SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
"""Octets of each digest, by its `hashlib` name."""
OF_SIGNATURE = {
    SignatureAlgorithm.ECDSA_P256_SHA256: "sha256",
    SignatureAlgorithm.ECDSA_P384_SHA384: "sha384",
    SignatureAlgorithm.RSA_PKCS1_SHA256: "sha256",
    SignatureAlgorithm.ED25519: "sha512",
    SignatureAlgorithm.ML_DSA_44: "sha512",
    SignatureAlgorithm.ML_DSA_65: "sha512",
    SignatureAlgorithm.ML_DSA_87: "sha512",
}
"""The digest that goes with a signature algorithm in CMS (RFC 5754; RFC 8419 clause 2.3; RFC 9882 clause 3.3)."""


def digest_identifier(name: str) -> bytes:
    """The AlgorithmIdentifier of a digest, parameters absent (RFC 5754 clause 2)."""
    return sequence(_IDENTIFIERS[name])


def digest(name: str, octets: bytes) -> bytes:
    """The digest of `octets`. SHA-1 only names things here; it proves nothing."""
    return new(name, octets, usedforsecurity=False).digest()


def parse_digest_identifier(content: bytes) -> str | None:
    """The `hashlib` name that an AlgorithmIdentifier's content tells, None if it is not known. Raises ParseError.

    Parameters of a known one may be absent or NULL, nothing else: what strangers put there would come back under our
    signature. What is unknown is answered by nothing that is signed, so its parameters may be any.
    """
    algorithm = Reader(content)
    name = _NAMES.get(algorithm.whole(OID))
    if name is None and algorithm.more:
        algorithm.element()
    elif algorithm.more and algorithm.value(NULL):
        raise ParseError("a NULL that holds something")
    algorithm.finish()
    return name


def read_digest(reader: Reader, name: str | None) -> bytes:
    """The next OCTET STRING, of the length that digest `name` has, if it is known. Raises ParseError."""
    octets = reader.value(OCTET_STRING)
    if name is not None and len(octets) != SIZES[name]:
        raise ParseError(f"{len(octets)} octets where {name} has {SIZES[name]}", "pki.digest-length")
    return octets
