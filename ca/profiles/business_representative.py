"""A person signs for the organisation that he represents (EN 319 412-2 clause 4.2.4), and nothing else."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="business-representative",
    subject=SubjectShape.REPRESENTATIVE,
    key_usages=(KeyUsage.CONTENT_COMMITMENT,),
    longest_validity=timedelta(days=2 * 365),
    policy=13,
    extended_key_usages=(oids.EKU_DOCUMENT_SIGNING,),
    claim=Claim.SIGNATURE,
    value_limited=True,
)
