"""pkilint run on a certificate, with the rules that fit its kind, and what of its findings we excuse and why.

Loading it takes about a second, so only `ca.issuance.second_judge` imports it, when there is something to judge.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from pkilint import etsi, finding_filter, loader
from pkilint.cabf import serverauth, smime
from pkilint.cabf.serverauth.serverauth_constants import CertificateType as ServerType
from pkilint.cabf.smime.smime_constants import Generation, ValidationLevel
from pkilint.common import alternative_name
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate, extension, general_name, name
from pkilint.validation import ValidationFindingSeverity, ValidatorContainer

from ca.issuance import pkilint_values  # noqa: F401 - by it values are decoded
from ca.issuance.pkilint_index import indexed
from pki import names, oids
from pki.parsed import ParsedCertificate

_EXCUSED: dict[str, str] = {
    "cabf.smime.no_required_reserved_policy_oid": "CA/B Forum's policies are its members'; ours are under our own arc",
    "cabf.serverauth.subscriber_missing_reserved_policy_oid": "the same",
    "cabf.serverauth.certificate_validity_period_exceeds_200_days": "for roots that browsers bring along; ours is none",
    "cabf.serverauth.subscriber_stateprovince_and_locality_missing": "a ministry is known by its name and country",
    "cabf.serverauth.subscriber_common_name_unknown_source": "the common name is the service's; hosts are in the SAN",
}
"""Codes that break no rule of ours, with the reason."""
_OF_THIS_MACHINE = {
    "etsi.internal_domain_name", "etsi.internal_ip_address", "cabf.internal_domain_name", "cabf.internal_ip_address",
    "pkix.invalid_domain_name_syntax", "pkix.invalid_uri_syntax",
}  # fmt: skip
"""Excused where they are about this machine's own names, which certificates of practice and their URLs have."""
_THIS_MACHINE = ("localhost", "127.0.0.1")
Run = Callable[[Any], list[Any]]
# Whether a text is a URL or a host's name follows from it alone, and every certificate has its issuer's URLs.
general_name.validators_predicate = lru_cache(1024)(general_name.validators_predicate)

alternative_name.publicsuffixlist.PublicSuffixList = cache(alternative_name.publicsuffixlist.PublicSuffixList)
"""The list of public suffixes, which nobody changes, is parsed once, and not again for each rule that looks into it."""


class Error(NamedTuple):
    """What pkilint reports."""

    severity: str
    code: str
    message: str


def errors(judged: ParsedCertificate) -> list[Error]:
    """What pkilint calls FATAL or ERROR in the certificate and we do not excuse.

    By RFC 5280 always; by EN 319 412-2 or -3 when it names a person or an organisation by its number, among whose rules
    all of RFC 5280 are; by CA/Browser Forum's requirements when it is for mail or for a TLS server. A CA's by RFC 5280
    alone.
    """
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(judged.der, "certificate")
    results = [result for run in _runs(judged) for result in run(document.root)]
    return list(dict.fromkeys(_errors(results)))


def warm() -> None:
    """The rules of every kind of certificate are built."""
    _pkix(), _mail(), _server()
    for kind in (CertificateType.NCP_NATURAL_PERSON_CERTIFICATE, CertificateType.NCP_LEGAL_PERSON_CERTIFICATE):
        _etsi(kind)


def _runs(judged: ParsedCertificate) -> Iterator[Run]:
    if judged.is_ca:
        yield _pkix()
        return  # Its purposes say what is below it.
    purposes = judged.extended_key_usages
    if names.attribute(judged.subject, oids.SERIAL_NUMBER):
        yield _etsi(CertificateType.NCP_NATURAL_PERSON_CERTIFICATE)
    elif names.attribute(judged.subject, oids.ORGANIZATION_IDENTIFIER):
        yield _etsi(CertificateType.NCP_LEGAL_PERSON_CERTIFICATE)
    else:
        yield _pkix()
    if oids.EKU_EMAIL_PROTECTION in purposes:
        yield _mail()
    if oids.EKU_SERVER_AUTH in purposes:
        yield _server()


def _errors(results: Sequence[Any]) -> list[Error]:
    found = (
        Error(described.finding.severity.name, described.finding.code, described.message or "")
        for result in results
        for described in result.finding_descriptions
        if described.finding.severity <= ValidationFindingSeverity.ERROR
    )
    return [finding for finding in found if not _excused(finding)]


def _excused(finding: Error) -> bool:
    of_this_machine = finding.code in _OF_THIS_MACHINE and any(own in finding.message for own in _THIS_MACHINE)
    return of_this_machine or finding.code in _EXCUSED


@cache
def _pkix() -> Run:
    return _run(rules_of_rfc_5280())


@cache
def _etsi(kind: CertificateType) -> Run:
    """Without ETSI's filter, which excuses host names that RFC 5280 does not excuse."""
    return _run(rules_of_etsi(kind))


def rules_of_rfc_5280() -> ValidatorContainer:
    """As pkilint has them."""
    decoding = certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
    return certificate.create_pkix_certificate_validator_container(
        decoding,
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def rules_of_etsi(kind: CertificateType) -> ValidatorContainer:
    """As pkilint has them: those of RFC 5280, each in the same place, and more."""
    rules = (etsi.create_decoding_validators(kind), etsi.create_validators(kind))
    return certificate.create_pkix_certificate_validator_container(*rules)


@cache
def _mail() -> Run:
    rules = smime.create_subscriber_validators(ValidationLevel.INDIVIDUAL, Generation.MULTIPURPOSE)
    return _run(certificate.create_pkix_certificate_validator_container(smime.create_decoding_validators(), rules))


@cache
def _server() -> Run:
    kind = ServerType.OV_FINAL_CERTIFICATE
    filters = serverauth.create_serverauth_finding_filters(kind)
    rules = (serverauth.create_decoding_validators(), serverauth.create_validators(kind))
    return _run(certificate.create_pkix_certificate_validator_container(*rules), filters)


def _run(rules: ValidatorContainer, filters: Sequence[Any] = ()) -> Run:
    container = indexed(rules)

    def run(root: Any) -> list[Any]:
        kept, _ = finding_filter.filter_results(list(filters), container.validate(root))
        return list(kept)

    return run
