"""Programs of the state are signed with it, and nothing else (its purpose stands alone)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="code-signing",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=17,
    extended_key_usages=(oids.EKU_CODE_SIGNING,),
)
