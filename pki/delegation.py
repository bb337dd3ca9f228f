"""Who may speak for a CA about status: a responder that the CA certified for that, itself under a root of one's own.

A CA that has reached its end is judged at its last second: its last responder speaks on for ever (decision 0030), and
it must take no other CA with it.

Shorter than a whole path (`pki.path`): no names, policies or addresses are judged, and keys of every algorithm of ours
can be in it. For certificates of people this is not enough.
"""

from collections.abc import Sequence
from datetime import datetime

from pki import keys, oids
from pki.certificate import parse_certificate
from pki.crl import parse_crl
from pki.errors import SignatureInvalid
from pki.parsed import ParsedCertificate
from pki.path import PathInvalid, PathRevoked
from pki.profile import KeyUsage

_LONGEST = 4
"""CAs between a responder and a root."""


def verify_authority(authority: bytes, above: Sequence[bytes], roots: Sequence[bytes], at: datetime) -> None:
    """The CA (DER) is one of `roots`, or was certified under one of them by way of `above`, all valid at `at`.

    All that is above one that has ended counts if it was valid then. Raises PkiError.
    """
    known = [parse_certificate(one) for one in {*above, *roots}]
    found = parse_certificate(authority)
    at = min(at, found.not_after)
    for _ in range(_LONGEST):
        if found.der in roots:
            _valid(found, at)
            return
        found = _issuer(found, known, at)
    raise PathInvalid("no way from this CA to a root", "path.no-anchor")


def verify_responder(responder: ParsedCertificate, authority: ParsedCertificate, at: datetime) -> None:
    """The CA itself certified this responder (RFC 6960 clause 4.2.2.2), valid at `at`. Raises PkiError.

    It speaks for that CA and for no other. Whether the CA counts is not asked here.
    """
    _valid(responder, at)
    _issued(responder, authority)
    if oids.EKU_OCSP_SIGNING not in responder.extended_key_usages or responder.is_ca:
        raise PathInvalid("not certified for signing status")


def revoked_among(authorities: Sequence[ParsedCertificate], crls: Sequence[bytes]) -> dict[bytes, PathRevoked]:
    """The CAs (DER) that are on one of these CRLs, each of which one of them signed. Raises PkiError."""
    found = {}
    for der in crls:
        crl = parse_crl(der)
        issuers = [one for one in authorities if one.subject == crl.issuer and _signed(one, crl.tbs, crl.signature)]
        if not issuers:
            raise PathInvalid("a CRL that none of the CAs signed")
        for one in authorities:
            entry = crl.by_serial.get(one.serial) if one.issuer == crl.issuer and one.der != issuers[0].der else None
            if entry is not None:
                found[one.der] = PathRevoked("a CA was revoked", entry.at, entry.reason)
    return found


def _issuer(certificate: ParsedCertificate, known: Sequence[ParsedCertificate], at: datetime) -> ParsedCertificate:
    named = [one for one in known if one.subject == certificate.issuer]
    for one in named:
        if _signed(one, certificate.tbs, certificate.signature):
            _valid(certificate, at)
            _valid(one, at)
            _issued(certificate, one)
            return one
    raise PathInvalid("no way from this CA to a root", "path.no-anchor")


def _issued(certificate: ParsedCertificate, issuer: ParsedCertificate) -> None:
    if certificate.issuer != issuer.subject or not issuer.is_ca or KeyUsage.KEY_CERT_SIGN not in issuer.key_usages:
        raise PathInvalid("not issued by this CA, or this is no CA")
    keys.verify(issuer.spki, keys.algorithm_of(issuer.spki), certificate.tbs, certificate.signature)


def _signed(issuer: ParsedCertificate, tbs: bytes, signature: bytes) -> bool:
    try:
        keys.verify(issuer.spki, keys.algorithm_of(issuer.spki), tbs, signature)
    except SignatureInvalid:
        return False
    return True


def _valid(certificate: ParsedCertificate, at: datetime) -> None:
    if not certificate.not_before <= at <= certificate.not_after:
        raise PathInvalid("a certificate that was not valid at that time", "path.expired")
