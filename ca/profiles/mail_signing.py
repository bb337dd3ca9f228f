"""An officer signs mail with it (S/MIME, RFC 8550) from the one address that it names."""

from datetime import timedelta

from pki import oids
from pki.profile import AlternativeNames, CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="mail-signing",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=2 * 365),
    policy=9,
    extended_key_usages=(oids.EKU_EMAIL_PROTECTION,),
    alternative_names=AlternativeNames.MAIL,
)
