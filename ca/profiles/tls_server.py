"""A TLS server of our own or of a relying service; never suspended (BR 4.9.13)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="tls-server",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=7,
    extended_key_usages=(oids.EKU_SERVER_AUTH,),
    alternative_names=True,
)
