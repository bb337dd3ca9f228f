"""Certificates of CAs above us that somebody else holds the keys of: judged before we stand under one (law.md CA-01).

Nothing is fetched, and no clock is read. What is checked is what would make our own certificates worthless later:
keys, signatures, names, constraints and dates from ours up to the outside root.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from pki import keys, names, oids
from pki.coverage import Needs, names_are_confined, names_are_left, policies_are_left, purposes_are_left
from pki.errors import PkiError
from pki.key_kind import kind_of
from pki.parsed import ParsedCertificate
from pki.profile import KeyUsage
from pki.reading import name_constraints

SHORTEST = timedelta(days=1)
LONGEST_CHAIN = 6
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_UNDERSTOOD = {
    oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, oids.NAME_CONSTRAINTS, oids.CERTIFICATE_POLICIES, oids.EXTENDED_KEY_USAGE,
}
"""Critical extensions that relying software knows (RFC 5280 clause 4.2)."""


class AnswerRefused(PkiError):
    """The certificate is not what was asked for, or not fit to stand under; `code` (`import.…`) says why."""


@dataclass(frozen=True)
class Asked:
    """What the request asked for: key and name (DER), and the room for CAs below."""

    spki: bytes
    subject: bytes
    path_length: int
    identifier: bytes | None = None
    """The subject key identifier that certificates below name already, if there are any."""
    name_constraints: bytes | None = None
    """The DER NameConstraints that the request asked for; requests from before there were any did not."""
    needs: Needs = field(default=Needs())
    """What must be possible below."""


def verify_answer(
    asked: Asked, answer: ParsedCertificate, above: Sequence[ParsedCertificate], outside_sha256: str, now: datetime
) -> tuple[ParsedCertificate, ...]:
    """The chain from `answer` up to the outside root of this digest, each link verified. Raises AnswerRefused.

    `above` may hold the certificates in any order.
    """
    if answer.spki != asked.spki:
        raise AnswerRefused("another key", "import.key-other")
    if _attributes(answer.subject) != _attributes(asked.subject):
        raise AnswerRefused("another name", "import.name-other")
    if asked.identifier not in (None, answer.subject_key_identifier):
        raise AnswerRefused("another key identifier", "import.identifier-other")
    _check_strength(answer)
    _check_terms(asked, answer)
    chain = _chain(answer, above)
    if chain[-1].sha256 != outside_sha256:
        raise AnswerRefused("another root", "import.other-root")
    for depth, certificate in enumerate(chain):
        _check_ca(certificate, asked.path_length + depth)
        _check_strength(certificate)
        _check_leaves(asked.needs, certificate)
        _check_dates(certificate, now)
    for below, certificate in pairwise(chain):
        _check_above(certificate, below, asked.spki)
        _check_identifiers(certificate, below)
    return chain


def _check_terms(asked: Asked, answer: ParsedCertificate) -> None:
    """It is a CA as asked for, no more and no less, and says so as RFC 5280 clauses 4.2.1.9 and 4.2.1.10 want it."""
    if not answer.is_ca or not {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN} <= answer.key_usages:
        raise AnswerRefused("not a CA", "import.not-ca")
    if answer.key_usages != {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}:
        raise AnswerRefused("other key usages", "import.usage-other")
    if answer.path_length is None or answer.path_length > asked.path_length:
        raise AnswerRefused("more room below than asked for", "import.path-too-long")
    if not names_are_confined(name_constraints(asked.name_constraints), answer.name_constraints):
        raise AnswerRefused("name constraints that are missing or wider than asked for", "import.unconfined")
    for oid in (oids.BASIC_CONSTRAINTS, oids.NAME_CONSTRAINTS):
        found = answer.by_oid.get(oid)
        if found is not None and not found.critical:
            raise AnswerRefused("constraints that need not be understood", "import.not-critical")


def _check_leaves(needs: Needs, certificate: ParsedCertificate) -> None:
    """What we must certify later is possible under it."""
    if not names_are_left(needs.subtrees, certificate.name_constraints):
        raise AnswerRefused("our names are not permitted", "import.names-not-covered")
    if not purposes_are_left(needs.purposes, certificate):
        raise AnswerRefused("our purposes are not permitted", "import.purposes-not-covered")
    if not policies_are_left(needs.policies, certificate):
        raise AnswerRefused("our policies are not permitted", "import.policies-not-covered")


def _check_above(certificate: ParsedCertificate, below: ParsedCertificate, ours: bytes) -> None:
    """No CA above ours is of a weaker kind of key, and none ends before what stands under it."""
    if kind_of(certificate.spki).is_weaker_than(kind_of(ours)):
        raise AnswerRefused("a weaker algorithm than ours", "import.weak")
    if certificate.not_after < below.not_after:
        raise AnswerRefused("ends before what is below it", "import.outlives")


def _check_identifiers(certificate: ParsedCertificate, below: ParsedCertificate) -> None:
    """What is not signed by itself says its own key and its issuer's, and that is this one (clauses 4.2.1.1, 4.2.1.2).

    OpenSSL finds no issuer for a certificate that names another key, and strict software takes none without the two.
    """
    if below.subject_key_identifier is None or below.authority_key_identifier is None:
        raise AnswerRefused("without the identifiers of its own key and its issuer's", "import.authority-other")
    if not _names_authority(below, certificate):
        raise AnswerRefused("the identifier of another issuer's key", "import.authority-other")


def _names_authority(below: ParsedCertificate, certificate: ParsedCertificate) -> bool:
    """Whether nothing that a certificate says of its issuer's certificate speaks against this one."""
    issuer, serial = below.authority_certificate
    return (
        certificate.subject_key_identifier in (None, below.authority_key_identifier)
        and (issuer is None or _attributes(issuer) == _attributes(certificate.issuer))
        and serial in (None, certificate.serial)
    )


