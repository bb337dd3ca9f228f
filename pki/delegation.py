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

_LONGEST = 5
"""CAs from one to a root, both counted."""


class Authorities:
    """CAs that somebody names, and the roots that one has had since before: it is judged who is under those."""

    def __init__(self, named: Sequence[bytes], roots: Sequence[bytes]) -> None:
        """All are DER. Raises ParseError."""
        self._roots = frozenset(roots)
        self._known = [parse_certificate(one) for one in dict.fromkeys((*named, *roots))]
        self._issuers: dict[bytes, list[ParsedCertificate]] = {}

    def verify(self, authority: bytes, at: datetime) -> None:
        """The CA (DER) is a root, or was certified under one by way of the others, all valid at `at`.

        Every way is tried: a root that followed another has its own signature, and that of the other on its cross
        certificate. All that is above a CA that has ended counts if it was valid then. Raises PkiError.
        """
        found = parse_certificate(authority)
        at = min(at, found.not_after)
        fault = PathInvalid("no way from this CA to a root", "path.no-anchor")
        reached, met = [found], {found.der}
        for _ in range(_LONGEST):
            above: list[ParsedCertificate] = []
            for one in reached:
                try:
                    _valid(one, at)
                except PathInvalid as ended:
                    fault = ended
                    continue
                if one.der in self._roots:
                    return
                above += (issuer for issuer in self._issuers_of(one) if issuer.der not in met)
            reached = above
            met.update(one.der for one in above)
        raise fault

    def _issuers_of(self, certificate: ParsedCertificate) -> list[ParsedCertificate]:
        """Each is looked for once: a list that a stranger wrote costs no more than its length squared."""
        if certificate.der not in self._issuers:
            named = (one for one in self._known if one.subject == certificate.issuer and _certifies(one))
            self._issuers[certificate.der] = [
                one for one in named if _signed(one, certificate.tbs, certificate.signature)
            ]
        return self._issuers[certificate.der]


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


def _issued(certificate: ParsedCertificate, issuer: ParsedCertificate) -> None:
    if certificate.issuer != issuer.subject or not _certifies(issuer):
        raise PathInvalid("not issued by this CA, or this is no CA")
    keys.verify(issuer.spki, keys.algorithm_of(issuer.spki), certificate.tbs, certificate.signature)


def _certifies(authority: ParsedCertificate) -> bool:
    return authority.is_ca and KeyUsage.KEY_CERT_SIGN in authority.key_usages


def _signed(issuer: ParsedCertificate, tbs: bytes, signature: bytes) -> bool:
    try:
        keys.verify(issuer.spki, keys.algorithm_of(issuer.spki), tbs, signature)
    except SignatureInvalid:
        return False
    return True


def _valid(certificate: ParsedCertificate, at: datetime) -> None:
    if not certificate.not_before <= at <= certificate.not_after:
        raise PathInvalid("a certificate that was not valid at that time", "path.expired")
