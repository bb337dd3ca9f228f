"""A service of a ministry shows it to another (mutual TLS; RFC 8705 at the OpenID provider)."""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="tls-client",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=15,
    extended_key_usages=(oids.EKU_CLIENT_AUTH,),
)