def _attributes(name: bytes) -> list[tuple[str, str]]:
    # An outside CA may write the same text in another string type; relying software then compares the text.
    return names.attributes(name)


def _chain(answer: ParsedCertificate, above: Sequence[ParsedCertificate]) -> tuple[ParsedCertificate, ...]:
    chain = [answer]
    while chain[-1].issuer != chain[-1].subject:
        signers = [one for one in above if one not in chain and _signed(one, chain[-1])]
        # An outside CA may hand over several certificates of one key: the one that is named comes first.
        found = max(signers, key=lambda one: _names_authority(chain[-1], one), default=None)
        if found is None or len(chain) > LONGEST_CHAIN:
            raise AnswerRefused("the signatures do not lead up to a root", "import.chain-broken")
        chain.append(found)
    if len(chain) == 1 or not signed_by_itself(chain[-1]):
        raise AnswerRefused("signed by itself", "import.chain-broken")
    return tuple(chain)


def _signed(issuer: ParsedCertificate, certificate: ParsedCertificate) -> bool:
    """Whether names chain and the signature verifies; what the library does not know of algorithms does not."""
    if issuer.subject != certificate.issuer:
        return False
    try:
        x509.load_der_x509_certificate(certificate.der).verify_directly_issued_by(
            x509.load_der_x509_certificate(issuer.der)
        )
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def signed_by_itself(certificate: ParsedCertificate) -> bool:
    """Whether the certificate's signature is of its own key: then who made it holds that key."""
    return _signed(certificate, certificate)


def _check_ca(certificate: ParsedCertificate, room: int) -> None:
    signs = {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN} <= certificate.key_usages
    if not certificate.is_ca or not signs:
        raise AnswerRefused("not a CA", "import.not-ca")
    if certificate.path_length is not None and certificate.path_length < room:
        raise AnswerRefused("path length too small", "import.path-too-short")
    if any(extension.critical and extension.oid not in _UNDERSTOOD for extension in certificate.extensions):
        raise AnswerRefused("an unknown critical extension", "import.constrained")


def _check_strength(certificate: ParsedCertificate) -> None:
    """Keys as ours must be, and SHA-256 or up; EdDSA and ML-DSA signatures have no digest of their own."""
    try:
        keys.check_strength(certificate.spki)
        digest = x509.load_der_x509_certificate(certificate.der).signature_hash_algorithm
    except (PkiError, UnsupportedAlgorithm):
        raise AnswerRefused("a weak key or signature", "import.weak") from None
    if digest is not None and not isinstance(digest, _DIGESTS):
        raise AnswerRefused("a weak digest", "import.weak")


def _check_dates(certificate: ParsedCertificate, now: datetime) -> None:
    if now < certificate.not_before:
        raise AnswerRefused("not yet valid", "import.not-yet-valid")
    if certificate.not_after - now < SHORTEST:
        raise AnswerRefused("expired, or about to be", "import.expired")
