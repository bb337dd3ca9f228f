"""Reads the signatures of a PDF into findings (ETSI EN 319 102-1 clause 5), by evidence, at a given time."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import cms, ocsp, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESPassed, AdESSubIndic
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.ades import ades_with_time_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.poe import POEManager
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import OCSPContainer

from validation.pades.coverage import Coverage, coverage_of, unexplained_octets
from validation.pades.gathering import Post, containers, status_answers
from validation.pades.kinds import use_each_once

use_each_once()
MOST_SIGNATURES = 20
"""Work budget: a document with more signatures than this is refused."""
_TOLERANCE = timedelta(seconds=10)
_REQUIRED = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED


class DocumentUnfit(Exception):
    """The document cannot be judged at all; `code` is public (`document.unsigned`, `document.encrypted` …)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Authority:
    """Whom we trust: the roots, every issuer below them (DER), and whether the ledger knows a certificate.

    `in_ledger` takes the SHA-256 of a certificate in hex: what is not in the log does not exist, even when
    its signature verifies.
    """

    roots: Sequence[bytes]
    issuers: Sequence[bytes]
    in_ledger: Callable[[str], bool]


@dataclass(frozen=True)
class Finding:
    """What was found out about one signature, before anyone asks in which post its signer was."""

    field: str
    indication: str
    """`TOTAL-PASSED`, `TOTAL-FAILED` or `INDETERMINATE`."""
    sub_indication: str | None
    certificate: bytes | None
    """The signer's, DER."""
    time: datetime | None
    """Earliest proven time of the signature, by its time stamp; null when nothing proves one."""
    not_before: datetime | None
    """By the content time stamp: the signature is not older than this."""
    claimed_time: datetime | None
    covers: Coverage
    level: str
    """`B`, `T` or `LT` (EN 319 142-1)."""
    status_evidence: Sequence[str] = ()
    """SHA-256 (hex) of each OCSP answer that was at hand."""


def read_signatures(document: bytes, authority: Authority, post: Post, now: datetime) -> list[Finding]:
    """One finding per signature, in the order in which they were made.

    Raises DocumentUnfit: `document.not-pdf`, `document.encrypted`, `document.unsigned`, `document.malformed`,
    `document.too-many-signatures`.
    """
    if not document.startswith(b"%PDF-"):
        raise DocumentUnfit("document.not-pdf")
    try:
        reader = PdfFileReader(BytesIO(document))
        if reader.encrypted:
            raise DocumentUnfit("document.encrypted")
        signatures = list(reader.embedded_regular_signatures)
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as fault:
        if b"/ByteRange" in document:
            return [_broken("", Coverage.UNCLEAR)]
        raise DocumentUnfit("document.malformed") from fault
    if not signatures:
        raise DocumentUnfit("document.unsigned")
    if len(signatures) > MOST_SIGNATURES:
        raise DocumentUnfit("document.too-many-signatures")
    stored = stored_answers(reader)
    return [_read_one(signature, document, authority, stored, post, now) for signature in signatures]


def _read_one(
    signature: EmbeddedPdfSignature,
    document: bytes,
    authority: Authority,
    stored: list[OCSPContainer],
    post: Post,
    now: datetime,
) -> Finding:
    field = str(signature.field_name)
    try:
        coverage = coverage_of(signature)
        certificates = list(embedded_certificates(signature.signed_data))
        known = [certificate for certificate in certificates if authority.in_ledger(_digest(certificate))]
        fresh = status_answers(known, _load(authority.issuers), post)  # nobody else's addresses are asked
        finding = asyncio.run(_judge(signature, authority, [*containers(fresh), *stored], now))
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OSError):
        return _broken(field, Coverage.UNCLEAR)
    finding = replace(finding, covers=coverage, status_evidence=[sha256(a.dump()).hexdigest() for a in fresh])
    if coverage is Coverage.CHANGED_LATER or unexplained_octets(document, signature):
        return replace(finding, indication="TOTAL-FAILED", sub_indication="FORMAT_FAILURE")
    if any(_forged(certificate, authority) for certificate in certificates):
        return replace(finding, indication="TOTAL-FAILED", sub_indication="SIG_CRYPTO_FAILURE")
    return finding


