"""Certificates made: facts to the exact to-be-signed bytes, and these with their signature to a certificate.

Nothing here signs: the bytes are linted, written into the ledger as an intent, and only then shown to a key.
"""

from datetime import datetime
from functools import lru_cache

from pki import der, keys
from pki.errors import PkiError
from pki.extensions import extensions
from pki.issuer import IssuerView, issuer_view, root_view
from pki.parsed import (
    Extension,
    ParsedCertificate,
    ParsedTbs,
    certificates_from_pem,
    parse_certificate,
    parse_tbs,
)
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm

__all__ = [
    "CHANCE_OCTETS", "Extension", "IssuerView", "ParsedCertificate", "ParsedTbs", "assemble", "certificates_from_pem",
    "dense_number", "issuer_view", "parse_certificate", "parse_tbs", "root_view", "serial_number", "tbs",
    "validity",
]

CHANCE_OCTETS = 12
"""Random octets in a serial number: 96 bits, where CA/Browser Forum BR 7.1 asks for 64."""
_DENSE_BITS = 39
"""A dense number under 2^39 leaves the serial number positive and within 17 of its 20 octets."""
_VERSION_3 = der.explicit(0, der.integer(2))


def serial_number(dense: int, chance: bytes) -> int:
    """The serial number of an issuer's `dense`-th certificate: the dense number's octets, then 12 random ones.

    Unique under the issuer because `dense` is, positive, and under 2^159 (RFC 5280 clause 4.1.2.2). Raises
    ValueError for a dense number outside 1 … 2^39 - 1 or another count of random octets.
    """
    if not 1 <= dense < 1 << _DENSE_BITS or len(chance) != CHANCE_OCTETS:
        raise ValueError("A serial number is made of 1 … 2^39 - 1 and 12 random octets.")
    return dense << 8 * CHANCE_OCTETS | int.from_bytes(chance, "big")


def dense_number(serial: int) -> int:
    """The dense number that begins a serial number of ours. Raises PkiError if it can't be one."""
    dense = serial >> 8 * CHANCE_OCTETS
    if not 1 <= dense < 1 << _DENSE_BITS:
        raise PkiError("This serial number is not one of ours.", "pki.serial-foreign")
    return dense


def tbs(  # noqa: PLR0913 - the fields of a TBSCertificate
    profile: CertificateProfile, issuer: IssuerView, subject: bytes, spki: bytes, serial_number: int,
    not_before: datetime, not_after: datetime, *, alternative_names: tuple[str, ...] = (),
    value_limit_lak: int | None = None,
) -> bytes:
    """The DER TBSCertificate (RFC 5280 clause 4.1.2) of these facts; both ends of the validity are included.

    `subject` is a DER Name, `spki` DER; times are aware, fractions of a second are cut. Nothing is judged here:
    that is `pki.lint`'s. Raises PkiError for a broken key or name.
    """
    return der.sequence(
        _VERSION_3, der.integer(serial_number), keys.algorithm_identifier(issuer.algorithm), issuer.subject,
        validity(not_before, not_after), subject, spki,
        der.explicit(3, extensions(profile, issuer, spki, alternative_names, value_limit_lak)),
    )


@lru_cache(maxsize=1024)
def validity(not_before: datetime, not_after: datetime) -> bytes:
    """The DER Validity from the one moment to the other."""
    return der.sequence(der.time(not_before), der.time(not_after))


def assemble(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """The DER of the Certificate or CertificateList whose to-be-signed bytes are `tbs`, unchanged."""
    return der.sequence(tbs, keys.algorithm_identifier(algorithm), der.bit_string(signature))
