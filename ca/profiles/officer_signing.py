"""An officer signs documents with it, and nothing else (EN 319 412-2 NAT-4.3.2-2: content commitment alone)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="officer-signing",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.CONTENT_COMMITMENT,),
    longest_validity=timedelta(days=2 * 365),
    policy=2,
    extended_key_usages=(oids.EKU_DOCUMENT_SIGNING,),
    claim=Claim.SIGNATURE,
    value_limited=True,
)
