"""Signs RFC 3161 time stamps; its extended key usage is critical and alone (RFC 3161 clause 2.3).

The signing room renews it at half of its 30 days, so that a stamp outlives its unit's certificate by evidence only.
"""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="tsa-unit",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=30),
    policy=5,
    extended_key_usages=(oids.EKU_TIME_STAMPING,),
    extended_key_usage_critical=True,
)
