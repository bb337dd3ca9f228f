"""Signs ID tokens, logout tokens and JWT access tokens of the OpenID provider."""

from datetime import timedelta

from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="token-signer",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=6,
)
