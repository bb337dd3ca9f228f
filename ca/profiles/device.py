"""A kiosk or a meeting room shows it: the place is known, whoever stands before it."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="device",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=16,
    extended_key_usages=(oids.EKU_CLIENT_AUTH,),
)
