"""Signs a PDF: PAdES baseline LT with a content time stamp, in one revision that covers the whole file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from asn1crypto import cms, tsp, x509
from asn1crypto.algos import SignedDigestAlgorithm
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pki.signing import SignatureAlgorithm, Signer
from validation.pades.gathering import Post, status_answers
from validation.pades.kinds import use_each_once

use_each_once()
FIELD = "Signature"
_ROOM_FOR_SIGNATURE = 16_000
"""Octets kept free for the CMS: two time-stamp tokens and their certificates take about 9,000."""
_TOLERANCE = timedelta(seconds=5)
_MECHANISMS = {
    SignatureAlgorithm.ECDSA_P256_SHA256: ("sha256", "sha256_ecdsa"),
    SignatureAlgorithm.ECDSA_P384_SHA384: ("sha384", "sha384_ecdsa"),
    SignatureAlgorithm.RSA_PKCS1_SHA256: ("sha256", "sha256_rsa"),
}


@dataclass(frozen=True)
class SigningIdentity:
    """Who signs: his key, his certificate, and every issuer above it, the root last (all DER)."""

    signer: Signer
    certificate: bytes
    issuers: Sequence[bytes]


@dataclass(frozen=True)
class Services:
    """Where time stamps come from, and how to reach them and the OCSP responders."""

    time_stamp_url: str
    post: Post


def sign_pdf(
    document: bytes,
    identity: SigningIdentity,
    services: Services,
    at: datetime,
    *,
    content_time_stamp: bool = True,
    embed_status: bool = True,
) -> bytes:
    """The document with one more signature (ETSI EN 319 142-1).

    With `embed_status` the OCSP answers of signer and time-stamp unit are in the same revision as the signature
    (baseline LT), so every octet but the signature value itself is covered; without it the level is T. The
    content time stamp proves that the signature is not older than it says.
    Raises OSError when the time-stamp unit does not answer, ValueError when the document cannot be signed.
    """
    return asyncio.run(
        _sign(document, identity, services, at, content_time_stamp=content_time_stamp, embed_status=embed_status)
    )


async def _sign(
    document: bytes,
    identity: SigningIdentity,
    services: Services,
    at: datetime,
    *,
    content_time_stamp: bool,
    embed_status: bool,
) -> bytes:
    digest, _ = _MECHANISMS[identity.signer.algorithm]
    stamper = _Stamper(services)
    options: dict[str, Any] = {}
    if embed_status:
        token = await stamper.async_dummy_response(digest)
        options = {
            "embed_validation_info": True,
            "validation_context": _context(identity, token, services.post, at),
            "dss_settings": DSSContentSettings(
                include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
            ),
        }
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=digest,
        subfilter=fields.SigSeedSubFilter.PADES,
        cades_signed_attr_spec=CAdESSignedAttrSpec(timestamp_content=content_time_stamp),
        **options,
    )
    writer = IncrementalPdfFileWriter(BytesIO(document))
    pdf_signer = signers.PdfSigner(metadata, signer=_KeySigner(identity), timestamper=stamper)
    signed = await pdf_signer.async_sign_pdf(writer, bytes_reserved=2 * _ROOM_FOR_SIGNATURE)
    return bytes(signed.getvalue())


def _context(identity: SigningIdentity, token: cms.ContentInfo, post: Post, at: datetime) -> ValidationContext:
    *intermediates, root = (x509.Certificate.load(issuer) for issuer in identity.issuers)
    stamp_certificates = [choice.chosen for choice in token["content"]["certificates"]]
    issuers = [*intermediates, root, *stamp_certificates]
    leaves = [x509.Certificate.load(identity.certificate), *stamp_certificates]
    return ValidationContext(
        trust_roots=[root],
        other_certs=[*intermediates, *stamp_certificates],
        ocsps=status_answers(leaves, issuers, post),
        allow_fetching=False,
        revocation_mode="require",
        moment=at,
        time_tolerance=_TOLERANCE,
    )


class _KeySigner(signers.Signer):
    """pyHanko's view of our Signer."""

    def __init__(self, identity: SigningIdentity) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple([x509.Certificate.load(issuer) for issuer in identity.issuers[:-1]])
        _, mechanism = _MECHANISMS[identity.signer.algorithm]
        super().__init__(
            signing_cert=x509.Certificate.load(identity.certificate),
            cert_registry=store,
            signature_mechanism=SignedDigestAlgorithm({"algorithm": mechanism}),
            embed_roots=False,
        )
        self._key = identity.signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002
        return self._key.sign(data)


class _Stamper(TimeStamper):
    """pyHanko's view of our time-stamp unit (RFC 3161 over HTTP)."""

    def __init__(self, services: Services) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._services = services

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        answer = self._services.post(self._services.time_stamp_url, req.dump(), "application/timestamp-query")
        return tsp.TimeStampResp.load(answer)
