"""pkilint as second judge: what others would find in a certificate that our own lint has let pass.

It looks at finished certificates, in tests at every profile and in the story at a sample. A natural person's
are judged by EN 319 412-2 besides RFC 5280.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pkilint import etsi, finding_filter, loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity

_PERSONS = b"EG:LA-"
"""Begins the serialNumber of a person's subject."""
_EXCUSED = ("localhost", 'Internal domain name: "127.0.0.1"')
"""Practice runs on one machine: its TLS certificates name it, and its status URLs, which RFC 5280 has nothing
against, are at an address that the ETSI rules take for an internal name."""


@dataclass(frozen=True)
class Finding:
    """An error that pkilint reports: its severity, code and, where there is one, its message."""

    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity} {self.code} {self.message}".strip()


def findings(der: bytes) -> list[Finding]:
    """What pkilint calls FATAL or ERROR in the certificate, by RFC 5280 and, for a person, EN 319 412-2.

    Warnings and notices are left out, and so is the dislike of this machine's own names (`_EXCUSED`).
    """
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(der, "certificate")
    results = list(_pkix().validate(document.root))
    if _PERSONS in der:
        kind = CertificateType.NCP_NATURAL_PERSON_CERTIFICATE
        filters = etsi.create_etsi_finding_filters(kind)
        kept, _ = finding_filter.filter_results(filters, _natural_person().validate(document.root))
        results += kept
    return list(dict.fromkeys(_errors(results)))


def _errors(results: Sequence[Any]) -> list[Finding]:
    return [
        Finding(described.finding.severity.name, described.finding.code, described.message or "")
        for result in results
        for described in result.finding_descriptions
        if described.finding.severity <= ValidationFindingSeverity.ERROR
        and not any(excused in (described.message or "") for excused in _EXCUSED)
    ]


@cache
def _pkix() -> Any:
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


@cache
def _natural_person() -> Any:
    kind = CertificateType.NCP_NATURAL_PERSON_CERTIFICATE
    return certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )
