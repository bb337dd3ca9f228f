"""Certificate extensions (RFC 5280 clause 4.2) as a profile and an issuer ask for them, in DER."""

from functools import lru_cache
from ipaddress import ip_address

from pki import der, keys, oids
from pki.issuer import IssuerView
from pki.profile import CertificateProfile

_URI, _DNS, _IP = 6, 2, 7


def extensions(
    profile: CertificateProfile, issuer: IssuerView, spki: bytes, alternative_names: tuple[str, ...] = ()
) -> bytes:
    """The DER Extensions of a certificate, in a fixed order. Raises ParseError for a broken key."""
    own = extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(keys.key_identifier(spki)))
    names = subject_alternative_name(alternative_names) if alternative_names else b""
    return der.sequence(own, names, shared(profile, issuer))


@lru_cache(maxsize=1024)
def shared(profile: CertificateProfile, issuer: IssuerView) -> bytes:
    """The extensions that are the same in each certificate of a profile and issuer, one after the other."""
    return b"".join((
        b"" if profile.self_signed else authority_key_identifier(issuer.key_identifier),
        key_usage(profile),
        basic_constraints(profile),
        extended_key_usage(profile) if profile.extended_key_usages else b"",
        policies(profile, issuer) if profile.any_policy or profile.policy is not None else b"",
        name_constraints(profile) if profile.permitted_dns else b"",
        status_pointers(issuer) if profile.status_pointers else b"",
        natural_person_statement(issuer) if profile.natural_person_semantics else b"",
        extension(oids.OCSP_NO_CHECK, der.tlv(der.NULL)) if profile.ocsp_no_check else b"",
    ))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension; `critical` FALSE is the default and left out (X.690 clause 11.5)."""
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octet_string(value))  # noqa: FBT003


def authority_key_identifier(key_identifier: bytes) -> bytes:
    """AuthorityKeyIdentifier with the key identifier alone (clause 4.2.1.1)."""
    return extension(oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, key_identifier)))


def key_usage(profile: CertificateProfile) -> bytes:
    """KeyUsage, critical (clause 4.2.1.3)."""
    bits = frozenset(usage.value for usage in profile.key_usages)
    return extension(oids.KEY_USAGE, der.named_bits(bits), critical=True)


def basic_constraints(profile: CertificateProfile) -> bytes:
    """BasicConstraints, critical; empty for end entities (clause 4.2.1.9)."""
    if not profile.is_ca:
        return extension(oids.BASIC_CONSTRAINTS, der.sequence(), critical=True)
    length = b"" if profile.path_length is None else der.integer(profile.path_length)
    return extension(oids.BASIC_CONSTRAINTS, der.sequence(der.boolean(True), length), critical=True)  # noqa: FBT003


def extended_key_usage(profile: CertificateProfile) -> bytes:
    """ExtendedKeyUsage (clause 4.2.1.12)."""
    purposes = der.sequence(*map(der.oid, profile.extended_key_usages))
    return extension(oids.EXTENDED_KEY_USAGE, purposes, critical=profile.extended_key_usage_critical)


def policy_of(profile: CertificateProfile, issuer: IssuerView) -> str | None:
    """The policy that a certificate of this profile asserts under this issuer's arc."""
    if profile.any_policy:
        return oids.ANY_POLICY
    return None if profile.policy is None else f"{issuer.policy_arc}.{profile.policy}"


def policies(profile: CertificateProfile, issuer: IssuerView) -> bytes:
    """CertificatePolicies: one policy with the address of its statement, never critical (EN 319 412-2 clause 4.3.3)."""
    statement = der.sequence(der.oid(oids.QT_CPS), der.tlv(der.IA5, issuer.cps_url.encode("ascii")))
    qualifiers = der.sequence(statement) if issuer.cps_url else b""
    policy = policy_of(profile, issuer) or ""
    return extension(oids.CERTIFICATE_POLICIES, der.sequence(der.sequence(der.oid(policy), qualifiers)))


def status_pointers(issuer: IssuerView) -> bytes:
    """AuthorityInfoAccess and CRLDistributionPoints, never critical (EN 319 412-2 clauses 4.3.11 and 4.4.1)."""
    access = der.sequence(
        der.sequence(der.oid(oids.AD_OCSP), _uri(issuer.ocsp_url)),
        der.sequence(der.oid(oids.AD_CA_ISSUERS), _uri(issuer.certificate_url)),
    )
    point = der.sequence(point_name(issuer.crl_url))
    return extension(oids.CRL_DISTRIBUTION_POINTS, der.sequence(point)) + extension(
        oids.AUTHORITY_INFORMATION_ACCESS, access
    )


def point_name(address: str) -> bytes:
    """The `distributionPoint` field of a DistributionPoint or IssuingDistributionPoint: this one address."""
    return der.explicit(0, der.explicit(0, _uri(address)))


def _uri(address: str) -> bytes:
    return der.implicit(_URI, address.encode("ascii"))


def natural_person_statement(issuer: IssuerView) -> bytes:
    """QCStatements saying how to read the subject's serialNumber, and who gave it out.

    RFC 3739 clause 3.2.6.1; ETSI EN 319 412-1 clause 5.1.3. It claims nothing about the law of the EU.
    """
    authorities = der.sequence(_uri(issuer.naming_authority))
    semantics = der.sequence(der.oid(oids.QCS_SEMANTICS_NATURAL), authorities)
    return extension(oids.QC_STATEMENTS, der.sequence(der.sequence(der.oid(oids.QCS_PKIX_SYNTAX_V2), semantics)))


def subject_alternative_name(names: tuple[str, ...]) -> bytes:
    """SubjectAltName with DNS names and addresses (clause 4.2.1.6)."""
    return extension(oids.SUBJECT_ALTERNATIVE_NAME, der.sequence(*map(_dns_or_address, names)))


def _dns_or_address(name: str) -> bytes:
    try:
        return der.implicit(_IP, ip_address(name).packed)
    except ValueError:
        return der.implicit(_DNS, name.encode("ascii"))


def name_constraints(profile: CertificateProfile) -> bytes:
    """NameConstraints with permitted DNS subtrees, critical (clause 4.2.1.10)."""
    subtrees = (der.sequence(der.implicit(_DNS, name.encode("ascii"))) for name in profile.permitted_dns)
    return extension(oids.NAME_CONSTRAINTS, der.sequence(der.explicit(0, *subtrees)), critical=True)