async def _judge(
    signature: EmbeddedPdfSignature, authority: Authority, answers: list[OCSPContainer], now: datetime
) -> Finding:
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=_load(authority.roots)),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(_REQUIRED, _REQUIRED)),
        time_tolerance=_TOLERANCE,
    )
    spec = SignatureValidationSpec(
        cert_validation_policy=policy,
        ts_cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
        local_knowledge=LocalKnowledge(known_ocsps=answers, known_certs=_load(authority.issuers)),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    timing = ValidationTimingInfo(now, now, point_in_time_validation=False)
    result = await ades_with_time_validation(
        signature.signed_data,
        spec,
        timing_info=timing,
        validation_data_handlers=bootstrap_validation_data_handlers(
            spec, timing, poe_manager_override=POEManager(current_dt_override=now)
        ),
        raw_digest=signature.compute_digest(),
    )
    stamped = _stamp_time(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    # Only a stamp that proved itself moves the best time before `now`.
    proven = stamped if stamped == result.best_signature_time else None
    return Finding(
        field=str(signature.field_name),
        indication=_indication(result.ades_subindic),
        sub_indication=None if result.ades_subindic is AdESPassed.OK else result.ades_subindic.standard_name,
        certificate=signature.signer_cert.dump(),
        time=proven,
        not_before=_stamp_time(signature.signer_info["signed_attrs"], "content_time_stamp"),
        claimed_time=signature.self_reported_timestamp,
        covers=Coverage.UNCLEAR,
        level=("LT" if answers and _has_store(signature.reader) else "T") if proven else "B",
    )


def _indication(sub_indication: AdESSubIndic) -> str:
    if sub_indication is AdESPassed.OK:
        return "TOTAL-PASSED"
    return "TOTAL-FAILED" if isinstance(sub_indication, AdESFailure) else "INDETERMINATE"


def _broken(field: str, covers: Coverage) -> Finding:
    return Finding(field, "TOTAL-FAILED", "FORMAT_FAILURE", None, None, None, None, covers, "B")


def _forged(certificate: x509.Certificate, authority: Authority) -> bool:
    """Whether it says that one of our issuers made it, and the ledger has never seen it."""
    ours = {issuer.subject.hashable for issuer in _load(authority.issuers)}
    return certificate.issuer.hashable in ours and not authority.in_ledger(_digest(certificate))


def _digest(certificate: x509.Certificate) -> str:
    return sha256(certificate.dump()).hexdigest()


def embedded_certificates(signed_data: cms.SignedData) -> Iterator[x509.Certificate]:
    """The certificates in the signature and in each time stamp of it."""
    yield from (choice.chosen for choice in signed_data["certificates"])
    for signer in signed_data["signer_infos"]:
        for attributes in (signer["signed_attrs"], signer["unsigned_attrs"]):
            for attribute in attributes if isinstance(attributes, cms.CMSAttributes) else ():
                if attribute["type"].native in {"signature_time_stamp_token", "content_time_stamp"}:
                    for token in attribute["values"]:
                        yield from (choice.chosen for choice in token["content"]["certificates"])


def _stamp_time(attributes: Any, kind: str) -> datetime | None:
    """What the first time stamp of that kind says, proven or not."""
    for attribute in attributes if isinstance(attributes, cms.CMSAttributes) else ():
        if attribute["type"].native == kind:
            info = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
            time: datetime = info["gen_time"].native
            return time
    return None


def stored_answers(reader: PdfFileReader) -> list[OCSPContainer]:
    """The OCSP answers of the document security store; a store that cannot be read gives none."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
        return containers([ocsp.OCSPResponse.load(stream.get_object().data) for stream in store.ocsps])
    except (NoDSSFoundError, PdfError, ValueError, TypeError, KeyError):
        return []


def _has_store(reader: Any) -> bool:
    return bool(stored_answers(reader))


def _load(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(der) for der in certificates]
