"""A certificate said field by field, for people who look at one before they agree to a profile."""

from collections.abc import Callable, Iterator
from datetime import datetime

from pki import der, keys, names, oids
from pki.errors import PkiError
from pki.parsed import Extension, ParsedCertificate

PURPOSES = {
    oids.EKU_SERVER_AUTH: "serverAuth", oids.EKU_CLIENT_AUTH: "clientAuth", oids.EKU_CODE_SIGNING: "codeSigning",
    oids.EKU_EMAIL_PROTECTION: "emailProtection", oids.EKU_TIME_STAMPING: "timeStamping",
    oids.EKU_OCSP_SIGNING: "OCSPSigning", oids.EKU_DOCUMENT_SIGNING: "documentSigning",
}  # fmt: skip
Field = tuple[str, str]


def described(certificate: ParsedCertificate) -> list[Field]:
    """Every field and every extension as (name, text), in the order of the encoding. Raises ParseError."""
    return [
        ("version", str(certificate.version)),
        ("serialNumber", certificate.serial_hex),
        ("signature", keys.algorithm_from_identifier(certificate.algorithm).value),
        ("issuer", names.name_text(certificate.issuer)),
        ("notBefore", _moment(certificate.not_before)),
        ("notAfter", _moment(certificate.not_after)),
        ("subject", names.name_text(certificate.subject)),
        ("subjectPublicKey", _kind(certificate.spki)),
        *(_extension(certificate, extension) for extension in certificate.extensions),
        ("sha256", certificate.sha256),
    ]


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _kind(spki: bytes) -> str:
    try:
        return keys.algorithm_of(spki).value
    except PkiError as fault:
        return fault.code


def _extension(certificate: ParsedCertificate, extension: Extension) -> Field:
    name, words = _EXTENSIONS.get(extension.oid, (extension.oid, None))
    text = words(certificate) if words else extension.value.hex()
    return f"{name} (critical)" if extension.critical else name, text


def _constraints(certificate: ParsedCertificate) -> str:
    is_ca, length = certificate.basic_constraints
    return ("CA" if is_ca else "end entity") + ("" if length is None else f", {length} below")


def _usages(certificate: ParsedCertificate) -> str:
    return " ".join(sorted(_camel(usage.name) for usage in certificate.key_usages))


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return (first + "".join(word.capitalize() for word in rest)).replace("crlSign", "cRLSign")


def _policies(certificate: ParsedCertificate) -> str:
    return " ".join(" ".join((policy.oid, *policy.cps_urls)) for policy in certificate.policies)


def _access(certificate: ParsedCertificate) -> str:
    return " ".join((*certificate.ocsp_urls, *certificate.issuer_urls))


def _statements(certificate: ParsedCertificate) -> str:
    value = certificate.value(oids.QC_STATEMENTS) or b""
    return ", ".join(words for statement in der.parts(value) for words in _said(certificate, statement))


def _said(certificate: ParsedCertificate, statement: der.Element) -> Iterator[str]:
    """The statement's words; its identifiers where there are none, so that nothing passes unseen."""
    first, *rest = der.children(der.content_of(statement, der.SEQUENCE))
    kind = der.read_oid(first)
    if kind == oids.QCS_LIMIT_VALUE:
        yield f"up to {certificate.value_limit_lak} LAK"
        return
    if kind not in _WITH_IDENTIFIERS or not rest:
        yield kind
        return
    held = [part for part in der.children(der.content_of(rest[0], der.SEQUENCE)) if part.tag == der.OID]
    yield from (_STATEMENTS.get(oid, oid) for oid in map(der.read_oid, held))


_WITH_IDENTIFIERS = {oids.QCS_PKIX_SYNTAX_V2, oids.QCS_TYPE}
_STATEMENTS = {
    oids.QCS_SEMANTICS_NATURAL: "serialNumber by EN 319 412-1 for natural persons",
    oids.QCS_SEMANTICS_LEGAL: "organizationIdentifier by EN 319 412-1 for legal persons",
    oids.QCT_ESIGN: "for electronic signatures",
    oids.QCT_ESEAL: "for electronic seals",
}
_EXTENSIONS: dict[str, tuple[str, Callable[[ParsedCertificate], str] | None]] = {
    oids.SUBJECT_KEY_IDENTIFIER: ("subjectKeyIdentifier", lambda read: (read.subject_key_identifier or b"").hex()),
    oids.AUTHORITY_KEY_IDENTIFIER: (
        "authorityKeyIdentifier", lambda read: (read.authority_key_identifier or b"").hex(),
    ),
    oids.SUBJECT_ALTERNATIVE_NAME: ("subjectAltName", lambda read: " ".join(read.alternative_names)),
    oids.KEY_USAGE: ("keyUsage", _usages),
    oids.BASIC_CONSTRAINTS: ("basicConstraints", _constraints),
    oids.EXTENDED_KEY_USAGE: (
        "extKeyUsage", lambda read: " ".join(PURPOSES.get(oid, oid) for oid in read.extended_key_usages),
    ),
    oids.CERTIFICATE_POLICIES: ("certificatePolicies", _policies),
    oids.NAME_CONSTRAINTS: ("nameConstraints", lambda read: ", ".join(read.name_constraints)),
    oids.CRL_DISTRIBUTION_POINTS: ("cRLDistributionPoints", lambda read: " ".join(read.crl_urls)),
    oids.AUTHORITY_INFORMATION_ACCESS: ("authorityInfoAccess", _access),
    oids.QC_STATEMENTS: ("qcStatements", _statements),
    oids.OCSP_NO_CHECK: ("ocspNoCheck", None),
}  # fmt: skip
