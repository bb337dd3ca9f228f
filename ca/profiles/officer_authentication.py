"""An officer signs in and signs his acts with it; never a document (EN 319 412-2 NAT-4.3.2-2)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="officer-authentication",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=2 * 365),
    policy=1,
    extended_key_usages=(oids.EKU_CLIENT_AUTH,),
)
