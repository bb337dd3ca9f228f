"""A citizen signs documents with it, and nothing else (EN 319 412-2 NAT-4.3.2-2)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="citizen-signing",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.CONTENT_COMMITMENT,),
    longest_validity=timedelta(days=2 * 365),
    policy=11,
    extended_key_usages=(oids.EKU_DOCUMENT_SIGNING,),
    claim=Claim.SIGNATURE,
    value_limited=True,
)
