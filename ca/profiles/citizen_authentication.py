"""A citizen signs in with it."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="citizen-authentication",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=2 * 365),
    policy=3,
    extended_key_usages=(oids.EKU_CLIENT_AUTH,),
)
