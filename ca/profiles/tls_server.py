"""A TLS server of our own or of a relying service, under gov.la alone; never suspended (BR 4.9.13).

Post-quantum keys are left out as long as TLS has no standard for their signatures.
"""

from datetime import timedelta

from pki import oids
from pki.profile import CLASSIC_KEY, AlternativeNames, CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="tls-server",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=7,
    extended_key_usages=(oids.EKU_SERVER_AUTH,),
    key_algorithms=CLASSIC_KEY,
    alternative_names=AlternativeNames.HOSTS,
)
