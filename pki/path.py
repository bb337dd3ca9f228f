"""Certification paths: from a certificate up to a root that is trusted, judged at a given moment (RFC 5280 clause 6).

Nothing is fetched: issuers, CRLs and OCSP answers are handed in. Path building is bounded, since the
certificates come from whoever sent a document.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Any

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate as Asn1Certificate
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext, name_trees
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from pki.errors import ParseError, PkiError
from pki.status import REASON_CODES


def _address_within(base: str, other: str) -> bool:
    """Whether an IP address is of a subnet, both as text (RFC 5280 clause 4.2.1.10)."""
    return ip_address(other) in ip_network(base, strict=False)


# The library compares every kind of name but this one, and takes no other from outside. Should its table move, paths
# with addresses under constraints are refused, not accepted: `_validated` says so.
name_trees._name_type_checkers[name_trees.GeneralNameType.IP_ADDRESS] = _address_within  # noqa: SLF001
LONGEST_CERTIFICATE = 16 * 1024
"""Octets of one certificate at most: bounds the name constraints that can be compared."""
MOST_CERTIFICATES = 64
MOST_SIGNATURES = 64
"""Signatures that one path may cost."""
LONGEST_CHAIN = 8
_REASONS = {code: name for name, code in REASON_CODES.items()}


class StatusNeed(Enum):
    """How much revocation evidence a path needs: the library's word for it is the value.

    IF_GIVEN looks at what certificates point to (CRL, OCSP) and takes missing evidence for none.
    """

    NONE = "none"
    IF_GIVEN = "soft-fail"
    REQUIRED = "require"


class PathInvalid(PkiError):
    """There is no valid path. `code` says why.

    It is `path.no-anchor`, `path.expired`, `path.not-yet-valid`, `path.status-unknown`, `path.budget` or
    `path.invalid` (constraints, policies, usages, signatures).
    """

    code = "path.invalid"


class PathRevoked(PathInvalid):
    """A certificate of the path was revoked or held at that moment: since `at`, for `reason` (RFC 5280 name)."""

    code = "path.revoked"

    def __init__(self, sentence: str, at: datetime, reason: str) -> None:
        super().__init__(sentence)
        self.at, self.reason = at, reason


@dataclass(frozen=True)
class PathDemands:
    """What a path must satisfy beyond RFC 5280: usages of its first certificate, policies, evidence of status.

    Usages are asn1crypto's names (`digital_signature`, `non_repudiation`; `client_auth`, `time_stamping`);
    `policies` are dotted OIDs of which one must hold along the whole path.
    """

    key_usage: frozenset[str] = frozenset()
    extended_key_usage: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    status: StatusNeed = StatusNeed.IF_GIVEN


@dataclass(frozen=True)
class PathMaterial:
    """All that a path may be made of, as DER: issuers that may stand between, CRLs and OCSP answers."""

    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass
class _Budget(DefaultSignatureValidator):
    """Verifies signatures until they are too many."""

    left: int = field(default=MOST_SIGNATURES)

    def validate_signature(self, *arguments: Any, **options: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise PathInvalid(f"more than {MOST_SIGNATURES} signatures to verify for one path", "path.budget")
        super().validate_signature(*arguments, **options)


def verify_path(
    leaf: bytes,
    roots: Sequence[bytes],
    at: datetime,
    material: PathMaterial = PathMaterial(),
    demands: PathDemands = PathDemands(),
) -> tuple[bytes, ...]:
    """The path from `leaf` to one of `roots` that was valid at `at`, the leaf first, all DER.

    Evidence made after `at` counts, for it knows more. A CRL whose revocation is later than `at` proves the
    path; an OCSP answer with a later revocation settles nothing (`path.status-unknown`), since it does not say
    what was before. Raises PathRevoked, PathInvalid or ParseError.
    """
    _bound(leaf, *roots, *material.intermediates)
    context = _context(roots, at, material, demands)
    validator = CertificateValidator(
        _parse(Asn1Certificate.load, leaf),
        [_parse(Asn1Certificate.load, der) for der in material.intermediates],
        context,
        PKIXValidationParams(
            user_initial_policy_set=demands.policies or frozenset(["any_policy"]),
            initial_explicit_policy=bool(demands.policies),
        ),
    )
    path = asyncio.run(_validated(validator, demands))
    # The library puts the anchor first.
    return tuple(certificate.dump() for certificate in reversed(list(path.iter_certs(include_root=True))))


def chain_of(leaf: bytes, issuers: Iterable[bytes]) -> tuple[bytes, ...]:
    """`leaf`, its issuer, the issuer's issuer … as far as `issuers` go, each signature verified.

    Says nothing of validity, status or trust. Raises ParseError when one of them is no certificate.
    """
    known = [_loaded(der) for der in issuers]
    chain = [_loaded(leaf)]
    while chain[-1].issuer != chain[-1].subject and len(chain) < LONGEST_CHAIN:
        above = next((issuer for issuer in known if _issued(issuer, chain[-1])), None)
        if above is None:
            break
        chain.append(above)
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)


def _context(roots: Sequence[bytes], at: datetime, material: PathMaterial, demands: PathDemands) -> ValidationContext:
    return ValidationContext(
        trust_roots=[_parse(Asn1Certificate.load, root) for root in roots],
        moment=at.astimezone(UTC),
        allow_fetching=False,
        crls=[_parse(CertificateList.load, crl) for crl in material.crls],
        ocsps=[_parse(OCSPResponse.load, answer) for answer in material.ocsps],
        revocation_mode=demands.status.value,
        retroactive_revinfo=True,
        signature_validator=_Budget(),
    )


async def _validated(validator: CertificateValidator, demands: PathDemands) -> Any:
    try:
        return await validator.async_validate_usage(  # type: ignore[no-untyped-call]
            set(demands.key_usage), set(demands.extended_key_usage), extended_optional=False
        )
    except RevokedError as fault:
        raise PathRevoked(str(fault), fault.revocation_dt, _reason(fault)) from fault
    except (PathBuildingError, ValidationError) as fault:
        raise PathInvalid(str(fault), _code(fault)) from fault
    except NotImplementedError as fault:
        raise PathInvalid("a name of a kind that its issuer constrains cannot be compared") from fault
    except (ValueError, TypeError, KeyError) as fault:
        # asn1crypto parses lazily, so broken octets show only when they are looked at.
        raise ParseError("a certificate or its evidence is not well formed") from fault


def _code(fault: Exception) -> str:
    codes = (
        (PathBuildingError, "path.no-anchor"),
        (ExpiredError, "path.expired"),
        (NotYetValidError, "path.not-yet-valid"),
        (InsufficientRevinfoError, "path.status-unknown"),
    )
    return next((code for kind, code in codes if isinstance(fault, kind)), "path.invalid")


def _reason(fault: RevokedError) -> str:
    return _REASONS.get(int.from_bytes(fault.reason.contents, "big"), "unspecified")


def _bound(*certificates: bytes) -> None:
    if len(certificates) > MOST_CERTIFICATES:
        raise PathInvalid(f"{len(certificates)} certificates; {MOST_CERTIFICATES} at most", "path.budget")
    if max(map(len, certificates)) > LONGEST_CERTIFICATE:
        raise PathInvalid(f"a certificate of more than {LONGEST_CERTIFICATE} octets", "path.budget")


def _parse(load: Callable[..., Any], der: bytes) -> Any:
    try:
        return load(der, strict=True)
    except (ValueError, TypeError) as fault:
        raise ParseError("not DER of the kind that belongs here") from fault


def _loaded(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as fault:
        raise ParseError("not a certificate") from fault


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
