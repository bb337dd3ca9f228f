"""An organisation seals what comes from it (EN 319 412-3): its identifier stays when its name changes."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="organisation-seal",
    subject=SubjectShape.ORGANISATION,
    key_usages=(KeyUsage.CONTENT_COMMITMENT,),
    longest_validity=timedelta(days=2 * 365),
    policy=14,
    extended_key_usages=(oids.EKU_DOCUMENT_SIGNING,),
    claim=Claim.SEAL,
    value_limited=True,
)
