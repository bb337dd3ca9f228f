"""Certificate extensions (RFC 5280 clause 4.2) as a profile and an issuer ask for them, in DER."""

from functools import lru_cache
from ipaddress import ip_address

from pki import der, keys, oids, zone
from pki.errors import PkiError
from pki.issuer import IssuerView
from pki.profile import CertificateProfile, Claim, KeyUsage

_MAIL, _DNS, _URI, _IP = 1, 2, 6, 7
_CLAIMS = {Claim.SIGNATURE: oids.QCT_ESIGN, Claim.SEAL: oids.QCT_ESEAL}


def extensions(
    profile: CertificateProfile, issuer: IssuerView, spki: bytes, alternative_names: tuple[str, ...] = (),
    value_limit_lak: int | None = None,
) -> bytes:
    """The DER Extensions of a certificate, in a fixed order. Raises PkiError for a broken key or name."""
    own = extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(keys.key_identifier(spki)))
    names = subject_alternative_name(alternative_names) if alternative_names else b""
    said = statements(profile, issuer, value_limit_lak)
    return der.sequence(own, names, said, shared(profile, issuer, usages_for(profile, spki)))


def usages_for(profile: CertificateProfile, spki: bytes) -> tuple[KeyUsage, ...]:
    """The usages that this key has under the profile. Raises PkiError for a key of no accepted kind."""
    return profile.usages_of(keys.algorithm_of(spki)) if profile.key_usages_of else profile.key_usages


@lru_cache(maxsize=1024)
def shared(profile: CertificateProfile, issuer: IssuerView, usages: tuple[KeyUsage, ...]) -> bytes:
    """The extensions that are the same in each certificate of a profile, issuer and kind of key, in a row."""
    return b"".join((
        b"" if profile.self_signed else authority_key_identifier(issuer.key_identifier),
        key_usage(usages),
        basic_constraints(profile),
        extended_key_usage(profile) if profile.extended_key_usages else b"",
        policies(profile, issuer) if policies_of(profile, issuer) else b"",
        name_constraints(issuer, profile) if profile.confined else b"",
        status_pointers(issuer) if profile.status_pointers else b"",
        extension(oids.OCSP_NO_CHECK, der.tlv(der.NULL)) if profile.ocsp_no_check else b"",
    ))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension; `critical` FALSE is the default and left out (X.690 clause 11.5)."""
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octet_string(value))  # noqa: FBT003


def authority_key_identifier(key_identifier: bytes) -> bytes:
    """AuthorityKeyIdentifier with the key identifier alone (clause 4.2.1.1)."""
    return extension(oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, key_identifier)))


def key_usage(usages: tuple[KeyUsage, ...]) -> bytes:
    """KeyUsage, critical (clause 4.2.1.3)."""
    bits = frozenset(usage.value for usage in usages)
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


def policies_of(profile: CertificateProfile, issuer: IssuerView) -> tuple[str, ...]:
    """The policies that a certificate of this profile asserts under this issuer's arc."""
    if profile.any_policy:
        return (oids.ANY_POLICY,)
    own = () if profile.policy is None else (profile.policy,)
    return tuple(f"{issuer.policy_arc}.{number}" for number in (*own, *profile.listed_policies))


def policies(profile: CertificateProfile, issuer: IssuerView) -> bytes:
    """CertificatePolicies: each with the address of its statement, never critical (EN 319 412-2 clause 4.3.3)."""
    statement = der.sequence(der.oid(oids.QT_CPS), der.tlv(der.IA5, issuer.cps_url.encode("ascii")))
    qualifiers = der.sequence(statement) if issuer.cps_url else b""
    listed = (der.sequence(der.oid(policy), qualifiers) for policy in policies_of(profile, issuer))
    return extension(oids.CERTIFICATE_POLICIES, der.sequence(*listed))


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


@lru_cache(maxsize=256)
def statements(profile: CertificateProfile, issuer: IssuerView, value_limit_lak: int | None = None) -> bytes:
    """QCStatements (RFC 3739 clause 3.2.6) of the profile, or nothing; none of them claims anything of the EU's law.

    They say how to read the subject's numbers and who gave them out (ETSI EN 319 412-1 clause 5.1), whether it is a
    signature or a seal (EN 319 412-5 clause 4.2.3), and the most that it counts for (clause 4.3.2).
    """
    said = b"".join((
        _semantics(oids.QCS_SEMANTICS_NATURAL, issuer) if profile.subject.natural_person else b"",
        _semantics(oids.QCS_SEMANTICS_LEGAL, issuer) if profile.subject.organisation_identified else b"",
        b"" if profile.claim is None else _claim(profile.claim),
        b"" if value_limit_lak is None else _limit(value_limit_lak),
    ))
    return extension(oids.QC_STATEMENTS, der.sequence(said)) if said else b""


def _semantics(kind: str, issuer: IssuerView) -> bytes:
    authorities = der.sequence(_uri(issuer.naming_authority))
    return der.sequence(der.oid(oids.QCS_PKIX_SYNTAX_V2), der.sequence(der.oid(kind), authorities))


def _claim(claim: Claim) -> bytes:
    return der.sequence(der.oid(oids.QCS_TYPE), der.sequence(der.oid(_CLAIMS[claim])))


def _limit(lak: int) -> bytes:
    """MonetaryValue: currency by letters, amount, exponent (the value is amount * 10 ^ exponent)."""
    value = der.sequence(der.printable("LAK"), der.integer(lak), der.integer(0))
    return der.sequence(der.oid(oids.QCS_LIMIT_VALUE), value)


def subject_alternative_name(names: tuple[str, ...]) -> bytes:
    """SubjectAltName with DNS names, IP addresses and mail addresses (clause 4.2.1.6). Raises PkiError."""
    return extension(oids.SUBJECT_ALTERNATIVE_NAME, der.sequence(*map(_general_name, names)))


def _general_name(name: str) -> bytes:
    if not name.isascii():
        raise PkiError("A host name or mail address holds ASCII: write a domain as IDNA does.", "name.not-ascii")
    if zone.is_address(name):
        return der.implicit(_IP, ip_address(name).packed)
    return der.implicit(_MAIL if "@" in name else _DNS, name.encode("ascii"))


def name_constraints(issuer: IssuerView, profile: CertificateProfile) -> bytes:
    """NameConstraints of a CA of this profile that this issuer certifies, critical (clause 4.2.1.10)."""
    value = zone.constraints(practice=issuer.practice, subjects=not profile.subjects_free)
    return extension(oids.NAME_CONSTRAINTS, value, critical=True)
